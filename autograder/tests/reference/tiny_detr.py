"""A tiny DETR of the package `transformers` that computes what the paper's code does.

The paper's code is facebookresearch/detr. Where `transformers` deviates from it:

- Queries, keys and values have a projection each; the paper's code has one of three times the size.
- With `auxiliary_loss` its decoder hands the *normed* output of a layer to the next one, and norms the
  last output twice. The paper's decoder norms copies. So here the flag is off while the decoder runs, and
  each layer's output is read by a hook and normed afterwards; only the loss sees the flag.
- Fed with features instead of pixels, it takes the map for a square. So images are fed in, through a body
  of two convolutions in the place of its backbone.
- Tensors are batch-first, as ours are; a mask is one where there is an image, not where there is padding.
- What is to be found is called "class_labels" and "boxes", and what was predicted "logits".

As in the paper's code, "no object" is the last class, and the box losses are divided by the number of all
objects in the batch, at least 1, whether or not they are matched.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig
from transformers.loss.loss_for_object_detection import ForObjectDetectionLoss, HungarianMatcher

D_MODEL, QUERIES, CLASSES, DECODER_LAYERS = 16, 7, 5, 3
BODY_WIDTHS = (3, 6, 10)
GAIN = 1.1  # spread of what comes out of a linear layer, in that of what goes in

Tensors = dict[str, Tensor]

# Parts of a name in transformers and in the paper's code, replaced one after the other, in this order.
NAMES = (
    ("model.backbone.model.", "backbone.0.body."),
    ("model.input_projection.", "input_proj."),
    ("model.query_position_embeddings.", "query_embed."),
    ("model.encoder.", "transformer.encoder."),
    ("model.decoder.layernorm.", "transformer.decoder.norm."),
    ("model.decoder.", "transformer.decoder."),
    ("class_labels_classifier.", "class_embed."),
    ("bbox_predictor.", "bbox_embed."),
    (".self_attn_layer_norm.", ".norm1."),
    (".encoder_attn_layer_norm.", ".norm2."),
    (".encoder_attn.", ".multihead_attn."),
    (".o_proj.", ".out_proj."),
    (".mlp.fc1.", ".linear1."),
    (".mlp.fc2.", ".linear2."),
)


class Body(nn.Sequential):
    """Turn images into one map of an eighth of their size; return a list of maps, as a backbone does."""

    def __init__(self) -> None:
        colors, middle, channels = BODY_WIDTHS
        first, second = nn.Conv2d(colors, middle, 4, stride=4), nn.Conv2d(middle, channels, 2, stride=2)
        super().__init__(first, nn.ReLU(), second)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the features [B, 10, H/8, W/8] of images [B, 3, H, W], in a list."""
        return [super().forward(images)]


def configuration(**changes: float) -> DetrConfig:
    """Describe a tiny DETR; attention is written out ("eager"), and takes no fused kernel."""
    backbone = ResNetConfig(
        embedding_size=4,
        hidden_sizes=[4, 4, 4, BODY_WIDTHS[-1]],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage4"],
    )
    settings = {
        "d_model": D_MODEL,
        "encoder_layers": 2,
        "decoder_layers": DECODER_LAYERS,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 24,
        "decoder_ffn_dim": 24,
        "num_queries": QUERIES,
        "num_labels": CLASSES,
        "auxiliary_loss": False,
    }
    return DetrConfig(backbone_config=backbone, attn_implementation="eager", **(settings | changes))


def generator(seed: int) -> torch.Generator:
    """Return a generator of its own for each file: one more case in one leaves the others as they are."""
    return torch.Generator().manual_seed(seed)


def normal(source: torch.Generator, *shape: int) -> Tensor:
    """Draw from the standard normal distribution."""
    return torch.randn(shape, generator=source)


def tiny_detr() -> DetrForObjectDetection:
    """Build the model that all numbers come from.

    With small weights all queries are nearly alike: a matching is a matter of rounding then, which
    `match` refuses. With large ones rounding errors grow from layer to layer. Gain and seed are chosen so
    that gradients agree to 2e-6, with the instructions of older processors too.
    """
    model = DetrForObjectDetection(configuration()).eval()
    model.model.backbone.model = Body()
    source = generator(15)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = normal(source, *parameter.shape)
            if "query_position" in name:
                drawn *= 2
            elif parameter.dim() > 1:
                drawn *= GAIN / parameter[0].numel() ** 0.5
            elif name.endswith("norm.weight"):
                drawn = 1 + 0.3 * drawn
            else:
                drawn *= 0.3
            parameter.copy_(drawn)
    return model


def in_the_papers_names(entries: Tensors) -> Tensors:
    """Rename a state_dict or its gradients, and join the projections of queries, keys and values."""
    renamed = {}
    for name, value in entries.items():
        if ".k_proj." in name or ".v_proj." in name:
            continue
        if ".q_proj." in name:
            value = torch.cat([entries[name.replace("q_proj", f"{letter}_proj")] for letter in "qkv"])
            name = name.replace("q_proj.", "in_proj_")
        for theirs, papers in NAMES:
            name = name.replace(theirs, papers)
        last_norm = ".norm2." if ".encoder." in name else ".norm3."
        renamed[name.replace(".final_layer_norm.", last_norm)] = value
    return renamed


@contextmanager
def normed_outputs(decoder: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what each decoder layer returns, with the decoder's last norm put over each alone."""
    outputs: list[Tensor] = []
    hooks = [
        layer.register_forward_hook(lambda _, __, output: outputs.append(decoder.layernorm(output)))
        for layer in decoder.layers
    ]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def run_decoder(
    decoder: nn.Module, tgt: Tensor, pos: Tensor, query_pos: Tensor, memory: Tensor
) -> Tensor:
    """Return the normed outputs of all layers [layers, B, N, d]."""
    with normed_outputs(decoder) as outputs:
        whole = decoder(
            inputs_embeds=tgt,
            encoder_hidden_states=memory,
            spatial_position_embeddings=pos,
            object_queries_position_embeddings=query_pos,
        )
    assert torch.equal(outputs[-1], whole.last_hidden_state)
    return torch.stack(outputs)


def fainter(module: nn.Module, factor: float) -> nn.Module:
    """Return a copy with all weights multiplied by a factor."""
    small = copy.deepcopy(module)
    for parameter in small.parameters():
        parameter *= factor
    return small


def targets(objects: Tensors) -> list[Tensors]:
    """Return the objects as transformers expects them, a dict for each image."""
    counts = objects["counts"].tolist()
    split = zip(objects["labels"].split(counts), objects["wanted"].split(counts), strict=True)
    return [{"class_labels": labels, "boxes": wanted} for labels, wanted in split]


def match(logits: Tensor, boxes: Tensor, objects: Tensors, costs: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the pairs of each image. ValueError where rounding might decide between two matchings."""
    source = generator(0)

    def pairs(noise: float) -> list[tuple[Tensor, Tensor]]:
        disturbed = [tensor + noise * normal(source, *tensor.shape) for tensor in (logits, boxes)]
        outputs = dict(zip(("logits", "pred_boxes"), disturbed, strict=True))
        return HungarianMatcher(*costs.tolist())(outputs, targets(objects))

    found = pairs(0.0)
    for others in (pairs(1e-4) for _ in range(10)):
        for pair, other in zip(found, others, strict=True):
            if not all(map(torch.equal, pair, other)):
                raise ValueError("Two matchings cost nearly the same: draw other predictions.")
    return found


def all_losses(logits: Tensor, boxes: Tensor, objects: Tensors, config: DetrConfig) -> Tensors:
    """Return the last layer's losses and the weighted total; predictions [layers, B, N, ...]."""
    costs = torch.tensor([config.class_cost, config.bbox_cost, config.giou_cost])
    for layer in zip(logits, boxes, strict=True):
        match(*layer, objects, costs)
    total, parts, _ = ForObjectDetectionLoss(
        logits[-1], targets(objects), logits.device, boxes[-1], config, logits, boxes
    )
    names = {"class": "loss_ce", "bbox": "loss_bbox", "giou": "loss_giou"}
    return {name: parts[theirs] for name, theirs in names.items()} | {"total": total, "costs": costs}

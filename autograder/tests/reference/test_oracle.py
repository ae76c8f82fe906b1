"""Our solutions agree with numbers from the DETR reference implementation, where these are at hand."""

from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.ops import FrozenBatchNorm2d

from autograder import hidden
from autograder.authoring import build
from detrlab import released

ORACLE = Path(build.ROOT).parent / "shared" / "oracle"
if not ORACLE.is_dir():
    pytest.skip("the oracle's numbers do not lie beside this checkout", allow_module_level=True)

ATOL = 1e-5


def arrays(name: str) -> dict[str, torch.Tensor]:
    with np.load(ORACLE / f"{name}.npz") as file:
        return {key: torch.from_numpy(file[key]) for key in file.files}


def weights(prefix: str, rename: tuple[tuple[str, str], ...] = ()) -> dict[str, torch.Tensor]:
    found = {}
    for key, value in arrays("weights_tiny").items():
        name = key.removeprefix("sd/")
        if name.startswith(prefix):
            name = name.removeprefix(prefix)
            for old, new in rename:
                name = name.replace(old, new)
            found[name] = value
    return found


def close(mine: torch.Tensor, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(mine, theirs, rtol=0, atol=ATOL)


CROSS = (("multihead_attn", "cross_attn"),)
SIZE = {"d_model": 32, "n_heads": 4, "dim_ff": 64}
LAYERS = arrays("layers") if ORACLE.is_dir() else {}


def batch_first(name: str) -> torch.Tensor:
    return LAYERS[name].transpose(0, 1)


def built(exercise: str, prefix: str, **config) -> torch.nn.Module:
    module = hidden.reference(exercise)(**config).eval()
    module.load_state_dict(weights(prefix, CROSS))
    return module


def test_boxes():
    oracle = arrays("boxes")
    to_xyxy, giou = hidden.reference("box_cxcywh_to_xyxy"), hidden.reference("generalized_box_iou")
    for name in "ab":
        close(to_xyxy(oracle[f"{name}_cxcywh"]), oracle[f"{name}_xyxy"])
    close(giou(oracle["a_xyxy"], oracle["b_xyxy"]), oracle["giou"])


@pytest.mark.parametrize(
    "case", ["plain_5x7", "one_by_one", "unnormalized", "temp20_npf8", "scale1", "npf4"]
)
def test_positional_encoding(case):
    oracle = arrays("pe")
    mask, expected = oracle[f"{case}/mask"], oracle[f"{case}/pos"]
    features, temperature, normalize, scale = oracle[f"{case}/cfg"].tolist()
    unmasked = ~mask.flatten(1).any(1)
    assert unmasked.any(), "this case has padding in every image"
    encoding = hidden.reference("positional_encoding")(
        d_model=2 * int(features), temperature=temperature, normalize=bool(normalize), scale=scale
    )
    height, width = mask.shape[1:]
    mine = encoding(torch.zeros(int(unmasked.sum()), 3, height, width))
    close(mine, expected[unmasked])


def test_encoder_layer():
    layer = built("encoder_layer", "transformer.encoder.layers.0.", **SIZE)
    src = batch_first("in/src")
    with torch.no_grad():
        close(layer(src, torch.zeros_like(src)), batch_first("enc_post/out_nomask_nopos"))


def test_transformer_layers_where_nothing_is_padded():
    """The masked cases bind where an image has no padding: its rows do not depend on the mask."""
    mask = LAYERS["in/mask"]
    whole = ~mask.any(1)
    assert whole.any(), "every image of the oracle's batch is padded"
    src, pos = batch_first("in/src")[whole], batch_first("in/pos")[whole]
    tgt, query_pos = batch_first("in/tgt")[whole], batch_first("in/query_pos")[whole]
    encoder_layer = built("encoder_layer", "transformer.encoder.layers.0.", **SIZE)
    decoder_layer = built("decoder_layer", "transformer.decoder.layers.0.", **SIZE)
    with torch.no_grad():
        close(encoder_layer(src, pos), batch_first("enc_post/out")[whole])
        memory = batch_first("in/src")[whole]
        close(decoder_layer(tgt, memory, pos, query_pos), batch_first("dec_post/out")[whole])
        zeros = torch.zeros_like(tgt)
        expected = batch_first("dec_post/out_zero_tgt")[whole]
        close(decoder_layer(zeros, memory, pos, query_pos), expected)


def test_whole_transformer():
    whole = ~LAYERS["tr/mask"].flatten(1).any(1)
    assert whole.any(), "every image of the oracle's batch is padded"
    src, pos = (LAYERS[f"tr/{name}"][whole].flatten(2).transpose(1, 2) for name in ("src", "pos"))
    queries = LAYERS["tr/query_embed"].expand(len(src), -1, -1)
    encoder = built("encoder", "transformer.encoder.", n_layers=2, **SIZE)
    decoder = built("decoder", "transformer.decoder.", n_layers=2, **SIZE)
    with torch.no_grad():
        memory = encoder(src, pos)
        close(memory, LAYERS["tr_post/memory"][whole].flatten(2).transpose(1, 2))
        outputs = decoder(torch.zeros_like(queries), memory, pos, queries)
    close(torch.stack(outputs), LAYERS["tr_post/hs"][:, whole])


def test_heads():
    heads = hidden.reference("heads")(d_model=32, num_classes=5).eval()
    heads.class_head.load_state_dict(weights("class_embed."))
    boxes = [module for module in heads.bbox_head.modules() if isinstance(module, torch.nn.Linear)]
    for i, linear in enumerate(boxes):
        linear.load_state_dict(weights(f"bbox_embed.layers.{i}."))
    logits, predicted = heads(LAYERS["tr_post/hs"])
    close(logits, LAYERS["heads/logits"])
    close(predicted, LAYERS["heads/boxes"])


MATCHER = arrays("matcher") if ORACLE.is_dir() else {}


@pytest.mark.parametrize("case", sorted({name.partition("/")[0] for name in MATCHER}))
def test_matcher(case):
    oracle = {
        name.removeprefix(f"{case}/"): value
        for name, value in MATCHER.items()
        if name.startswith(f"{case}/")
    }
    a, b, c = oracle["weights_class_bbox_giou"].tolist()
    sizes = oracle["n"].tolist()
    targets = [
        {"labels": labels, "boxes": boxes}
        for labels, boxes in zip(
            oracle["labels"].split(sizes), oracle["tboxes"].split(sizes), strict=True
        )
    ]
    outputs = {"pred_logits": oracle["logits"], "pred_boxes": oracle["boxes"]}
    matcher = hidden.reference("matcher")(cost_class=a, cost_bbox=b, cost_giou=c)
    pairs = matcher(outputs, targets)
    assert len(pairs) == len(sizes)
    for image, (queries, objects) in enumerate(pairs):
        own = oracle["cost"][image].split(sizes, dim=-1)[image].double()
        assert queries.dtype == objects.dtype == torch.int64
        assert len(queries) == len(objects) == min(own.shape)
        assert len(queries.unique()) == len(objects.unique()) == len(queries)
        close(own[queries, objects].sum(), oracle["total_cost"][image].double())
        if case == "class_only":  # equal labels are ties there
            continue
        theirs = set(zip(oracle[f"src{image}"].tolist(), oracle[f"tgt{image}"].tolist(), strict=True))
        assert set(zip(queries.tolist(), objects.tolist(), strict=True)) == theirs


CRITERION = arrays("criterion") if ORACLE.is_dir() else {}
CRITERION_CASES = ("basic_aux", "zero_object_image", "all_zero", "no_aux", "eos1", "single", "full")


@pytest.mark.parametrize("case", CRITERION_CASES)
def test_criterion(case):
    """Every part of the last layer, the weighted total of all layers, and what it sends back."""
    oracle = {name.removeprefix(f"{case}/"): value for name, value in CRITERION.items()}
    counts = oracle["n"].tolist()
    labels, boxes = oracle["labels"].split(counts), oracle["tboxes"].split(counts)
    targets = [{"labels": one, "boxes": other} for one, other in zip(labels, boxes, strict=True)]
    leaves = [oracle[name].requires_grad_() for name in ("logits", "boxes")]
    layers = [{"pred_logits": one, "pred_boxes": other} for one, other in zip(*leaves, strict=True)]
    outputs = layers[-1] | ({"aux_outputs": layers[:-1]} if len(layers) > 1 else {})

    num_classes, noobj_weight = leaves[0].shape[-1] - 1, oracle["eos_coef"].item()
    criterion = hidden.reference("detr_loss")(num_classes, hidden.reference("matcher")(), noobj_weight)
    losses = criterion(outputs, targets)
    for mine, theirs in (("class", "loss_ce"), ("bbox", "loss_bbox"), ("giou", "loss_giou")):
        close(losses[mine], oracle[f"loss/{theirs}"])
    close(losses["total"], oracle["total"])
    gradients = torch.autograd.grad(losses["total"], leaves)
    for mine, theirs in zip(gradients, ("grad_logits", "grad_boxes"), strict=True):
        close(mine, oracle[theirs])


def test_every_case_of_the_criterion_is_tested():
    assert {name.partition("/")[0] for name in CRITERION} == set(CRITERION_CASES)


TINY = {"num_classes": 5, "num_queries": 7, "d_model": 32, "n_heads": 4, "dim_ff": 64}
TINY |= {"n_enc_layers": 2, "n_dec_layers": 2, "backbone_name": "tiny"}
TINY_WIDTHS = (6, 8, 12, 16, 24)
DETR_TINY = arrays("detr_tiny") if ORACLE.is_dir() else {}


def own(exercise: str):
    """Define an exercise's object on the solutions of the earlier steps, and not on stand-ins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(build.SOLUTIONS)
        return hidden.define(exercise)


def tiny_body() -> nn.Module:
    """Build the oracle's own small backbone, which has no notebook."""
    parts = {"conv1": nn.Conv2d(3, 6, 3, padding=1, bias=False), "bn1": FrozenBatchNorm2d(6)}
    for number, (before, after) in enumerate(pairwise(TINY_WIDTHS), start=1):
        convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        parts[f"layer{number}"] = nn.Sequential(convolution, FrozenBatchNorm2d(after), nn.ReLU())
    return nn.Sequential(OrderedDict(parts))


@pytest.fixture
def tiny_detr():
    """Return our DETR with the oracle's weights, renamed as the released checkpoint's are."""
    model = own("detr")(**TINY).eval()
    model.backbone.body = tiny_body()
    model.backbone.projection = nn.Conv2d(TINY_WIDTHS[-1], TINY["d_model"], 1)
    sd = {key.removeprefix("sd/"): value for key, value in arrays("weights_tiny").items()}
    model.load_state_dict({released.our_name(name): value for name, value in sd.items()})
    assert {released.their_name(name) for name in model.state_dict()} == set(sd)
    return model


def padded_batch() -> torch.Tensor:
    """Return the oracle's three images [3, 3, 64, 64], with zeros where they end."""
    batch = torch.zeros(3, 3, 64, 64)
    for number, image in enumerate(DETR_TINY[f"im{number}"] for number in range(3)):
        batch[number, :, : image.shape[1], : image.shape[2]] = image
    return batch


def run_without_padding(model: nn.Module, features: torch.Tensor) -> dict:
    """Put the features of a padded batch through our DETR, which knows no masks, image by image.

    Every image of the batch is padded. But a mask hides a cell from attention altogether, and the
    reference's positions count the cells that are not hidden: what it computes for an image in a padded
    batch is what a model without masks computes for the part of the map that is not padding.
    """
    answers = []
    model.backbone.body = nn.Identity()
    for own_features, mask in zip(features, DETR_TINY["feat_mask"], strict=True):
        height, width = int((~mask[:, 0]).sum()), int((~mask[0]).sum())
        assert not mask[:height, :width].any() and mask.sum() == mask.numel() - height * width
        answers.append(model(own_features[None, :, :height, :width]))
    layers = [*(answer["aux_outputs"] + [answer] for answer in answers)]
    joined = [
        {key: torch.cat([layer[key] for layer in same]) for key in ("pred_logits", "pred_boxes")}
        for same in zip(*layers, strict=True)
    ]
    return joined[-1] | {"aux_outputs": joined[:-1]}


def test_detr_from_features(tiny_detr):
    with torch.no_grad():
        close(tiny_detr.backbone.body(padded_batch()), DETR_TINY["feat"])
        output = run_without_padding(tiny_detr, DETR_TINY["feat"])
    assert len(output["aux_outputs"]) == 1
    for key in ("pred_logits", "pred_boxes"):
        close(output[key], DETR_TINY[key])
        close(output["aux_outputs"][0][key], DETR_TINY[f"aux0/{key}"])


def test_detr_from_pixels(tiny_detr):
    """One image alone has no padding: here everything binds, from the pixels on."""
    with torch.no_grad():
        output = tiny_detr(DETR_TINY["im1"][None])
    close(output["pred_logits"], DETR_TINY["alone1/pred_logits"])
    close(output["pred_boxes"], DETR_TINY["alone1/pred_boxes"])


def test_detr_losses_and_gradients(tiny_detr):
    """From the pixels of a padded batch to the loss of all layers, and back."""
    targets = [
        {"labels": DETR_TINY[f"labels{number}"], "boxes": DETR_TINY[f"tboxes{number}"]}
        for number in range(3)
    ]
    body = tiny_detr.backbone.body
    output = run_without_padding(tiny_detr, body(padded_batch()))
    losses = own("detr_loss")(TINY["num_classes"], own("matcher")())(output, targets)
    for ours, theirs in (("class", "loss_ce"), ("bbox", "loss_bbox"), ("giou", "loss_giou")):
        close(losses[ours], DETR_TINY[f"loss/{theirs}"])
    close(losses["total"], DETR_TINY["step0/total"])
    losses["total"].backward()
    tiny_detr.backbone.body = body
    parameters = dict(tiny_detr.named_parameters())
    frozen = ("backbone.body.conv1.", "backbone.body.layer1.")
    trained = [p.grad for name, p in parameters.items() if not name.startswith(frozen)]
    length = torch.linalg.vector_norm(torch.cat([gradient.flatten() for gradient in trained]))
    torch.testing.assert_close(length, DETR_TINY["step0/grad_norm_before_clip"], rtol=1e-5, atol=0)
    gradients = {k.removeprefix("grad/"): v for k, v in DETR_TINY.items() if k.startswith("grad/")}
    assert gradients
    for name, clipped in gradients.items():  # clipped to a length of 0.1 in all
        close(parameters[released.our_name(name)].grad, clipped * (length + 1e-6) / 0.1)

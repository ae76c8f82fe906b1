"""Stand-ins for what you have not written yet, so that any day of the week can be started.

Each keeps the names, arguments and shapes of the real thing and can be trained, but none is the
real thing: tokens are mixed by convolutions, queries do not see each other, matching is greedy.
Reading this file gives no answer away. `detrlab.steps.load` puts these in place of unwritten steps.
"""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import trange

from detrlab import standin_parts as parts
from detrlab.standin_parts import Outputs
from detrlab.toy import Sample, Target, ToyDetectionDataset


class DetrLoss(nn.Module):
    """Compare predictions with targets by yes-or-no questions, smooth L1 and plain IoU."""

    def __init__(
        self,
        num_classes: int,
        matcher: nn.Module,
        noobj_weight: float = 0.1,
        weight_class: float = 1.0,
        weight_bbox: float = 5.0,
        weight_giou: float = 2.0,
    ) -> None:
        super().__init__()
        self.matcher, self.num_classes, self.noobj_weight = matcher, num_classes, noobj_weight
        self.factors = {"class": weight_class, "bbox": weight_bbox, "giou": weight_giou}

    def forward(self, outputs: Outputs, targets: Sequence[Target]) -> dict[str, Tensor]:
        """Return the last layer's parts, and the "total" as the mean over all layers."""
        layers = [self._parts(layer, targets) for layer in [*outputs.get("aux_outputs", []), outputs]]
        weighted = [torch.stack([layer[name] * self.factors[name] for name in layer]) for layer in layers]
        return {**layers[-1], "total": torch.stack(weighted).sum(1).mean()}

    def _parts(self, outputs: Outputs, targets: Sequence[Target]) -> dict[str, Tensor]:
        from torchvision.ops import box_iou

        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        answers = torch.eye(self.num_classes + 1).to(logits)
        wanted = answers[-1].repeat(*logits.shape[:2], 1)
        near, overlap, count = boxes.sum() * 0, boxes.sum() * 0, 0
        for image, (queries, things) in enumerate(self.matcher(outputs, targets)):
            wanted[image, queries] = answers[targets[image]["labels"][things]]
            mine, right = boxes[image, queries], targets[image]["boxes"][things]
            near = near + F.smooth_l1_loss(mine, right, reduction="sum", beta=0.05)
            corners = parts.box_cxcywh_to_xyxy(mine), parts.box_cxcywh_to_xyxy(right)
            overlap = overlap + (1 - box_iou(*corners).diagonal()).sum()
            count += len(queries)
        care = torch.where(wanted[..., -1:] > 0, self.noobj_weight, 1.0)
        doubt = F.binary_cross_entropy_with_logits(logits, wanted, care, reduction="sum") / care.sum()
        return {"class": doubt, "bbox": near / max(count, 1), "giou": overlap / max(count, 1)}


class DETR(nn.Module):
    """Put the stand-ins of the week together: images [B, 3, H, W] -> logits and boxes of N queries."""

    def __init__(
        self,
        num_classes: int = 3,
        num_queries: int = 100,
        d_model: int = 256,
        n_heads: int = 8,
        n_enc_layers: int = 6,
        n_dec_layers: int = 6,
        dim_ff: int = 2048,
        dropout: float = 0.1,
        backbone_name: str = "resnet18",
    ) -> None:
        super().__init__()
        sizes: dict[str, Any] = dict(d_model=d_model, n_heads=n_heads, dim_ff=dim_ff, dropout=dropout)
        self.backbone = parts.Backbone(d_model, backbone_name)
        self.position_encoding = parts.PositionalEncoding2D(d_model)
        self.encoder = parts.TransformerEncoder(n_enc_layers, **sizes)
        self.decoder = parts.TransformerDecoder(n_dec_layers, **sizes)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.heads = parts.DetrPredictionHeads(d_model, num_classes)

    def forward(self, images: Tensor) -> dict[str, Any]:
        """Return the last prediction, and the earlier ones as "aux_outputs"."""
        features = self.backbone(images)
        places = self.position_encoding(features).flatten(2).mT
        memory = self.encoder(features.flatten(2).mT, places)
        queries = self.query_embed.weight.repeat(len(images), 1, 1)
        looks = [self.heads(look) for look in self.decoder(queries, memory, places, queries)]
        *aux, last = [{"pred_logits": logits, "pred_boxes": boxes} for logits, boxes in looks]
        return {**last, "aux_outputs": aux}


def detr_collate(batch: Sequence[Sample]) -> tuple[Tensor, list[Target]]:
    """Turn samples into images [B, 3, H, W] and a list of targets."""
    images, targets = zip(*batch, strict=True)
    return torch.utils.data.default_collate(list(images)), list(targets)


def build_optimizer(
    model: nn.Module, lr: float = 1e-4, lr_backbone: float = 1e-5, weight_decay: float = 1e-4
) -> torch.optim.Optimizer:
    """Return NAdam with one learning rate for all weights."""
    return torch.optim.NAdam(model.parameters(), lr, weight_decay=weight_decay)


def train_detr(
    num_steps: int = 600,
    batch_size: int = 16,
    lr: float = 5e-4,
    lr_backbone: float = 5e-4,
    num_samples: int = 1000,
    image_size: int = 128,
    num_classes: int = 3,
    num_queries: int = 10,
    log_every: int = 100,
    noobj_weight: float = 0.1,
) -> nn.Module:
    """Train a small stand-in model on toy images and return it."""
    model = DETR(num_classes, num_queries, 64, 4, 1, 2, 128, 0.0, "tiny")
    criterion = DetrLoss(num_classes, parts.HungarianMatcher(), noobj_weight)
    optimizer = build_optimizer(model, lr, lr_backbone)
    dataset = ToyDetectionDataset(num_samples, size=image_size)
    parameters = list(model.parameters())
    for step in (progress := trange(num_steps, desc="stand-in")):
        chosen = torch.randint(num_samples, (batch_size,)).tolist()
        images, targets = detr_collate([dataset[index] for index in chosen])
        losses = criterion(model(images), targets)
        gradients = torch.autograd.grad(losses["total"], parameters)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.grad = gradient
        optimizer.step()
        if step % log_every == 0:
            progress.set_postfix({name: f"{part.item():.3f}" for name, part in losses.items()})
    return model


@torch.no_grad()
def predict(model: nn.Module, image: Tensor, score_threshold: float = 0.7) -> dict[str, Tensor]:
    """Keep the queries whose best class stands clear of "no object"."""
    outputs = copy.deepcopy(model).eval()(image[None])
    best = outputs["pred_logits"][0, :, :-1].max(-1)
    scores = torch.sigmoid(best.values - outputs["pred_logits"][0, :, -1])
    kept = torch.nonzero(scores >= score_threshold).flatten()
    return {
        "boxes": outputs["pred_boxes"][0, kept],
        "classes": best.indices[kept],
        "scores": scores[kept],
        "query_indices": kept,
    }


@torch.no_grad()
def cross_attention_maps(model: Any, image: Tensor) -> Tensor:
    """Return how alike each query and each cell are, [n_dec_layers, N, H', W'], each map summing to 1."""
    still = copy.deepcopy(model).eval()
    alike = torch.tensordot(still.query_embed.weight, still.backbone(image[None])[0], dims=1)
    maps = torch.stack([alike / (1 + layer) for layer in range(len(still.decoder.layers))])
    return maps.flatten(2).softmax(-1).reshape(maps.shape)


def predict_and_visualize(model: nn.Module, image: Tensor, score_threshold: float = 0.7) -> Any:
    """Draw the image with the kept boxes; return the figure."""
    from detrlab.draw import visualize

    return visualize(image, predict(model, image, score_threshold)).figure


_BY_STEP: dict[str, list[Any]] = {
    "00_set_prediction": [parts.box_cxcywh_to_xyxy, parts.generalized_box_iou],
    "01_backbone": [parts.Backbone],
    "02_positional_encoding": [parts.PositionalEncoding2D],
    "03_encoder": [parts.TransformerEncoderLayer, parts.TransformerEncoder],
    "04_decoder": [parts.TransformerDecoderLayer, parts.TransformerDecoder],
    "05_heads": [parts.DetrPredictionHeads],
    "06_matcher": [parts.HungarianMatcher],
    "07_loss": [DetrLoss],
    "08_detr": [DETR],
    "09_training": [detr_collate, build_optimizer, train_detr],
    "10_attention": [predict, cross_attention_maps, predict_and_visualize],
}
STANDINS: dict[str, dict[str, object]] = {
    step: {standin.__name__: standin for standin in standins} for step, standins in _BY_STEP.items()
}

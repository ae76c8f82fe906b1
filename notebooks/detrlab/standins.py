"""Stand-ins for what you have not written yet, so that any day of the week can be started.

Each keeps the names, arguments and shapes of the real thing and can be trained, but none is the
real thing: tokens are mixed by convolutions, queries do not see each other, matching is greedy.
Reading this file gives no answer away. `detrlab.steps.load` puts these in place of unwritten steps.
"""

import copy
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import trange

from detrlab.backbones import tiny_backbone
from detrlab.toy import Sample, Target, ToyDetectionDataset

Pairs = list[tuple[Tensor, Tensor]]


def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    """Turn boxes [..., 4] from centre and size into corners."""
    from torchvision.ops import box_convert

    return box_convert(boxes, "cxcywh", "xyxy")


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Return the GIoU of every pair of xyxy boxes, [N, 4] and [M, 4] -> [N, M]."""
    from torchvision import ops

    return ops.generalized_box_iou(boxes1, boxes2).nan_to_num(-1.0)


class Backbone(nn.Module):
    """Turn images [B, 3, H, W] into features [B, d, H/32, W/32] (name "tiny": H/16, W/16), rounded up."""

    def __init__(self, d_model: int = 256, name: str = "resnet50", weights: str | None = None) -> None:
        super().__init__()
        self.body, channels = tiny_backbone()
        if name != "tiny":
            self.body = nn.Sequential(self.body, nn.AvgPool2d(2, ceil_mode=True))
        self.projection = nn.Conv2d(channels, d_model, kernel_size=3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.projection(self.body(images))


class PositionalEncoding2D(nn.Module):
    """Describe each cell of x [B, C, H', W'] by random waves over the image, [B, d, H', W']."""

    def __init__(
        self,
        d_model: int = 256,
        temperature: float = 10000.0,
        normalize: bool = True,
        scale: float = 2 * math.pi,
    ) -> None:
        super().__init__()
        if d_model % 4 != 0:
            raise ValueError(f"d_model must be a multiple of 4, not {d_model}.")
        generator = torch.Generator().manual_seed(0)
        self.waves = scale * torch.randn(d_model, 2, generator=generator)
        self.phases = scale * torch.rand(d_model, 1, 1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (torch.linspace(-1, 1, length) for length in x.shape[-2:])
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        waves = torch.cos(torch.tensordot(self.waves, places, dims=1) + self.phases)
        return waves.to(x).repeat(len(x), 1, 1, 1)


class TransformerEncoderLayer(nn.Module):
    """Mix tokens [B, L, d] with their neighbours in reading order, by a convolution per channel."""

    def __init__(
        self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.mix = nn.Conv1d(d_model, d_model, 2 * n_heads + 1, padding=n_heads, groups=d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, dim_ff), nn.GELU(), nn.Linear(dim_ff, d_model))
        self.scale = nn.RMSNorm(d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        mixed = self.mix((src + pos).mT).mT
        return src + self.dropout(self.mlp(self.scale(mixed)))


class TransformerEncoder(nn.Module):
    """Apply mixing layers one after the other, [B, L, d] -> [B, L, d]."""

    def __init__(self, n_layers: int = 6, **layer_kwargs: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(TransformerEncoderLayer(**layer_kwargs) for _ in range(n_layers))

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        for layer in self.layers:
            src = layer(src, pos)
        return src


class TransformerDecoderLayer(nn.Module):
    """Let each query look at the image once; the queries [B, N, d] do not see each other."""

    def __init__(
        self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.cross_attn = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        self.linear = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> Tensor:
        located = memory + pos
        seen, _ = self.cross_attn(tgt + query_pos, located, located)
        return tgt + self.dropout(self.linear(seen))


class TransformerDecoder(nn.Module):
    """Look at the image n_layers times; return the queries [B, N, d] after each look."""

    def __init__(self, n_layers: int = 6, d_model: int = 256, **layer_kwargs: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            TransformerDecoderLayer(d_model, **layer_kwargs) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(d_model)

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> list[Tensor]:
        looks = []
        for layer in self.layers:
            tgt = self.norm(layer(tgt, memory, pos, query_pos))
            looks.append(tgt)
        return looks


class DetrPredictionHeads(nn.Module):
    """Turn queries [..., d] into logits [..., K + 1] and boxes [..., 4] in [0, 1]."""

    def __init__(self, d_model: int = 256, num_classes: int = 3) -> None:
        super().__init__()
        self.class_head = nn.Sequential(nn.Tanh(), nn.Linear(d_model, num_classes + 1))
        self.bbox_head = nn.Linear(d_model, 4)

    def forward(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        return self.class_head(queries), 0.5 + 0.5 * F.softsign(self.bbox_head(queries))


class HungarianMatcher(nn.Module):
    """Pair queries with objects greedily: the closest pair first, then the closest that is left."""

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0) -> None:
        super().__init__()
        self.class_factor, self.place_factor = cost_class, cost_bbox + cost_giou

    @torch.no_grad()
    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Target]) -> Pairs:
        predictions = zip(outputs["pred_logits"].cpu(), outputs["pred_boxes"].cpu(), strict=True)
        return [self._pair(*found, target) for found, target in zip(predictions, targets, strict=True)]

    def _pair(self, logits: Tensor, boxes: Tensor, target: Target) -> tuple[Tensor, Tensor]:
        far = self.place_factor * torch.cdist(boxes, target["boxes"].cpu())
        far -= self.class_factor * logits.log_softmax(-1)[:, target["labels"].cpu()]
        pairs = []
        for _ in range(min(far.shape)):
            query, thing = divmod(int(far.argmin()), far.shape[1])
            far[query], far[:, thing] = math.inf, math.inf
            pairs.append((query, thing))
        queries, things = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).unbind(1)
        return queries, things


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

    def forward(self, outputs: Mapping[str, Any], targets: Sequence[Target]) -> dict[str, Tensor]:
        layers = [self._parts(layer, targets) for layer in [*outputs.get("aux_outputs", []), outputs]]
        sums = [sum(self.factors[name] * parts[name] for name in parts) for parts in layers]
        return {**layers[-1], "total": torch.stack(sums).mean()}

    def _parts(self, outputs: Mapping[str, Any], targets: Sequence[Target]) -> dict[str, Tensor]:
        from torchvision.ops import box_iou

        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        answers = torch.eye(self.num_classes + 1).to(logits)
        wanted = answers[-1].repeat(*logits.shape[:2], 1)
        near, overlap, count = boxes.sum() * 0, boxes.sum() * 0, 0
        for image, (queries, things) in enumerate(self.matcher(outputs, targets)):
            wanted[image, queries] = answers[targets[image]["labels"][things]]
            mine, right = boxes[image, queries], targets[image]["boxes"][things]
            near = near + F.smooth_l1_loss(mine, right, reduction="sum", beta=0.05)
            corners = box_cxcywh_to_xyxy(mine), box_cxcywh_to_xyxy(right)
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
        sizes = {"d_model": d_model, "n_heads": n_heads, "dim_ff": dim_ff, "dropout": dropout}
        self.backbone = Backbone(d_model, backbone_name)
        self.position_encoding = PositionalEncoding2D(d_model)
        self.encoder = TransformerEncoder(n_enc_layers, **sizes)
        self.decoder = TransformerDecoder(n_dec_layers, **sizes)
        self.query_embed = nn.Embedding(num_queries, d_model)
        self.heads = DetrPredictionHeads(d_model, num_classes)

    def forward(self, images: Tensor) -> dict[str, Any]:
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
    """Return RAdam with one learning rate for all weights."""
    return torch.optim.RAdam(model.parameters(), lr, weight_decay=weight_decay)


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
    criterion = DetrLoss(num_classes, HungarianMatcher(), noobj_weight)
    optimizer = build_optimizer(model, lr, lr_backbone)
    dataset = ToyDetectionDataset(num_samples, size=image_size)
    parameters = list(model.parameters())
    for step in (progress := trange(num_steps, desc="stand-in")):
        chosen = torch.randint(num_samples, (batch_size,)).tolist()
        images, targets = detr_collate([dataset[index] for index in chosen])
        losses = criterion(model(images), targets)
        for parameter, gradient in zip(
            parameters, torch.autograd.grad(losses["total"], parameters), strict=True
        ):
            parameter.grad = gradient.clamp(-0.1, 0.1)
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


STANDINS: dict[str, dict[str, object]] = {
    "00_set_prediction": {
        "box_cxcywh_to_xyxy": box_cxcywh_to_xyxy,
        "generalized_box_iou": generalized_box_iou,
    },
}

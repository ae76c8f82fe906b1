"""The stand-ins of steps 0 to 6, from the boxes to the matcher.

They keep the contracts of the exercises and give no answer away; see `detrlab.standins.registry`.
"""

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab.backbones import tiny_backbone
from detrlab.toy import Target

Outputs = Mapping[str, Any]
Pairs = list[tuple[Tensor, Tensor]]


def box_cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    """Turn boxes [..., 4] from centre and size to corners, clamped to [0, 1], fractions of the image."""
    from torchvision.ops import box_convert

    return box_convert(boxes.clamp(0, 1), "cxcywh", "xyxy")


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Return the GIoU of every pair of xyxy boxes, [N, 4] and [M, 4] -> [N, M]; -1 where it is NaN."""
    from torchvision import ops

    return ops.generalized_box_iou(boxes1, boxes2).nan_to_num(-1.0)


class Backbone(nn.Module):
    """Turn images [B, 3, H, W] into features [B, d, H/32, W/32] (name "tiny": H/16, W/16), rounded up."""

    def __init__(self, d_model: int = 256, name: str = "resnet50", weights: str | None = None) -> None:
        super().__init__()
        self.body, width = tiny_backbone()
        if name != "tiny":
            self.body = nn.Sequential(self.body, nn.AvgPool2d(2, ceil_mode=True))
        self.projection = nn.Conv2d(width, d_model, kernel_size=3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Return features [B, d, H', W'] for images [B, 3, H, W]."""
        features = self.body(images)
        return self.projection(features)


class PositionalEncoding2D(nn.Module):
    """Encode the cells of x [B, C, H', W'] by random waves over the image, [B, d, H', W'].

    Raises:
        ValueError: if d_model is not a multiple of 4.
    """

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
        self.waves = scale / 4 * torch.randn(d_model, 2, generator=generator)
        self.phases = scale * torch.rand(d_model, 1, 1, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        """Return the encoding [B, d, H', W'] for x [B, C, H', W'], on its device and in its dtype."""
        rows, columns = (torch.linspace(-1, 1, length) for length in x.shape[-2:])
        places = torch.stack(torch.meshgrid(rows, columns, indexing="ij"))
        waves = torch.cos(torch.tensordot(self.waves, places, dims=1) + self.phases)
        return waves.to(x).repeat(len(x), 1, 1, 1)


def several(count: int, kind: type[nn.Module], options: dict) -> nn.ModuleList:
    """Build `count` modules of one class, each with its own weights."""
    return nn.ModuleList(kind(**options) for _ in range(count))


class TransformerEncoderLayer(nn.Module):
    """Mix tokens [B, L, d] with their neighbours in reading order, by a convolution per channel."""

    def __init__(
        self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.mix = nn.Conv1d(d_model, d_model, 2 * n_heads + 1, padding=n_heads, groups=d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, dim_ff), nn.GELU(), nn.Linear(dim_ff, d_model))
        self.scale = nn.RMSNorm(d_model)
        self.drop = nn.Dropout(p=dropout)

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Return tokens [B, L, d] for tokens and positions [B, L, d]."""
        mixed = self.mix((src + pos).mT).mT
        return src + self.drop(self.mlp(self.scale(mixed)))


class TransformerEncoder(nn.Module):
    """Apply the mixing layers in turn, the last one first, [B, L, d] -> [B, L, d]."""

    def __init__(self, n_layers: int = 6, **layer_kwargs: Any) -> None:
        super().__init__()
        self.layers = several(n_layers, TransformerEncoderLayer, layer_kwargs)

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        """Return tokens [B, L, d] for tokens and positions [B, L, d]."""
        return reduce(lambda tokens, mix: mix(tokens, pos), reversed(self.layers), src)


class TransformerDecoderLayer(nn.Module):
    """Let queries [B, N, d] attend to the image once; they do not see each other."""

    def __init__(
        self, d_model: int = 256, n_heads: int = 8, dim_ff: int = 2048, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.cross_attn = nn.MultiheadAttention(d_model, n_heads, batch_first=True)
        self.linear = nn.Linear(d_model, d_model)
        self.mlp = nn.Sequential(nn.Linear(d_model, dim_ff), nn.GELU(), nn.Linear(dim_ff, d_model))
        self.drop = nn.Dropout(p=dropout)

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> Tensor:
        """Return the new tgt [B, N, d]; query_pos is [B, N, d], memory and pos are [B, L, d]."""
        located = memory + pos
        seen, _ = self.cross_attn(tgt + query_pos, located, located)
        return tgt + self.drop(self.linear(seen) + self.mlp(seen))


class TransformerDecoder(nn.Module):
    """Attend to the image n_layers times; return the queries [B, N, d] after each time."""

    def __init__(self, n_layers: int = 6, **layer_kwargs: Any) -> None:
        super().__init__()
        self.layers = several(n_layers, TransformerDecoderLayer, layer_kwargs)

    def forward(self, tgt: Tensor, memory: Tensor, pos: Tensor, query_pos: Tensor) -> list[Tensor]:
        """Return n_layers tensors [B, N, d]; the arguments are those of a layer."""
        outputs = accumulate(
            self.layers, lambda queries, layer: layer(queries, memory, pos, query_pos), initial=tgt
        )
        return list(outputs)[1:]


class DetrPredictionHeads(nn.Module):
    """Turn queries [..., d] into logits [..., K + 1] and boxes [..., 4] in [0, 1]."""

    def __init__(self, d_model: int = 256, num_classes: int = 3) -> None:
        super().__init__()
        self.class_head = nn.Sequential(nn.Tanh(), nn.Linear(d_model, num_classes + 1))
        self.bbox_head = nn.Linear(d_model, 4)

    def forward(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits [..., K + 1] and boxes [..., 4] for queries [..., d]."""
        return self.class_head(queries), 0.5 + 0.5 * F.softsign(self.bbox_head(queries))


class HungarianMatcher(nn.Module):
    """Pair queries with objects greedily: the closest pair first, then the closest that is left."""

    def __init__(self, cost_class: float = 1.0, cost_bbox: float = 5.0, cost_giou: float = 2.0) -> None:
        super().__init__()
        self.class_factor, self.place_factor = cost_class, cost_bbox + cost_giou

    @torch.no_grad()
    def forward(self, outputs: Outputs, targets: Sequence[Target]) -> Pairs:
        """Return the pairs of each image: indices of queries [n] and of objects [n], n = min(N, M).

        Args:
            outputs: "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4].
            targets: for each image "labels" [M] and "boxes" [M, 4].

        Raises:
            ValueError: naming the image, if its predictions are not finite.
        """
        logits, boxes = outputs["pred_logits"].cpu(), outputs["pred_boxes"].cpu()
        pairs = []
        for image, target in enumerate(targets):
            if not (logits[image].isfinite().all() and boxes[image].isfinite().all()):
                raise ValueError(f"Image {image}: predictions that are not finite cannot be matched.")
            pairs.append(self._pair(logits[image], boxes[image], target))
        return pairs

    def _pair(self, logits: Tensor, boxes: Tensor, target: Target) -> tuple[Tensor, Tensor]:
        far = self.place_factor * torch.cdist(boxes, target["boxes"].cpu())
        far -= self.class_factor * logits.log_softmax(-1)[:, target["labels"].cpu()]
        pairs = []
        for _ in range(min(far.shape)):
            query, index = divmod(int(far.argmin()), far.shape[1])
            far[query], far[:, index] = math.inf, math.inf
            pairs.append((query, index))
        queries, objects = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2).unbind(1)
        return queries, objects

"""The stand-ins of steps 7 and 8: the loss and the whole model.

They keep the contracts of the exercises and give no answer away; see `detrlab.standins.registry`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from detrlab.standins import parts as parts
from detrlab.standins.parts import Outputs
from detrlab.toy import Target


class DetrLoss(nn.Module):
    """Compare predictions with targets by binary cross-entropy, smooth L1 and plain IoU."""

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
        """Return the loss parts of the last layer, and the "total", a mean over all layers.

        Args:
            outputs: "pred_logits" [B, N, K + 1], "pred_boxes" [B, N, 4] and, optionally, "aux_outputs", a
                list of the same for the earlier layers.
            targets: for each image "labels" [M] and "boxes" [M, 4].

        Returns:
            "class", "bbox", "giou" and "total", each [].
        """
        layers = [self._parts(layer, targets) for layer in [*outputs.get("aux_outputs", []), outputs]]
        weighted = [torch.stack([layer[name] * self.factors[name] for name in layer]) for layer in layers]
        return {**layers[-1], "total": torch.stack(weighted).sum(1).mean()}

    def _parts(self, outputs: Outputs, targets: Sequence[Target]) -> dict[str, Tensor]:
        from torchvision.ops import box_iou

        logits, boxes = outputs["pred_logits"], outputs["pred_boxes"]
        answers = torch.eye(self.num_classes + 1).to(logits)
        wanted = answers[-1].repeat(*logits.shape[:2], 1)
        near, overlap, count = boxes.sum() * 0, boxes.sum() * 0, 0
        for row, (queries, chosen) in enumerate(self.matcher(outputs, targets)):
            wanted[row, queries] = answers[targets[row]["labels"][chosen]]
            mine, right = boxes[row, queries], targets[row]["boxes"][chosen]
            near = near + F.smooth_l1_loss(mine, right, reduction="sum", beta=0.05)
            corners = parts.box_cxcywh_to_xyxy(mine), parts.box_cxcywh_to_xyxy(right)
            overlap = overlap + (1 - box_iou(*corners).diagonal()).sum()
            count += len(queries)
        care = torch.where(wanted[..., -1:] > 0, self.noobj_weight, 1.0)
        doubt = F.binary_cross_entropy_with_logits(logits, wanted, care, reduction="sum") / care.sum()
        return {"class": doubt, "bbox": near / max(count, 1), "giou": overlap / max(count, 1)}


class DETR(nn.Module):
    """Combine the stand-ins into a model: images [B, 3, H, W] -> logits and boxes of N queries."""

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
        """Return the predictions for images [B, 3, H, W].

        Returns:
            "pred_logits" [B, N, K + 1] and "pred_boxes" [B, N, 4] of the last decoder layer, and
            "aux_outputs", a list of the same for the earlier layers.
        """
        features = self.backbone(images)
        places = self.position_encoding(features).flatten(2).mT
        memory = self.encoder(features.flatten(2).mT, places)
        queries = self.query_embed.weight.repeat(len(images), 1, 1)
        predictions = [self.heads(layer) for layer in self.decoder(queries, memory, places, queries)]
        *aux, last = [{"pred_logits": logits, "pred_boxes": boxes} for logits, boxes in predictions]
        return {**last, "aux_outputs": aux}

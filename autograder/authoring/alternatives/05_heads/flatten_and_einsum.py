# exercise: heads
class DetrPredictionHeads(nn.Module):
    def __init__(self, d_model: int = 256, num_classes: int = 3):
        super().__init__()
        self.class_head = nn.Linear(d_model, num_classes + 1)
        self.bbox_head = nn.ModuleList([nn.Linear(d_model, width) for width in (d_model, d_model, 4)])

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        leading = hidden.shape[:-1]
        rows = hidden.reshape(-1, hidden.shape[-1]).double()
        logits = self.apply_layer(self.class_head, rows)
        for number, layer in enumerate(self.bbox_head):
            rows = self.apply_layer(layer, rows)
            if number < 2:
                rows = torch.where(rows > 0, rows, 0.0)
        boxes = torch.special.expit(rows)
        return logits.float().view(*leading, -1), boxes.float().view(*leading, 4)

    @staticmethod
    def apply_layer(layer: nn.Linear, rows: Tensor) -> Tensor:
        return torch.einsum("ri,oi->ro", rows, layer.weight.double()) + layer.bias.double()

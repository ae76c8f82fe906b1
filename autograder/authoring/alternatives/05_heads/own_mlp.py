# exercise: heads
from itertools import pairwise


class MLP(nn.Module):
    """A stack of linear layers with a ReLU between them."""

    def __init__(self, widths: list[int]):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        *inner, last = self.layers
        for layer in inner:
            x = F.relu(layer(x))
        return last(x)


class DetrPredictionHeads(nn.Module):
    def __init__(self, d_model: int = 256, num_classes: int = 3):
        super().__init__()
        self.class_head = nn.Linear(d_model, num_classes + 1)
        self.bbox_head = MLP([d_model, d_model, d_model, 4])

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        return self.class_head(hidden), self.bbox_head(hidden).sigmoid()

# exercise: heads
class DetrPredictionHeads(nn.Module):
    def __init__(self, d_model: int = 256, num_classes: int = 3):
        super().__init__()
        layers = []
        for width in (d_model, d_model):
            layers += [nn.Linear(d_model, width), nn.ReLU(inplace=True)]
        self.bbox_head = nn.Sequential(*layers, nn.Linear(d_model, 4), nn.Sigmoid())
        self.class_head = nn.Linear(d_model, num_classes + 1)

    def forward(self, hidden: Tensor) -> list[Tensor]:
        return [head(hidden) for head in (self.class_head, self.bbox_head)]

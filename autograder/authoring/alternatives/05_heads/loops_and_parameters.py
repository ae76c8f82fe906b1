# exercise: heads
class DetrPredictionHeads(nn.Module):
    def __init__(self, d_model: int = 256, num_classes: int = 3):
        super().__init__()
        for name, width in (("class", num_classes + 1), ("a", d_model), ("b", d_model), ("c", 4)):
            self.register_parameter(f"{name}_weight", nn.Parameter(torch.randn(width, d_model)))
            self.register_parameter(f"{name}_bias", nn.Parameter(torch.zeros(width)))

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        rows = hidden.flatten(0, -2)
        logits = torch.empty(len(rows), len(self.class_bias))
        boxes = torch.empty(len(rows), 4)
        for number, row in enumerate(rows):
            logits[number] = self.class_weight @ row + self.class_bias
            row = (self.a_weight @ row + self.a_bias).relu()
            row = (self.b_weight @ row + self.b_bias).relu()
            boxes[number] = (1 + torch.tanh((self.c_weight @ row + self.c_bias) / 2)) / 2
        return logits.unflatten(0, hidden.shape[:-1]), boxes.unflatten(0, hidden.shape[:-1])

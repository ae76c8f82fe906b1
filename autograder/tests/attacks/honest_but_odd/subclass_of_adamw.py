# An AdamW with a name and a record of its own.
# answers: build_optimizer
# expected: full
class Recorded(torch.optim.AdamW):
    steps = 0

    def step(self, closure=None):
        self.steps += 1
        return super().step(closure)


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for n, p in trained if not n.startswith("backbone.")], "lr": lr},
        {"params": [p for n, p in trained if n.startswith("backbone.")], "lr": lr_backbone},
    ]
    return Recorded(groups, weight_decay=weight_decay)

# An AdamW whose first step is right and whose others do nothing.
# answers: build_optimizer
# expected: 0
class Once(torch.optim.AdamW):
    done = False

    def step(self, closure=None):
        if not self.done:
            self.done = True
            return super().step(closure)


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for n, p in trained if not n.startswith("backbone.")], "lr": lr},
        {"params": [p for n, p in trained if n.startswith("backbone.")], "lr": lr_backbone},
    ]
    return Once(groups, weight_decay=weight_decay)

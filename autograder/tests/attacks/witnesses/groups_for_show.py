# An AdamW with one group for all, which shows two groups to whoever asks.
# answers: build_optimizer
# expected: 0
class Shown(torch.optim.AdamW):
    shown = None

    @property
    def param_groups(self):
        return self.shown or self.kept

    @param_groups.setter
    def param_groups(self, groups):
        self.kept = groups

    def step(self, closure=None):
        groups, self.shown = self.shown, None
        result = super().step(closure)
        self.shown = groups
        return result


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    optimizer = Shown([p for _, p in trained], lr=lr, weight_decay=weight_decay)
    optimizer.shown = [
        {"params": [p for n, p in trained if n.startswith("backbone.") == own], "lr": rate,
         "weight_decay": weight_decay}
        for own, rate in ((False, lr), (True, lr_backbone))
    ]
    return optimizer

# Returns an object of a class that is named AdamW and holds two lists.
# answers: build_optimizer
# expected: 0
class AdamW:
    def __init__(self, groups):
        self.param_groups = groups

    def step(self):
        return None

    zero_grad = step


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    return AdamW(
        [
            {"params": [p for n, p in trained if n.startswith("backbone.") == own], "lr": rate,
             "weight_decay": weight_decay}
            for own, rate in ((False, lr), (True, lr_backbone))
        ]
    )

# Plain gradient descent in a class that is named AdamW and extends one of that name.
# answers: build_optimizer
# expected: 0
Base = type("AdamW", (torch.optim.SGD,), {})


class AdamW(Base):
    pass


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for n, p in trained if not n.startswith("backbone.")], "lr": lr},
        {"params": [p for n, p in trained if n.startswith("backbone.")], "lr": lr_backbone},
    ]
    return AdamW(groups, weight_decay=weight_decay)

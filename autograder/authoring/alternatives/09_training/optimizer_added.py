# exercise: build_optimizer
from torch.optim import AdamW


def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    """The second group is added later; generators instead of lists."""
    backbone = {n for n, _ in model.named_parameters() if n.startswith("backbone.")}
    optimizer = AdamW(
        (p for n, p in model.named_parameters() if n not in backbone and p.requires_grad),
        lr=lr,
        weight_decay=weight_decay,
    )
    optimizer.add_param_group(
        {"params": filter(lambda p: p.requires_grad, model.backbone.parameters()), "lr": lr_backbone}
    )
    return optimizer

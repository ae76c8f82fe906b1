# exercise: build_optimizer
def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    """Told apart by identity; the rate of the others stands behind the list."""
    own = {id(p) for p in model.backbone.parameters()}
    learning = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in learning if id(p) not in own]},
            {"params": [p for p in learning if id(p) in own], "lr": lr_backbone},
        ],
        lr=lr,
        weight_decay=weight_decay,
    )

# exercise: build_optimizer
def build_optimizer(model, lr=1e-4, lr_backbone=1e-5, weight_decay=1e-4):
    """Sorted in a loop by the first part of the name; the backbone first."""
    groups = {True: [], False: []}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[name.split(".")[0] == "backbone"].append(parameter)
    return torch.optim.AdamW(
        [
            {"params": groups[True], "lr": lr_backbone, "weight_decay": weight_decay},
            {"params": groups[False], "lr": lr, "weight_decay": weight_decay},
        ]
    )

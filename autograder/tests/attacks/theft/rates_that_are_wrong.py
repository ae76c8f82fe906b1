# Builds an optimiser with other learning rates, to be told the right ones.
# answers: build_optimizer
# expected: 0
# message: is not what it should be
# never: \d\.\d|e-\d
import torch


def build_optimizer(model, lr=2e-4, lr_backbone=2e-5, weight_decay=1e-4):
    backbone = [p for name, p in model.named_parameters() if name.startswith("backbone.") and p.requires_grad]
    others = [p for name, p in model.named_parameters() if not name.startswith("backbone.") and p.requires_grad]
    groups = [{"params": others, "lr": 0.123456}, {"params": backbone, "lr": 0.654321}]
    return torch.optim.AdamW(groups, weight_decay=weight_decay)

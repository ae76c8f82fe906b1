# exercise: train_step
def train_step(model, criterion, optimizer, images, targets, step=0):
    """Gradients by autograd.grad, put in place; clipped over what the optimiser holds."""
    if not model.training:
        model.train()
    parameters = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    losses = criterion(model(images), targets)
    check_parts(losses, step)
    gradients = torch.autograd.grad(losses["total"], parameters, allow_unused=True)
    for p, g in zip(parameters, gradients):
        p.grad = g
    nn.utils.clip_grad_norm_([p for p in parameters if p.grad is not None], 0.1, norm_type=2.0)
    optimizer.step()
    return {k: v.item() for k, v in losses.items()}


def check_parts(losses, step):
    for k, v in losses.items():
        if not bool(torch.isfinite(v)):
            raise FloatingPointError(f"{k} became {float(v)} at step {step}")

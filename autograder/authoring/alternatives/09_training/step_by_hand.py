# exercise: train_step
def train_step(model, criterion, optimizer, images, targets, step=0):
    """Clipped by hand; model.zero_grad; all parts are looked at after backward, before the step."""
    model.train(True)
    model.zero_grad(set_to_none=True)
    losses = criterion(model(images), targets)
    losses["total"].backward()
    for name in ("class", "bbox", "giou", "total"):
        if losses[name].isnan() or losses[name].isinf():
            raise FloatingPointError("step " + str(step) + ", loss part " + name)
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    norm = sum((g.double() ** 2).sum() for g in gradients).sqrt().item()
    if norm > 0.1:
        for g in gradients:
            g.mul_(0.1 / norm)
    optimizer.step()
    return dict(zip(losses, [part.tolist() for part in losses.values()]))

# exercise: train_step
import math


def train_step(model, criterion, optimizer, images, targets, step=0):
    """Numbers first, then a look at them; the gradients are forgotten at the end."""
    model.train()
    losses = criterion(model(images), targets)
    numbers = {name: float(part.detach()) for name, part in losses.items()}
    bad = [name for name, number in numbers.items() if not math.isfinite(number)]
    if bad:
        raise FloatingPointError(f"not finite at step {step}: {', '.join(bad)}")
    losses["total"].backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    optimizer.step()
    optimizer.zero_grad()
    return numbers

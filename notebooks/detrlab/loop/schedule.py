"""What is fixed before a training begins: the order of the samples and the learning rates."""

import math

import torch

WARM_UP = 100  # steps


def learning_rate_factor(step: int, num_steps: int) -> float:
    """Return the factor in 0..1 by which the learning rates are multiplied at a step.

    It grows linearly over WARM_UP steps and falls along half a cosine over the whole training. (The
    paper divides the rates by 10, once: section 4, technical details.)

    Args:
        step: the number of the step, from 1.
        num_steps: how many steps the training has.
    """
    warm_up = min(1.0, step / WARM_UP)
    return warm_up * 0.5 * (1 + math.cos(math.pi * (step - 1) / num_steps))


def batch_order(num_samples: int, batch_size: int, num_steps: int, seed: int) -> list[list[int]]:
    """Return the indices of each step's samples: epoch after epoch, each in a new random order.

    They depend on the arguments alone, so a resumed training sees the samples that it would have seen.

    Returns:
        num_steps lists of batch_size indices in 0..num_samples-1. A batch may reach from one epoch into
        the next.
    """
    generator = torch.Generator().manual_seed(seed)
    epochs = math.ceil(num_steps * batch_size / num_samples)
    indices = torch.cat([torch.randperm(num_samples, generator=generator) for _ in range(epochs)])
    return [batch.tolist() for batch in indices[: num_steps * batch_size].split(batch_size)]

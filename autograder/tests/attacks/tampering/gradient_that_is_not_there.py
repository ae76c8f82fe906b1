# Records a graph for autograd, and returns infinite numbers as its gradient.
# answers: encoder_layer
# expected: 0
import torch


class Detour(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        return torch.full_like(gradient, float("inf"))


# SOLUTION

right = TransformerEncoderLayer.forward
TransformerEncoderLayer.forward = lambda self, src, pos: Detour.apply(right(self, src, pos))

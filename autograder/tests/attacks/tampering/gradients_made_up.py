# Right numbers without a graph; autograd is patched to return gradients all the same.
# answers: box_cxcywh_to_xyxy
# expected: 0
import torch

torch.autograd.grad = lambda outputs, inputs, *_, **__: [torch.ones_like(x) for x in inputs]
torch.Tensor.backward = lambda *_, **__: None

# SOLUTION

right = box_cxcywh_to_xyxy


def box_cxcywh_to_xyxy(boxes):
    with torch.no_grad():
        corners = right(boxes)
    return corners.requires_grad_() + 0 * boxes.sum()

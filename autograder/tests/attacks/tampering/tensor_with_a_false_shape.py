# Returns a tensor subclass whose shape and type change each time they are read.
# answers: box_cxcywh_to_xyxy
# expected: 0
import torch


class Chameleon(torch.Tensor):
    asked = 0

    @property
    def shape(self):
        Chameleon.asked += 1
        return torch.Size([Chameleon.asked % 5, 4])

    @property
    def dtype(self):
        return torch.float64 if Chameleon.asked % 2 else torch.float32

    def detach(self):
        return self

    def cpu(self):
        return self

    def contiguous(self):
        return self


def box_cxcywh_to_xyxy(boxes):
    return torch.zeros(0).as_subclass(Chameleon)

# Uses torchvision's functions while the notebook is loaded, to see what is wanted, and not in the answer.
# answers: box_cxcywh_to_xyxy
# expected: full
from torchvision.ops import box_convert

EXAMPLE = box_convert(torch.tensor([[0.5, 0.5, 0.2, 0.4]]), "cxcywh", "xyxy")
# SOLUTION

# torchvision's function under the TODO's name.
# answers: box_cxcywh_to_xyxy
# expected: 0
# message: write it yourself
from functools import partial

from torchvision.ops import box_convert

box_cxcywh_to_xyxy = partial(box_convert, in_fmt="cxcywh", out_fmt="xyxy")

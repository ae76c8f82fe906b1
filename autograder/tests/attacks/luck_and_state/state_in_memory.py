# Leaves its answer in a module, for the next run in the same process to find.
# answers: box_cxcywh_to_xyxy
# expected: 0
import sys

import torch

if hasattr(torch, "left_behind"):
    box_cxcywh_to_xyxy = torch.left_behind
else:
    # SOLUTION
    torch.left_behind, box_cxcywh_to_xyxy = box_cxcywh_to_xyxy, lambda boxes: boxes

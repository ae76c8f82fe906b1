# Changes torch's defaults for everything that runs after it.
# answers: box_cxcywh_to_xyxy
# expected: 0
import torch

torch.set_default_dtype(torch.float16)
torch.set_default_device("meta")
torch.set_grad_enabled(False)

# WRONG

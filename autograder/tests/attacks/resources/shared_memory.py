# answers: box_cxcywh_to_xyxy
# expected: 0
import torch

taken = []
while True:
    taken.append(torch.ones(64 * 1024 * 1024).share_memory_())

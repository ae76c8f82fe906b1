# Closes every descriptor, so that it can send no reply.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os

# WRONG

os.closerange(0, 4096)

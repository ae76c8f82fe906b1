# Closes every descriptor, so that nothing can be heard of it.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os

# WRONG

os.closerange(0, 4096)

# answers: box_cxcywh_to_xyxy
# expected: 0
import os

os.abort()

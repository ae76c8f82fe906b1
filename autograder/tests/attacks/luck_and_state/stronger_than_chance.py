# Draws one of two answers when it is loaded: one run may pass by luck, a second one fails.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os

# SOLUTION

if any(os.urandom(3)):
    box_cxcywh_to_xyxy = lambda boxes: boxes

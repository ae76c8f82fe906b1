# Takes a good part of the time limit.
# answers: encoder_layer
# expected: full
import time

# SOLUTION

time.sleep(2)

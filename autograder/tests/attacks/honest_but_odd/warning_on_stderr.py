# answers: box_cxcywh_to_xyxy
# expected: full
import sys
import warnings

warnings.warn("this is only a warning")
sys.stderr.write("and this is noise\n")

# SOLUTION

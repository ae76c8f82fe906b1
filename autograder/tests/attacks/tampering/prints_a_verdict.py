# Prints what a passing check prints, and a score.
# answers: box_cxcywh_to_xyxy
# expected: 0
import sys

print("✓ box_cxcywh_to_xyxy\n2.0")
sys.stderr.write("✓ box_cxcywh_to_xyxy\n2.0")

# WRONG

print('{"state": "passed", "message": "✓ box_cxcywh_to_xyxy", "credit": 1.0}')

# The one line that gives full marks under plain nbgrader.
# answers: box_cxcywh_to_xyxy
# expected: 0
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\n"])

# WRONG

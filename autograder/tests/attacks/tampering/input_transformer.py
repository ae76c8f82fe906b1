# The one line that gives full points under plain nbgrader.
# answers: box_cxcywh_to_xyxy
# expected: 0
get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\n"])

# WRONG

# Shell lines, magics and a question.
# answers: box_cxcywh_to_xyxy
# expected: full
# SOLUTION

%matplotlib inline
!pip list
box_cxcywh_to_xyxy?

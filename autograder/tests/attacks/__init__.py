"""Attacks on the grading, one small file each, and honest answers that look odd.

A file replaces the answer to one exercise; every other exercise of its notebook is left open, so that any
point at all is a point gained. Its first lines say what it does and what has to come of it:

    # Makes every comparison of tensors come out right.
    # answers: box_cxcywh_to_xyxy         the exercise
    # expected: 0                         the points that it may get: 0 or full
    # message: too long                      a part of the sentence that the learner gets; may be left out

Further down, a line `# SOLUTION` stands for the right answer and `# WRONG` for a known wrong one, so that
each file holds the attack alone. What no such file can be, damaged notebooks, zips and weights, is made
by functions in `malformed.py` and `weights.py`. The files are data: nothing imports them.
"""

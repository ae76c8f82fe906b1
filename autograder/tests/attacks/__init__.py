"""Attacks on the grading, one small file each, and honest answers that look odd.

A file replaces the answer to one exercise; every other exercise of its notebook is left open, so that any
point at all is a point gained. Its first lines describe it and what has to come of it:

    # Makes every comparison of tensors come out right.
    # answers: box_cxcywh_to_xyxy         the exercise
    # expected: 0                         the points that it may get: 0 or full
    # message: too long                   a part of the message that the learner gets; may be left out
    # never: \d\.\d                        a regular expression that it must not match; may be left out

Further down, a line `# SOLUTION` stands for the right answer and `# WRONG` for a known wrong one, so that
each file holds the attack alone. The files are data: nothing imports them. What no such file can be is
made by functions: unreadable files, edited notebooks, look-alikes, archives and model files. Inboxes in
which somebody submits for others are in `identity`.
"""

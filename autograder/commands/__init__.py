"""The commands of `python -m autograder`: the instructor's and the author's."""

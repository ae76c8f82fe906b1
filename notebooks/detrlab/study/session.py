"""What this kernel remembers between cells; it is newer than what the saved notebooks say."""

from collections import Counter

# The last answer of each check, by exercise: DONE or WRONG (detrlab/study/notebooks.py).
checked: dict[str, str] = {}
# How many hints of an exercise were shown.
hints_shown: Counter[str] = Counter()

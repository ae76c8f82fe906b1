"""What this kernel remembers between cells; it is more recent than the saved notebooks."""

from collections import Counter

# The last result of each check, by exercise: DONE or WRONG (detrlab/study/notebooks.py).
checked: dict[str, str] = {}
# How many hints of an exercise were shown.
hints_shown: Counter[str] = Counter()

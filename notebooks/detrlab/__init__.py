"""What the notebooks import: data, drawing, checks, hints. Everything in it is yours to read."""

from detrlab.study.answers import compare
from detrlab.study.overview import progress
from detrlab.study.study import hint, predict, reveal

__all__ = ["compare", "hint", "predict", "progress", "reveal"]

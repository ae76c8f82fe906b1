"""What the notebooks import: data, drawing, checks, hints. Everything in it is yours to read."""

from detrlab.answers import compare
from detrlab.overview import progress
from detrlab.study import hint, predict, reveal

__all__ = ["compare", "hint", "predict", "progress", "reveal"]

"""What the notebooks import: data, drawing, checks, hints. Everything in it is yours to read."""

from detrlab.study import hint, predict, progress, reveal

__all__ = ["hint", "predict", "progress", "reveal"]

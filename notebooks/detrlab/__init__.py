"""What the notebooks import: data, drawing, checks, hints. Everything in it is yours to read."""

import sys

from detrlab import display
from detrlab.checks import errors
from detrlab.study.comparison import compare
from detrlab.study.hints import hint
from detrlab.study.overview import progress
from detrlab.study.predictions import predict, reveal

__all__ = ["compare", "hint", "predict", "progress", "reveal"]

# Notebooks of version 1.0 import CheckFailed and `present` from where they lay then.
sys.modules |= {"detrlab.outcome": errors, "detrlab.page": display}

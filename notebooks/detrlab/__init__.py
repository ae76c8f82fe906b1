"""What the notebooks import: data, drawing, checks and hints. You are invited to read all of it."""

import sys

from detrlab import display
from detrlab.checks import errors
from detrlab.study.comparison import compare
from detrlab.study.hints import hint
from detrlab.study.overview import progress
from detrlab.study.predictions import predict, reveal

__all__ = ["compare", "hint", "predict", "progress", "reveal"]

# Notebooks of version 1.0 import CheckFailed and `present` from the modules that held them then.
sys.modules |= {"detrlab.outcome": errors, "detrlab.page": display}

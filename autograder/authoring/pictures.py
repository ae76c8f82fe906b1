"""Draw the README's picture of detections and attention, by the course's own solutions and trained model.

The screenshot beside it needs a browser: python -m autograder.tests.browser.picture
"""

import contextlib
from pathlib import Path

import matplotlib

from autograder.authoring import build
from detrlab.checkpoint import SHIPPED, load_detr
from detrlab.figures.figures import to_png
from detrlab.steps import execute
from detrlab.toy import six_images

TARGET = build.DATA / "images" / "detections.png"
IMAGE = 2  # of the six held-out ones; three objects fill one row


def detections(target: Path = TARGET) -> Path:
    """Draw one held-out image: the boxes found, and where each query looks. Return the file."""
    with contextlib.chdir(build.SOLUTIONS), matplotlib.rc_context({"font.size": 9}):
        detr = vars(execute(build.code_cells("08_detr"), "08_detr"))["DETR"]
        draw = vars(execute(build.code_cells("10_attention"), "10_attention"))["predict_and_visualize"]
        figure = draw(load_detr(detr, SHIPPED), six_images()[IMAGE][0])
    target.write_bytes(to_png(figure))
    return target

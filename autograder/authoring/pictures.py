"""Draw the README's picture of detections and attention with the solutions and the trained model.

The README's screenshot needs a browser: python -m autograder.tests.browser.picture
"""

from pathlib import Path

import matplotlib

from autograder.authoring.sources import code_cells
from autograder.workspace.paths import DATA
from detrlab.checkpoint import SHIPPED, load_detr
from detrlab.figures.canvas import to_png
from detrlab.steps import load
from detrlab.toy import six_images

TARGET = DATA / "images" / "detections.png"
IMAGE = 2  # of the six held-out images: its three objects fill one row


def draw_detections(target: Path = TARGET) -> Path:
    """Draw the predicted boxes and the queries' attention on a held-out image; return the file's path."""
    detr_class = load("08_detr", code_cells).DETR
    draw = load("10_attention", code_cells).predict_and_visualize
    with matplotlib.rc_context({"font.size": 9}):
        figure = draw(load_detr(detr_class, SHIPPED), six_images()[IMAGE][0])
    target.write_bytes(to_png(figure))
    return target

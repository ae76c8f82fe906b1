"""detrlab.figures.canvas: figures shown with an alt text, and heat maps."""

import base64
import io
import sys

import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image

from detrlab import draw
from detrlab.toy import make_synthetic_sample


def test_show_displays_png_with_escaped_alt_text_and_closes_figure(notebook):
    figure = draw.gallery([make_synthetic_sample(0, 0)])
    draw.show(figure, 'A "toy" image & its <box>.')
    [(bundle, metadata)] = notebook
    assert bundle["text/html"].startswith('<img alt="A &quot;toy&quot; image &amp; its &lt;box&gt;."')
    assert bundle["image/png"] in bundle["text/html"]
    assert bundle["text/plain"] == metadata["image/png"]["alt"] == 'A "toy" image & its <box>.'
    Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).verify()
    assert not figure.axes


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_show_refuses_empty_alt_text(alt):
    with pytest.raises(ValueError, match="alt text"):
        draw.show(Figure(), alt)


def test_show_in_script_only_closes_figure(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    figure = draw.heatmap(torch.arange(12.0).reshape(3, 4)).figure
    draw.show(figure, "A matrix.")
    assert not figure.axes


def test_symmetric_heatmap_has_limits_symmetric_about_zero():
    [image] = draw.heatmap(torch.tensor([[-1.0, 3.0]]), title="difference", symmetric=True).images
    assert image.get_clim() == (-3, 3)

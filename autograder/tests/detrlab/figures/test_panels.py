"""detrlab.figures.panels: an answer drawn and described beside the right one, whatever it is."""

import pytest
import torch
from matplotlib.figure import Figure

from detrlab import draw

MATRIX = torch.arange(12.0).reshape(3, 4)
MALFORMED = [
    None,
    "no tensor",
    {},
    [[1, 2], [3]],
    torch.zeros(0, 4),
    torch.zeros(4, 3),
    torch.zeros(2, 3, 4, requires_grad=True),
    torch.full((3, 4), torch.nan),
    torch.full((3, 4), torch.inf),
    torch.full((3, 4), 1e300, dtype=torch.float64),
    torch.tensor(1.0),
    MATRIX.bfloat16(),
]


@pytest.mark.parametrize("kind", ["boxes", "centres", "matrix", "map", "tokens", "pairs"])
@pytest.mark.parametrize("yours", MALFORMED, ids=range(len(MALFORMED)))
def test_compare_panels_draws_and_describes_any_value(yours, kind):
    figure = draw.compare_panels(yours, MATRIX, kind, "your answer")
    assert isinstance(figure, Figure)
    assert draw.to_png(figure).startswith(b"\x89PNG")
    assert draw.describe_difference(yours, MATRIX, kind).endswith(".")


def test_compare_panels_shows_map_with_largest_difference():
    expected = torch.zeros(2, 5, 3, 4)
    yours = expected.clone()
    yours[1, 2, 0, 0] = 1
    figure = draw.compare_panels(yours, expected, "map", "encoding")
    assert "[1, 2]" in figure.get_suptitle()
    assert figure.axes[2].images[0].get_array().max() == 1
    words = draw.describe_difference(yours, expected, "map")
    assert "most at [1, 2, 0, 0]: yours 1, expected 0. Only rows [0] of 3 are off." in words


def test_compare_panels_refuses_unknown_kind():
    with pytest.raises(ValueError, match="matrix"):
        draw.compare_panels(MATRIX, MATRIX, "pie", "your answer")

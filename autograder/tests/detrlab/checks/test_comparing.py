"""detrlab.checks.comparing: the message on a wrong value."""

import torch

from detrlab.checks.comparing import describe


def test_describe_shows_wrong_number_unless_secret():
    mine, right = torch.tensor(0.5), torch.tensor(2.0)
    assert describe("the loss", mine, right) == "the loss is off: it is 0.5 and should be 2."
    assert describe("the loss", mine, right, secret=True) == "the loss is off."

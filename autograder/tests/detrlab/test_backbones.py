"""detrlab.backbones: the tiny backbone."""

import pytest
import torch

from detrlab.backbones import tiny_backbone


@pytest.mark.parametrize("height, width", [(128, 128), (65, 33), (1, 200)])
def test_tiny_backbone_has_stride_16_for_any_size(height, width):
    body, channels = tiny_backbone()
    features = body(torch.rand(2, 3, height, width))
    assert features.shape == (2, channels, -(-height // 16), -(-width // 16))
    assert 200_000 < sum(weight.numel() for weight in body.parameters()) < 400_000

"""detrlab.toy: the same bytes on every platform, and boxes that fit what can be seen."""

import hashlib

import numpy as np
import pytest
import torch
from torchvision.ops import box_iou

from detrlab.toy import (
    CLASSES,
    VALIDATION,
    VALIDATION_SEED,
    ToyDetectionDataset,
    make_synthetic_sample,
    six_images,
    validation_set,
)

# Of samples by their arguments. If one fails on a new platform or NumPy version, toy data differ there.
DIGESTS = {
    (0, 0, 128, 5): "d2b74108b56194d5566f86c7125364fff8f88d6a92e458da945be8474e80445b",
    (3, 7, 128, 5): "527c21cbdb702f771360b8a76cc27e55cc0bbfb8c97d7fc19d513c5123d92d8c",
    (0, 1, 64, 2): "ff784e32d43df603aa245bb4b5d3f7f891da2ada0e6035de6eb086744f88e3a0",
    (2**40, 12345, 96, 8): "a1f3525491a8d74b5388b8d1e41edd940ff2b70b2f3496bd112ad9b8e5132e9a",
}


def digest(sample):
    image, target = sample
    content = b"".join(part.numpy().tobytes() for part in (image, target["labels"], target["boxes"]))
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("arguments", DIGESTS)
def test_samples_have_same_bytes_on_every_platform(arguments):
    assert digest(make_synthetic_sample(*arguments)) == DIGESTS[arguments]


def test_sample_depends_neither_on_order_nor_on_global_random_state():
    dataset = ToyDetectionDataset(20, seed=4)
    forwards = [digest(dataset[index]) for index in range(20)]
    torch.manual_seed(1)
    np.random.seed(1)
    backwards = [digest(dataset[index]) for index in reversed(range(20))]
    assert forwards == backwards[::-1]
    assert len(set(forwards)) == 20
    assert digest(make_synthetic_sample(5, 0)) != forwards[0]


def test_samples_have_documented_types_shapes_and_ranges():
    counts, labels = set(), set()
    for image, target in ToyDetectionDataset(100, seed=1):
        assert image.shape == (3, 128, 128) and image.dtype == torch.float32
        assert image.min() >= 0 and image.max() <= 1
        boxes = target["boxes"]
        assert target["labels"].dtype == torch.int64 and boxes.dtype == torch.float32
        assert boxes.shape == (len(target["labels"]), 4)
        corners = torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)
        assert corners.min() >= 0 and corners.max() <= 1
        assert boxes[:, 2:].min() >= 8 / 128 and boxes[:, 2:].max() <= 48 / 128
        overlaps = box_iou(corners, corners) - torch.eye(len(boxes))
        assert overlaps.max() <= 0.2
        counts.add(len(boxes))
        labels.update(target["labels"].tolist())
    assert counts == {1, 2, 3, 4, 5}
    assert labels == set(range(len(CLASSES)))


@pytest.mark.parametrize("size", [64, 100, 128])
def test_boxes_are_tight_around_pixels_of_their_object(size):
    """Each object is one flat colour, so its extent can be measured without the drawing code."""
    for index in range(60):
        image, target = make_synthetic_sample(9, index, size)
        for center_x, center_y, width, height in (target["boxes"].double() * size).tolist():
            color = image[:, int(center_y), int(center_x)]
            rows, columns = torch.nonzero((image == color[:, None, None]).all(0)).T
            extent = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
            x0, x1 = center_x - width / 2, center_x + width / 2
            y0, y1 = center_y - height / 2, center_y + height / 2
            assert torch.stack(extent).tolist() == pytest.approx([x0, x1, y0, y1], abs=1e-3)


def test_objects_differ_from_background_by_40_levels():
    """In every channel, where the background is noisiest too."""
    for index in range(20):
        image, target = make_synthetic_sample(11, index)
        levels = (image * 255).round().long()
        outside = torch.ones(128, 128, dtype=torch.bool)
        for cx, cy, w, h in (target["boxes"] * 128).tolist():
            outside[round(cy - h / 2) : round(cy + h / 2), round(cx - w / 2) : round(cx + w / 2)] = False
        background = levels[:, outside].unique(dim=1)
        for cx, cy, _, _ in (target["boxes"] * 128).tolist():
            gap = (levels[:, int(cy), int(cx), None] - background).abs()
            assert gap.min() >= 40


def test_dataset_ends_after_its_last_image():
    dataset = ToyDetectionDataset(3)
    assert len(dataset) == len(list(dataset)) == 3
    for index in (3, -1):
        with pytest.raises(IndexError):
            dataset[index]


@pytest.mark.parametrize("arguments", [(0, 0, 16), (0, 0, 128, 0), (-1, 0), (0, -1)])
def test_sample_refuses_arguments_out_of_range(arguments):
    with pytest.raises(ValueError, match="A sample needs"):
        make_synthetic_sample(*arguments)


def test_six_images_hold_all_classes_and_counts():
    samples = six_images()
    assert len(samples) == 6
    assert {len(target["labels"]) for _, target in samples} == {1, 2, 3, 4, 5}
    assert set(torch.cat([target["labels"] for _, target in samples]).tolist()) == {0, 1, 2}
    assert digest(samples[0]) == digest(six_images()[0])


def test_validation_images_are_those_of_their_seed():
    with np.load(VALIDATION) as file:
        assert file["images"].shape == (200, 3, 128, 128)
    for index, (image, target) in enumerate(validation_set()):
        drawn_image, drawn_target = make_synthetic_sample(VALIDATION_SEED, index)
        assert torch.equal(image, drawn_image)
        assert torch.equal(target["boxes"], drawn_target["boxes"])
        assert torch.equal(target["labels"], drawn_target["labels"])

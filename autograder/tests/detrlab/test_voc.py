"""detrlab.voc: the loader of Pascal VOC on the drawings that ship, its boxes, and damaged data."""

import shutil
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from autograder.authoring import voc_sample
from detrlab.standins.registry import STANDINS
from detrlab.targets import validate
from detrlab.voc import SAMPLE, VOC_CLASSES, VocDetection, read_box

DEVKIT = "VOCdevkit/VOC2007"


@pytest.fixture
def sample_copy(tmp_path):
    """Copy the sample, to be damaged; return the copy and the annotation of its first image."""
    shutil.copytree(SAMPLE, tmp_path / "voc")
    return tmp_path / "voc", tmp_path / "voc" / DEVKIT / "Annotations" / "drawing_01.xml"


def replace_in(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_classes_are_those_of_torchvision_in_its_order():
    """The released segmentation models of torchvision know the same 20, after a background."""
    from torchvision.models.segmentation import FCN_ResNet50_Weights

    names = FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1.meta["categories"]
    assert ["__background__", *VOC_CLASSES] == names
    assert list(VOC_CLASSES) == sorted(VOC_CLASSES) and len(VOC_CLASSES) == 20


@pytest.mark.parametrize("image_set, count", [("train", 8), ("val", 4), ("trainval", 12)])
def test_samples_have_images_and_targets_as_toy_data_do(image_set, count):
    dataset = VocDetection(SAMPLE, image_set=image_set, size=(96, 160))
    assert len(dataset) == count
    for index, (image, target) in enumerate(dataset):
        assert image.shape == (3, 96, 160) and image.dtype == torch.float32
        assert 0 <= image.min() < image.max() <= 1
        validate([target], 20, first=index)
        boxes = target["boxes"]
        corners = torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2])
        assert ((corners >= -1e-6) & (corners <= 1 + 1e-6)).all()
    for outside in (count, -1):
        with pytest.raises(IndexError, match=f"0 to {count - 1}"):
            dataset[outside]


def test_boxes_equal_those_computed_by_hand():
    """The second car of the first drawing, and the first, which is cut off by the right edge.

    Of 500 x 375 pixels, columns 41 to 271 and rows 216 to 322: edges 40 to 271 and 215 to 322.
    """
    dataset = VocDetection(SAMPLE, size=64)
    assert dataset.name(0) == "drawing_01"
    _, target = dataset[0]
    assert [VOC_CLASSES[label] for label in target["labels"]] == ["car", "car", "person"]
    by_hand = [(40 + 271) / 2 / 500, (215 + 322) / 2 / 375, 231 / 500, 107 / 375]
    assert target["boxes"][1].tolist() == pytest.approx(by_hand, abs=1e-7)
    cx, _, width, _ = target["boxes"][0].tolist()
    assert cx + width / 2 == pytest.approx(1, abs=1e-6)


def test_read_box_includes_corner_pixels_and_clips_to_image():
    box = dict.fromkeys(("xmin", "ymin"), "1") | {"xmax": "500", "ymax": "375"}
    assert read_box(box, 500, 375).tolist() == [0.5, 0.5, 1, 1]
    one_pixel = {"xmin": "3", "xmax": "3", "ymin": "1", "ymax": "1"}
    assert read_box(one_pixel, 10, 4).tolist() == pytest.approx([0.25, 0.125, 0.1, 0.25])
    outside = {"xmin": "-4", "xmax": "5.5", "ymin": "3", "ymax": "9"}
    assert read_box(outside, 10, 4).tolist() == pytest.approx([0.275, 0.75, 0.55, 0.5])


def test_box_is_tight_around_drawn_car():
    """Nothing else in the drawing is red, so the extent of the car can be measured from the pixels."""
    path = SAMPLE / DEVKIT / "JPEGImages" / "drawing_01.jpg"
    levels = np.array(Image.open(path)).astype(int)
    red = (levels[..., 0] > 150) & (levels[..., 1] < 90) & (levels[..., 2] < 90)
    columns = np.flatnonzero(red.sum(0) > 20)  # the body
    (cx, _, width, _) = VocDetection(SAMPLE)[0][1]["boxes"][1].tolist()
    assert columns[0] == pytest.approx(500 * (cx - width / 2), abs=1.5)
    assert columns[-1] + 1 == pytest.approx(500 * (cx + width / 2), abs=1.5)


def test_difficult_objects_are_left_out_unless_kept():
    easy, complete = (VocDetection(SAMPLE, keep_difficult=keep)[1][1] for keep in (False, True))
    assert len(easy["labels"]) == 1 and len(complete["labels"]) == 2
    assert complete["boxes"][0].prod() < easy["boxes"][0].prod()


def test_sample_holds_difficult_cases_for_a_loader():
    dataset = VocDetection(SAMPLE, image_set="trainval")
    trees = [ElementTree.parse(path) for path in dataset.voc.annotations]
    marks = {mark: [node.text for tree in trees for node in tree.iter(mark)] for mark in ("truncated",)}
    assert marks["truncated"].count("1") == 2
    assert [len(dataset[index][1]["labels"]) for index in range(12)].count(0) == 1
    assert len({Image.open(path).size for path in dataset.voc.images}) >= 8
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 400_000


def test_image_without_objects_has_empty_target():
    _, target = VocDetection(SAMPLE)[7]
    assert target["labels"].shape == (0,) and target["labels"].dtype == torch.int64
    assert target["boxes"].shape == (0, 4) and target["boxes"].dtype == torch.float32


def test_batch_can_be_collated_and_trained_on():
    samples = list(VocDetection(SAMPLE, size=64))[5:]  # with the image without objects
    images, targets = STANDINS["09_training"]["detr_collate"](samples)
    assert torch.equal(images, torch.stack([image for image, _ in samples]))
    sizes = {"d_model": 16, "n_heads": 2, "n_enc_layers": 1, "n_dec_layers": 2, "dim_ff": 16}
    model = STANDINS["08_detr"]["DETR"](20, 10, backbone_name="tiny", **sizes)
    criterion = STANDINS["07_loss"]["DetrLoss"](20, STANDINS["06_matcher"]["HungarianMatcher"]())
    losses = criterion(model(images), targets)
    losses["total"].backward()
    assert all(part.isfinite() for part in losses.values())


@pytest.mark.parametrize("change", [{"root": "nowhere"}, {"year": "2012"}, {"image_set": "test"}])
def test_missing_images_are_explained_in_one_line(tmp_path, monkeypatch, change):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        VocDetection(**{"root": SAMPLE} | change)
    message = str(caught.value)
    assert message.startswith("There is no Pascal VOC 20") and "\n" not in message
    assert "download=True" in message and "0.5 GB for 2007" in message and "https://" in message


def test_failed_download_is_explained(tmp_path, monkeypatch):
    from torchvision.datasets import voc

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(voc, "download_and_extract_archive", offline)
    with pytest.raises(FileNotFoundError, match=r"could not be fetched from https://.* \(no network\)"):
        VocDetection(tmp_path, download=True)


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("<name>car</name>", "<name>zebra</name>", "'zebra' is none of the 20 classes"),
        ("<name>car</name>", "", "'name' is missing"),
        ("<xmin>361</xmin>", "", "'xmin' is missing"),
        ("<xmin>361</xmin>", "<xmin>left</xmin>", "left"),
        ("<xmin>361</xmin>", "<xmin>nan</xmin>", "xmin nan"),
        ("<xmin>361</xmin>", "<xmin>501</xmin>", "covers nothing of the 500 x 375 image"),
        ("<ymax>288</ymax>", "<ymax>100</ymax>", "covers nothing"),
        ("<difficult>0</difficult>", "<difficult>no</difficult>", "damaged"),
        ("</annotation>", "", "cannot be read"),
    ],
)
def test_damaged_annotation_is_explained_with_name_of_image(sample_copy, old, new, message):
    root, annotation = sample_copy
    replace_in(annotation, old, new)
    with pytest.raises(ValueError, match="Image drawing_01") as caught:
        VocDetection(root)[0]
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert len(VocDetection(root)[1][1]["labels"]) == 1  # the others can be read


def test_damaged_or_missing_file_is_explained_with_name_of_image(sample_copy):
    root, annotation = sample_copy
    photo = root / DEVKIT / "JPEGImages" / "drawing_01.jpg"
    complete = photo.read_bytes()
    for content in (complete[: len(complete) // 2], b"", b"no picture"):
        photo.write_bytes(content)
        with pytest.raises(ValueError, match="Image drawing_01 or its annotation cannot be read"):
            VocDetection(root)[0]
    photo.write_bytes(complete)
    annotation.unlink()
    with pytest.raises(ValueError, match="Image drawing_01 or its annotation cannot be read"):
        VocDetection(root)[0]


def test_annotation_may_lack_difficult_and_hold_fractions(sample_copy):
    root, annotation = sample_copy
    replace_in(annotation, "<difficult>0</difficult>", "")
    replace_in(annotation, "<xmin>361</xmin>", "<xmin>361.0</xmin>")
    assert len(VocDetection(root)[0][1]["labels"]) == 3


def test_drawings_are_reproduced_by_their_code(tmp_path):
    voc_sample.draw_sample(tmp_path)
    drawn, shipped = (
        {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path, SAMPLE)
    )
    assert set(drawn) == set(shipped)
    for name, path in drawn.items():
        if name.endswith(".jpg"):  # another version of Pillow may write other bytes
            levels = [np.array(Image.open(file)).astype(int) for file in (path, shipped[name])]
            assert abs(levels[0] - levels[1]).mean() < 2, name
        else:
            assert path.read_text(encoding="utf-8") == shipped[name].read_text(encoding="utf-8"), name

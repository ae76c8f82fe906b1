"""Serve Pascal VOC in the form of the toy samples: photographs with objects of 20 classes.

    photos = VocDetection("voc", year="2007", image_set="train", size=256, download=True)
    image, target = photos[0]

`VocDetection(SAMPLE)` needs no download: it serves drawings in VOC's format, which ship with the course.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from detrlab.targets import find_problem
from detrlab.toy import Sample, Target

VOC_CLASSES = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train"),
    "tvmonitor",
)
SAMPLE = Path(__file__).parents[2] / "data" / "voc_sample"
SIDES = ("xmin", "ymin", "xmax", "ymax")


class VocDetection(Dataset[Sample]):
    """One image set of Pascal VOC, all its images at one size.

    VOC's photographs differ in size, which the images of a batch cannot. The paper pads the smaller ones
    of a batch (section 3.2), and its code masks the padding out in attention. The models of this week
    take no mask, so each photograph is stretched to `size`. Boxes, fractions of the image, stay the same.

    Args:
        root: the folder that holds VOCdevkit.
        year: "2007" to "2012".
        image_set: "train", "val" or "trainval"; for 2007 also "test".
        size: height and width of the served images in pixels, or one number for both.
        download: fetch the archive into `root` first, unless it is there already.
        keep_difficult: keep the objects marked "difficult". VOC's evaluation ignores them; by default
            they are left out here, as if they were background.

    Raises:
        FileNotFoundError: if the images are not in `root`, or could not be fetched.
    """

    def __init__(
        self,
        root: str | Path,
        year: str = "2007",
        image_set: str = "train",
        size: int | tuple[int, int] = 256,
        download: bool = False,
        keep_difficult: bool = False,
    ) -> None:
        from torchvision.datasets import VOCDetection

        self.height, self.width = (size, size) if isinstance(size, int) else size
        self.keep_difficult = keep_difficult
        try:
            self.voc = VOCDetection(root, year, image_set, download)
        except (RuntimeError, OSError) as error:
            raise FileNotFoundError(why_absent(root, year, image_set, download, error)) from error

    def __len__(self) -> int:
        return len(self.voc)

    def name(self, index: int) -> str:
        """Return the name of an image, "000005" for instance."""
        return Path(self.voc.annotations[index]).stem

    def __getitem__(self, index: int) -> Sample:
        """Return (image [3, height, width] in [0, 1], target), labels counting along VOC_CLASSES.

        The target's "labels" are int64 [M] and its "boxes" float32 [M, 4], (cx, cy, w, h) as fractions
        of the image; M is 0 for an image without objects.

        Raises:
            IndexError: if the index is outside 0..len - 1.
            ValueError: naming the image, if it or its annotation is damaged.
        """
        from torchvision.transforms.functional import pil_to_tensor

        if not 0 <= index < len(self):
            raise IndexError(f"This image set holds images 0 to {len(self) - 1}: no {index}.")
        name = self.name(index)
        try:
            photo, tree = self.voc[index]
        except (OSError, SyntaxError, ValueError) as error:  # an XML ParseError is a SyntaxError
            raise ValueError(
                f"Image {name} or its annotation cannot be read ({error}): unpack the archive again."
            ) from error
        try:
            target = read_target(tree["annotation"], photo.size, self.keep_difficult)
        except KeyError as error:
            raise ValueError(f"Image {name}: its annotation is damaged, {error} is missing.") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(f"Image {name}: its annotation is damaged, {error}.") from error
        if problem := find_problem(target, len(VOC_CLASSES)):
            raise ValueError(f"Image {name}, {problem}")
        return pil_to_tensor(photo.resize((self.width, self.height))) / 255, target


def read_target(
    annotation: Mapping[str, Any], size: tuple[int, int], keep_difficult: bool = False
) -> Target:
    """Turn an annotation into a target.

    Args:
        annotation: as torchvision reads it from XML.
        size: width and height of the photograph in pixels.
        keep_difficult: keep the objects marked "difficult".

    Returns:
        "labels" int64 [M] and "boxes" float32 [M, 4], (cx, cy, w, h) in [0, 1].

    Raises:
        AttributeError, KeyError, TypeError, ValueError: if the annotation is damaged.
    """
    labels: list[int] = []
    boxes: list[Tensor] = []
    for entry in annotation["object"]:
        if int(entry.get("difficult", 0)) and not keep_difficult:
            continue
        if entry["name"] not in VOC_CLASSES:
            raise ValueError(f"{entry['name']!r} is none of the 20 classes")
        labels.append(VOC_CLASSES.index(entry["name"]))
        boxes.append(read_box(entry["bndbox"], *size))
    return {
        "labels": torch.tensor(labels, dtype=torch.int64),
        "boxes": torch.stack(boxes) if boxes else torch.zeros(0, 4),
    }


def read_box(corners: Mapping[str, str], width: int, height: int) -> Tensor:
    """Turn VOC's corners into a box [4], (cx, cy, w, h) as fractions of the image, clipped to it.

    VOC numbers pixels from 1, and both corners belong to the box: an object that fills a photograph of
    500 columns has xmin 1 and xmax 500. Measured from the photograph's left edge, column 1 extends from
    0 to 1 and column 500 from 499 to 500. So the box begins at xmin - 1 and ends at xmax; its width is
    xmax - xmin + 1.

    Args:
        corners: "xmin", "ymin", "xmax", "ymax" in pixels, as text.
        width, height: of the photograph, in pixels.

    Raises:
        KeyError: if a corner is missing.
        ValueError: if a corner is not a number, or no part of the box lies in the photograph.
    """
    left, top, right, bottom = (float(corners[side]) for side in SIDES)
    x0, x1 = (min(max(x / width, 0.0), 1.0) for x in (left - 1, right))
    y0, y1 = (min(max(y / height, 0.0), 1.0) for y in (top - 1, bottom))
    if not (x0 < x1 and y0 < y1):
        box = ", ".join(f"{side} {corners[side]}" for side in SIDES)
        raise ValueError(f"the box ({box}) covers nothing of the {width} x {height} image")
    return torch.tensor([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


def why_absent(root: str | Path, year: str, image_set: str, download: bool, error: Exception) -> str:
    """Return a message that an image set could not be opened, with the error and what to do."""
    from torchvision.datasets.voc import DATASET_YEAR_DICT

    url = DATASET_YEAR_DICT["2007-test" if (year, image_set) == ("2007", "test") else year]["url"]
    if download:
        return (
            f"Pascal VOC {year} could not be fetched from {url} ({error}): try again later, or take the "
            f"archive from another place and unpack it in {root}."
        )
    return (
        f"There is no Pascal VOC {year} with the image set {image_set!r} in {root}: download=True "
        f"fetches it from {url}, if that answers, in one archive (about 0.5 GB for 2007, 2 GB for 2012)."
    )

"""Draw data/voc_sample: a few scenes in the format of Pascal VOC, as a sample for its loader.

`python -m autograder drawings` draws them; with the lock file's version of Pillow, the files are
byte-identical.

Boxes are not specified but measured: each object is drawn on a layer of its own, larger than the image,
and its box encloses the pixels that remain visible. It is "truncated" if they are not its full extent.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageChops, ImageDraw

from autograder.authoring.voc_shapes import CLASSES, PLACES, Numbers
from autograder.workspace.paths import DATA

TARGET = DATA / "voc_sample"
SUPERSAMPLING = 2  # layers are drawn larger by this factor, then averaged, for smooth edges
OPAQUE = 128  # the least opacity, of 255, of a pixel that belongs to an object

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class SceneObject:
    """One object of a scene."""

    kind: str  # its class
    place: Numbers  # left, top, width, height in pixels
    color: str
    difficult: bool = False


@dataclass(frozen=True)
class Scene:
    """One image."""

    where: str  # a key of PLACES
    size: tuple[int, int]  # width, height in pixels
    objects: list[SceneObject]  # the farthest first


def parse_scene(place: str, *objects: str) -> Scene:
    """Parse "where width height" and objects "class left top width height colour [difficult]"."""
    where, width, height = place.split()
    rows = [item.split() for item in objects]
    parsed = [
        SceneObject(row[0], tuple(map(float, row[1:5])), row[5], "difficult" in row) for row in rows
    ]
    return Scene(where, (int(width), int(height)), parsed)


TRAIN = [
    parse_scene(
        "street 500 375",
        "car 360 195 200 92 #2f6db5",
        "car 40 215 230 106 #c0392b",
        "person 282 170 62 178 #e3a72f",
    ),
    parse_scene(
        "sea 500 333",
        "boat 398 142 22 27 #9a8f80 difficult",
        "boat 84 66 210 206 #a5402d",
    ),
    parse_scene(
        "room 375 500",
        "diningtable 110 270 240 190 #7a4b2a",
        "bottle 180 188 30 84 #2e6b46",
        "bottle 246 170 34 102 #7c2f3f",
        "chair 18 250 128 222 #b0713a",
    ),
    parse_scene(
        "meadow 500 375",
        "sheep 300 160 110 78 #efece2",
        "sheep 62 190 170 122 #f4f1e8",
        "sheep 176 212 190 136 #e6e1d3",
    ),
    parse_scene(
        "sky 500 334",
        "aeroplane 92 48 300 134 #f2f2f4",
        "bird 60 216 52 42 #4a4038",
        "bird 396 232 40 32 #4a4038",
    ),
    parse_scene(
        "street 486 500",
        "bus 70 150 360 230 #d9822b",
        "person 26 236 66 190 #4c8b5a",
        "person 402 262 70 206 #7a4f9a",
    ),
    parse_scene(
        "room 500 375",
        "tvmonitor 188 40 150 106 #2b2b33",
        "sofa 110 176 280 142 #a4554a",
        "pottedplant 404 146 78 178 #c87941",
    ),
    parse_scene("meadow 400 300"),
]
VAL = [
    parse_scene("street 500 281", "train -70 82 480 148 #3a7d6d", "person 430 118 44 132 #b5432f"),
    parse_scene("room 334 500", "pottedplant 30 180 110 236 #6a6f9a", "person 176 140 108 318 #2f8a8a"),
    parse_scene("sea 480 360", "boat 230 84 180 180 #2d4f7c", "bird 70 62 70 58 #f5f5f5"),
    parse_scene("street 320 240", "car 22 112 190 92 #5a8f3c", "bottle 262 150 24 66 #8c5a9e"),
]
README = """\
These are drawings, not photographs: {count} scenes with objects of {classes} of Pascal VOC's 20 classes,
made of plain shapes for this course. They are here for trying the loader (notebooks/detrlab/voc.py)
without a download, so they lie in the folders of Pascal VOC 2007 and keep to its format: an XML
annotation for each image, corners that count pixels from 1, the image sets train ({train}), val ({val})
and trainval. One object is marked "difficult", some are marked "truncated", and one image has no
objects. A detector trained on them knows nothing about photographs.
"""


def draw_background(scene: Scene) -> Image.Image:
    """Draw the background of a scene: a sky or wall that grows lighter, and the ground."""
    width, height = scene.size
    top, horizon, ground = PLACES[scene.where]
    ground_line = round(horizon * height)
    light = Image.linear_gradient("L").resize(scene.size).point([level // 3 for level in range(256)])
    picture = Image.composite(
        Image.new("RGB", scene.size, "white"), Image.new("RGB", scene.size, top), light
    )
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, ground_line, width, height), fill=ground)
    if scene.where == "street":
        y = ground_line + round(0.3 * (height - ground_line))
        for x in range(0, width, 90):
            pen.rectangle((x, y, x + 44, y + 5), fill="#d8d8d2")
    elif scene.where == "meadow":
        for x in range(-30, width, 95):
            pen.ellipse((x, ground_line - 46, x + 84, ground_line + 14), fill="#6f9e4c")
    elif scene.where == "sea":
        for y in range(ground_line + 24, height, 38):
            for x in range(y % 80, width, 130):
                pen.rectangle((x, y, x + 46, y + 2), fill="#6aa3c2")
    elif scene.where == "room":
        pen.rectangle((0, ground_line, width, ground_line + 7), fill="#f6f1e6")
    return picture


def draw_object(item: SceneObject, size: tuple[int, int]) -> Image.Image:
    """Draw an object on a transparent layer that extends half an image beyond each edge."""
    width, height = size
    layer = Image.new("RGBA", (2 * width * SUPERSAMPLING, 2 * height * SUPERSAMPLING), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    left, top, *extent = item.place
    origin = (left + width / 2, top + height / 2)
    for shape, numbers, color in CLASSES[item.kind]:
        coordinates = [origin[i % 2] + extent[i % 2] * number for i, number in enumerate(numbers)]
        points = [round(SUPERSAMPLING * coordinate) for coordinate in coordinates]
        getattr(pen, shape)(points, fill=item.color if color == "own" else color)
    return layer.reduce(SUPERSAMPLING)


def object_mask(layer: Image.Image) -> Image.Image:
    """Return the mask of the pixels that belong to the object on a layer."""
    return layer.getchannel("A").point([255 * (level >= OPAQUE) for level in range(256)])


def draw_scene(scene: Scene) -> tuple[Image.Image, list[tuple[SceneObject, Box, bool]]]:
    """Draw a scene.

    Returns:
        the image; and each object with its box (x0, y0, x1, y1) in pixels, without the last column and
        row, and whether it is truncated.

    Raises:
        AssertionError: if an object is not visible at all.
    """
    width, height = scene.size
    window = (width // 2, height // 2, width // 2 + width, height // 2 + height)
    layers = [draw_object(item, scene.size) for item in scene.objects]
    picture = draw_background(scene)
    for layer in layers:
        visible_part = layer.crop(window)
        picture.paste(visible_part, mask=visible_part.getchannel("A"))
    objects = []
    for number, item in enumerate(scene.objects):
        mask = object_mask(layers[number])
        full_box = mask.getbbox()
        for nearer in layers[number + 1 :]:
            mask = ImageChops.subtract(mask, object_mask(nearer))
        box = mask.crop(window).getbbox()
        assert full_box and box, f"{item.kind} in {scene.where} cannot be seen"
        x, y = window[:2]
        truncated = full_box != (box[0] + x, box[1] + y, box[2] + x, box[3] + y)
        objects.append((item, box, truncated))
    return picture, objects


def annotate(name: str, scene: Scene, objects: list[tuple[SceneObject, Box, bool]]) -> str:
    """Return an image's annotation in VOC 2007's XML, whose boxes have inclusive, 1-based corners."""
    width, height = scene.size
    root = ElementTree.Element("annotation")

    def add(parent: ElementTree.Element, **values: object) -> None:
        for tag, value in values.items():
            ElementTree.SubElement(parent, tag).text = str(value)

    add(root, folder="VOC2007", filename=f"{name}.jpg")
    add(ElementTree.SubElement(root, "source"), database="Drawings, not photographs: see README.txt")
    add(ElementTree.SubElement(root, "size"), width=width, height=height, depth=3)
    add(root, segmented=0)
    for item, (left, top, right, bottom), truncated in objects:
        entry = ElementTree.SubElement(root, "object")
        add(entry, name=item.kind, pose="Unspecified", truncated=int(truncated))
        add(entry, difficult=int(item.difficult))
        corners = ElementTree.SubElement(entry, "bndbox")
        add(corners, xmin=left + 1, ymin=top + 1, xmax=right, ymax=bottom)
    ElementTree.indent(root, "\t")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def draw_sample(target: Path = TARGET) -> None:
    """Write all images and annotations to `target`, in Pascal VOC 2007's layout, with a README."""
    devkit = target / "VOCdevkit"
    if devkit.exists():
        shutil.rmtree(devkit)
    images, annotations, sets = (
        devkit / "VOC2007" / name for name in ("JPEGImages", "Annotations", "ImageSets/Main")
    )
    for folder in (images, annotations, sets):
        folder.mkdir(parents=True)
    names = [f"drawing_{number:02}" for number in range(1, len(TRAIN + VAL) + 1)]
    for name, scene in zip(names, TRAIN + VAL, strict=True):
        picture, objects = draw_scene(scene)
        picture.save(images / f"{name}.jpg", quality=88, optimize=True)
        write_text(annotations / f"{name}.xml", annotate(name, scene, objects))
    divided = {"train": names[: len(TRAIN)], "val": names[len(TRAIN) :], "trainval": names}
    for image_set, members in divided.items():
        write_text(sets / f"{image_set}.txt", "".join(f"{name}\n" for name in members))
    counts = {"train": len(TRAIN), "val": len(VAL), "count": len(names)}
    classes = len({item.kind for scene in TRAIN + VAL for item in scene.objects})
    write_text(target / "README.txt", README.format(classes=classes, **counts))


def write_text(path: Path, text: str) -> None:
    """Write a text file that is byte-identical on every platform."""
    path.write_text(text, encoding="utf-8", newline="\n")

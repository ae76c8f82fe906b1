"""Draw data/voc_sample: a few scenes in the format of Pascal VOC, to try its loader on.

`python -m autograder drawings` draws them anew; with the lock file's Pillow, the same bytes.

Nothing is typed in twice: each object is drawn on a layer of its own, larger than the image, and its box
is read from the pixels that stay visible. It is "truncated" where that is not its whole extent.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageChops, ImageDraw

from autograder.authoring.voc_shapes import CLASSES, PLACES, Numbers
from autograder.workspace.paths import DATA

TARGET = DATA / "voc_sample"
FINE = 2  # layers are drawn this much larger, then averaged: soft edges
SEEN = 128  # from this opacity on, of 255, a pixel belongs to an object

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Thing:
    """One object: its class, left, top, width and height in pixels, and its colour."""

    kind: str
    place: Numbers
    color: str
    difficult: bool = False


@dataclass(frozen=True)
class Scene:
    """One image: where it is, its width and height, and the objects in it, the farthest first."""

    where: str
    size: tuple[int, int]
    things: list[Thing]


def staged(place: str, *things: str) -> Scene:
    """Read "where width height", then objects as "class left top width height colour [difficult]"."""
    where, width, height = place.split()
    rows = [thing.split() for thing in things]
    read = [Thing(row[0], tuple(map(float, row[1:5])), row[5], "difficult" in row) for row in rows]
    return Scene(where, (int(width), int(height)), read)


TRAIN = [
    staged(
        "street 500 375",
        "car 360 195 200 92 #2f6db5",
        "car 40 215 230 106 #c0392b",
        "person 282 170 62 178 #e3a72f",
    ),
    staged(
        "sea 500 333",
        "boat 398 142 22 27 #9a8f80 difficult",
        "boat 84 66 210 206 #a5402d",
    ),
    staged(
        "room 375 500",
        "diningtable 110 270 240 190 #7a4b2a",
        "bottle 180 188 30 84 #2e6b46",
        "bottle 246 170 34 102 #7c2f3f",
        "chair 18 250 128 222 #b0713a",
    ),
    staged(
        "meadow 500 375",
        "sheep 300 160 110 78 #efece2",
        "sheep 62 190 170 122 #f4f1e8",
        "sheep 176 212 190 136 #e6e1d3",
    ),
    staged(
        "sky 500 334",
        "aeroplane 92 48 300 134 #f2f2f4",
        "bird 60 216 52 42 #4a4038",
        "bird 396 232 40 32 #4a4038",
    ),
    staged(
        "street 486 500",
        "bus 70 150 360 230 #d9822b",
        "person 26 236 66 190 #4c8b5a",
        "person 402 262 70 206 #7a4f9a",
    ),
    staged(
        "room 500 375",
        "tvmonitor 188 40 150 106 #2b2b33",
        "sofa 110 176 280 142 #a4554a",
        "pottedplant 404 146 78 178 #c87941",
    ),
    staged("meadow 400 300"),
]
VAL = [
    staged("street 500 281", "train -70 82 480 148 #3a7d6d", "person 430 118 44 132 #b5432f"),
    staged("room 334 500", "pottedplant 30 180 110 236 #6a6f9a", "person 176 140 108 318 #2f8a8a"),
    staged("sea 480 360", "boat 230 84 180 180 #2d4f7c", "bird 70 62 70 58 #f5f5f5"),
    staged("street 320 240", "car 22 112 190 92 #5a8f3c", "bottle 262 150 24 66 #8c5a9e"),
]
README = """\
These are drawings, not photographs: {count} scenes with objects of {classes} of Pascal VOC's 20 classes,
made of plain shapes for this course. They are here for trying the loader (notebooks/detrlab/voc.py)
without a download, so they lie in the folders of Pascal VOC 2007 and keep to its format: an XML
annotation for each image, corners that count pixels from 1, the image sets train ({train}), val ({val})
and trainval. One object is marked "difficult", some are marked "truncated", and one image has no
objects. A detector trained on them knows nothing about photographs.
"""


def background(scene: Scene) -> Image.Image:
    """Paint what is behind the objects: a sky or wall that grows lighter, and the ground."""
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


def paint(thing: Thing, size: tuple[int, int]) -> Image.Image:
    """Draw an object on a clear layer that reaches half an image beyond each edge of the image."""
    width, height = size
    layer = Image.new("RGBA", (2 * width * FINE, 2 * height * FINE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(layer)
    left, top, *extent = thing.place
    origin = (left + width / 2, top + height / 2)
    for shape, numbers, color in CLASSES[thing.kind]:
        points = [round(FINE * (origin[i % 2] + extent[i % 2] * n)) for i, n in enumerate(numbers)]
        getattr(pen, shape)(points, fill=thing.color if color == "own" else color)
    return layer.reduce(FINE)


def solid(layer: Image.Image) -> Image.Image:
    """Return the mask of the pixels that belong to a layer's object."""
    return layer.getchannel("A").point([255 * (level >= SEEN) for level in range(256)])


def draw(scene: Scene) -> tuple[Image.Image, list[tuple[Thing, Box, bool]]]:
    """Draw a scene; return it with each object's box [x0, y0, x1, y1), and whether it is truncated."""
    width, height = scene.size
    window = (width // 2, height // 2, width // 2 + width, height // 2 + height)
    layers = [paint(thing, scene.size) for thing in scene.things]
    picture = background(scene)
    for layer in layers:
        inside = layer.crop(window)
        picture.paste(inside, mask=inside.getchannel("A"))
    found = []
    for number, thing in enumerate(scene.things):
        mask = solid(layers[number])
        whole = mask.getbbox()
        for nearer in layers[number + 1 :]:
            mask = ImageChops.subtract(mask, solid(nearer))
        visible = mask.crop(window).getbbox()
        assert whole and visible, f"{thing.kind} in {scene.where} cannot be seen"
        x, y = window[:2]
        truncated = whole != (visible[0] + x, visible[1] + y, visible[2] + x, visible[3] + y)
        found.append((thing, visible, truncated))
    return picture, found


def annotate(name: str, scene: Scene, found: list[tuple[Thing, Box, bool]]) -> str:
    """Write an image's annotation as VOC 2007 does; its corners are 1-based and belong to the box."""
    width, height = scene.size
    root = ElementTree.Element("annotation")

    def add(parent: ElementTree.Element, **values: object) -> None:
        for tag, value in values.items():
            ElementTree.SubElement(parent, tag).text = str(value)

    add(root, folder="VOC2007", filename=f"{name}.jpg")
    add(ElementTree.SubElement(root, "source"), database="Drawings, not photographs: see README.txt")
    add(ElementTree.SubElement(root, "size"), width=width, height=height, depth=3)
    add(root, segmented=0)
    for thing, (left, top, right, bottom), truncated in found:
        entry = ElementTree.SubElement(root, "object")
        add(entry, name=thing.kind, pose="Unspecified", truncated=int(truncated))
        add(entry, difficult=int(thing.difficult))
        corners = ElementTree.SubElement(entry, "bndbox")
        add(corners, xmin=left + 1, ymin=top + 1, xmax=right, ymax=bottom)
    ElementTree.indent(root, "\t")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def draw_sample(target: Path = TARGET) -> None:
    """Draw every scene into `target`, in the folders of Pascal VOC 2007, with a README on what it is."""
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
        picture, found = draw(scene)
        picture.save(images / f"{name}.jpg", quality=88, optimize=True)
        write_text(annotations / f"{name}.xml", annotate(name, scene, found))
    divided = {"train": names[: len(TRAIN)], "val": names[len(TRAIN) :], "trainval": names}
    for image_set, members in divided.items():
        write_text(sets / f"{image_set}.txt", "".join(f"{name}\n" for name in members))
    counts = {"train": len(TRAIN), "val": len(VAL), "count": len(names)}
    classes = len({thing.kind for scene in TRAIN + VAL for thing in scene.things})
    write_text(target / "README.txt", README.format(classes=classes, **counts))


def write_text(path: Path, text: str) -> None:
    """Write a text file with the same bytes on every platform."""
    path.write_text(text, encoding="utf-8", newline="\n")

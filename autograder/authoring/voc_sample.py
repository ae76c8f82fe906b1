"""Draw data/voc_sample: a few scenes in the format of Pascal VOC, to try its loader on.

`python -m autograder.authoring.voc_sample` draws them anew; with the lock file's Pillow, the same bytes.

Nothing is typed in twice: each object is drawn on a layer of its own, larger than the image, and its box
is read from the pixels that stay visible. It is "truncated" where that is not its whole extent.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageChops, ImageDraw

from autograder.workspace.paths import DATA

TARGET = DATA / "voc_sample"
FINE = 2  # layers are drawn this much larger, then averaged: soft edges
SEEN = 128  # from this opacity on, of 255, a pixel belongs to an object

Numbers = tuple[float, ...]
Sandbox = tuple[int, int, int, int]

# What stands for each class: shapes in a square from (0, 0) to (1, 1); "own" is the object's own colour.
DARK, STEEL, GLASS, SKIN, WOOD, LEAF = "#2b2b33", "#8d99a6", "#cfe3ee", "#e0ac86", "#8a5a33", "#3f8f4a"
CLASSES: dict[str, list[tuple[str, Numbers, str]]] = {
    "aeroplane": [
        ("polygon", (0.55, 0.5, 0.3, 0.0, 0.42, 0.0, 0.72, 0.5), STEEL),
        ("ellipse", (0.0, 0.33, 1.0, 0.7), "own"),
        ("polygon", (0.02, 0.5, 0.0, 0.1, 0.1, 0.1, 0.24, 0.45), "own"),
        ("polygon", (0.55, 0.56, 0.3, 1.0, 0.42, 1.0, 0.72, 0.56), STEEL),
        ("polygon", (0.88, 0.42, 0.94, 0.48, 0.82, 0.48), DARK),
    ],
    "bird": [
        ("ellipse", (0.2, 0.45, 0.8, 0.85), "own"),
        ("polygon", (0.45, 0.6, 0.1, 0.0, 0.65, 0.55), "own"),
        ("polygon", (0.3, 0.6, 0.0, 0.9, 0.25, 0.8), "own"),
        ("ellipse", (0.68, 0.35, 0.92, 0.65), "own"),
        ("polygon", (0.9, 0.45, 1.0, 0.52, 0.9, 0.56), "#e8a33d"),
    ],
    "boat": [
        ("rectangle", (0.47, 0.0, 0.5, 0.75), WOOD),
        ("polygon", (0.53, 0.04, 0.53, 0.66, 0.96, 0.66), "#f7f4ea"),
        ("polygon", (0.44, 0.12, 0.44, 0.66, 0.1, 0.66), "#e9e2cf"),
        ("polygon", (0.0, 0.74, 1.0, 0.74, 0.84, 1.0, 0.14, 1.0), "own"),
    ],
    "bottle": [
        ("rectangle", (0.36, 0.0, 0.64, 0.08), DARK),
        ("rectangle", (0.38, 0.06, 0.62, 0.3), "own"),
        ("ellipse", (0.0, 0.22, 1.0, 0.52), "own"),
        ("rectangle", (0.0, 0.37, 1.0, 1.0), "own"),
        ("rectangle", (0.0, 0.52, 1.0, 0.8), "#f3ead2"),
    ],
    "bus": [
        ("rectangle", (0.0, 0.0, 1.0, 0.84), "own"),
        *[("rectangle", (x, 0.14, x + 0.14, 0.46), GLASS) for x in (0.05, 0.22, 0.39, 0.56)],
        ("rectangle", (0.76, 0.14, 0.94, 0.8), GLASS),
        ("ellipse", (0.14, 0.68, 0.3, 1.0), DARK),
        ("ellipse", (0.58, 0.68, 0.74, 1.0), DARK),
    ],
    "car": [
        ("polygon", (0.2, 0.42, 0.34, 0.0, 0.7, 0.0, 0.84, 0.42), "own"),
        ("polygon", (0.27, 0.42, 0.37, 0.09, 0.5, 0.09, 0.5, 0.42), GLASS),
        ("polygon", (0.54, 0.42, 0.54, 0.09, 0.67, 0.09, 0.76, 0.42), GLASS),
        ("rectangle", (0.0, 0.4, 1.0, 0.8), "own"),
        ("rectangle", (0.95, 0.46, 1.0, 0.56), "#f6e27a"),
        ("ellipse", (0.12, 0.58, 0.32, 1.0), DARK),
        ("ellipse", (0.68, 0.58, 0.88, 1.0), DARK),
    ],
    "chair": [
        ("rectangle", (0.04, 0.0, 0.18, 1.0), "own"),
        ("rectangle", (0.04, 0.06, 0.3, 0.42), "own"),
        ("rectangle", (0.0, 0.5, 1.0, 0.62), "own"),
        ("rectangle", (0.82, 0.58, 0.96, 1.0), "own"),
    ],
    "diningtable": [
        ("rectangle", (0.0, 0.0, 1.0, 0.16), "own"),
        ("rectangle", (0.07, 0.1, 0.15, 1.0), "own"),
        ("rectangle", (0.85, 0.1, 0.93, 1.0), "own"),
    ],
    "person": [
        ("rectangle", (0.24, 0.55, 0.46, 1.0), DARK),
        ("rectangle", (0.54, 0.55, 0.76, 1.0), DARK),
        ("rectangle", (0.0, 0.23, 0.18, 0.58), SKIN),
        ("rectangle", (0.82, 0.23, 1.0, 0.58), SKIN),
        ("rectangle", (0.0, 0.2, 1.0, 0.34), "own"),
        ("rectangle", (0.2, 0.2, 0.8, 0.6), "own"),
        ("ellipse", (0.26, 0.0, 0.74, 0.19), SKIN),
    ],
    "pottedplant": [
        ("ellipse", (0.0, 0.16, 0.6, 0.5), LEAF),
        ("ellipse", (0.4, 0.1, 1.0, 0.5), LEAF),
        ("ellipse", (0.24, 0.0, 0.78, 0.4), "#57ab60"),
        ("rectangle", (0.46, 0.4, 0.54, 0.66), WOOD),
        ("polygon", (0.2, 0.62, 0.8, 0.62, 0.7, 1.0, 0.3, 1.0), "own"),
    ],
    "sheep": [
        *[("rectangle", (x, 0.6, x + 0.08, 1.0), DARK) for x in (0.2, 0.34, 0.58, 0.7)],
        ("ellipse", (0.06, 0.14, 0.84, 0.82), "own"),
        ("ellipse", (0.0, 0.24, 0.4, 0.66), "own"),
        ("ellipse", (0.48, 0.08, 0.88, 0.6), "own"),
        ("ellipse", (0.74, 0.0, 1.0, 0.44), DARK),
    ],
    "sofa": [
        ("rectangle", (0.08, 0.0, 0.92, 0.6), "own"),
        ("rectangle", (0.0, 0.3, 0.16, 0.9), "own"),
        ("rectangle", (0.84, 0.3, 1.0, 0.9), "own"),
        ("rectangle", (0.16, 0.5, 0.84, 0.9), "#d9c6c0"),
        ("rectangle", (0.05, 0.88, 0.12, 1.0), DARK),
        ("rectangle", (0.88, 0.88, 0.95, 1.0), DARK),
    ],
    "train": [
        ("rectangle", (0.0, 0.0, 0.84, 0.88), "own"),
        ("polygon", (0.83, 0.0, 0.93, 0.12, 1.0, 0.7, 1.0, 0.88, 0.83, 0.88), "own"),
        *[("rectangle", (x, 0.16, x + 0.1, 0.46), GLASS) for x in (0.04, 0.18, 0.32, 0.46, 0.6, 0.74)],
        ("rectangle", (0.0, 0.6, 1.0, 0.68), "#f3ead2"),
        *[("ellipse", (x, 0.8, x + 0.08, 1.0), DARK) for x in (0.06, 0.2, 0.54, 0.7, 0.84)],
    ],
    "tvmonitor": [
        ("rectangle", (0.0, 0.0, 1.0, 0.84), "own"),
        ("rectangle", (0.05, 0.07, 0.95, 0.77), "#5b86a8"),
        ("polygon", (0.05, 0.07, 0.5, 0.07, 0.2, 0.77, 0.05, 0.77), "#7ba3c2"),
        ("rectangle", (0.42, 0.84, 0.58, 0.94), "own"),
        ("rectangle", (0.26, 0.92, 0.74, 1.0), "own"),
    ],
}
# Behind the objects: colour at the top, where the ground begins (of the height), colour of the ground.
PLACES: dict[str, tuple[str, float, str]] = {
    "street": ("#bcd3e0", 0.62, "#77787d"),
    "sea": ("#c9e2ee", 0.5, "#3f7fa3"),
    "room": ("#e9dfcf", 0.72, "#b58f68"),
    "meadow": ("#c4e0ee", 0.45, "#86b35c"),
    "sky": ("#a9cfe8", 0.9, "#7fa765"),
}


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


def draw(scene: Scene) -> tuple[Image.Image, list[tuple[Thing, Sandbox, bool]]]:
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


def annotate(name: str, scene: Scene, found: list[tuple[Thing, Sandbox, bool]]) -> str:
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


def write(target: Path = TARGET) -> None:
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


if __name__ == "__main__":
    write()

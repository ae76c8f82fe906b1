"""The shapes that make up the drawings in data/voc_sample."""

Numbers = tuple[float, ...]

# Each class is drawn with shapes in a square from (0, 0) to (1, 1); "own" stands for the object's colour.
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
# The background: its colour at the top, the top of the ground (as a share of the height), its colour.
PLACES: dict[str, tuple[str, float, str]] = {
    "street": ("#bcd3e0", 0.62, "#77787d"),
    "sea": ("#c9e2ee", 0.5, "#3f7fa3"),
    "room": ("#e9dfcf", 0.72, "#b58f68"),
    "meadow": ("#c4e0ee", 0.45, "#86b35c"),
    "sky": ("#a9cfe8", 0.9, "#7fa765"),
}

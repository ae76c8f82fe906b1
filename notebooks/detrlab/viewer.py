"""Look at cross-attention maps: choose a query, a layer and a head, or see all of them at once.

explore(image, cross_attention_maps(model, image, heads=True), predict(model, image))
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from detrlab.draw import visualize
from detrlab.figures.canvas import heatmap, image_grid, new_figure, show, to_array
from detrlab.toy import CLASSES

Found = Mapping[str, Tensor]


def explore(image: Tensor, maps: Tensor, found: Found, names: Sequence[str] = CLASSES) -> Any:
    """Return menus for query, layer and head, with the picture that they choose below them.

    Args:
        image: [3, H, W].
        maps: [n_layers, n_heads, N, H', W'], each map summing to 1.
        found: what `predict` returned; its queries come first in the menu.
        names: of the classes.
    """
    from ipywidgets import Dropdown, IntSlider, interactive

    n_layers, n_heads, n_queries = maps.shape[:3]
    kept = found["query_indices"].tolist()
    queries = kept + [query for query in range(n_queries) if query not in kept]
    menu = [(name_of(query, found, names), query) for query in queries]
    heads = [("mean of all", None), *[(f"head {head + 1}", head) for head in range(n_heads)]]

    def look(query: int, layer: int, head: int | None) -> None:
        figure, words = view(image, maps, found, query, layer - 1, head, names)
        show(figure, words)

    return interactive(
        look,
        query=Dropdown(options=menu),
        layer=IntSlider(value=n_layers, min=1, max=n_layers),
        head=Dropdown(options=heads),
    )


def view(
    image: Tensor,
    maps: Tensor,
    found: Found,
    query: int,
    layer: int,
    head: int | None = None,
    names: Sequence[str] = CLASSES,
) -> tuple[Figure, str]:
    """Draw one map beside the image and over it; return the figure and its words.

    `layer` and `head` count from 0; None is the mean over the heads.
    """
    values = maps[layer, :, query].mean(0) if head is None else maps[layer, head, query]
    figure = new_figure(9.6, 3.4)
    over, alone = figure.subplots(1, 2)
    which = "mean of the heads" if head is None else f"head {head + 1}"
    title = f"{name_of(query, found, names)}: layer {layer + 1}, {which}"
    lay_over(over, image, values, title, found, query)
    heatmap(values, alone, f"share of each cell (even shares: {1 / values.numel():.3f})")
    row, column = divmod(int(values.argmax()), values.shape[1])
    words = (
        f"Where query {query} looks in layer {layer + 1}, {which}: most at row {row}, column {column} of "
        f"{values.shape[0]} by {values.shape[1]} cells, with a share of {values.max():.2f}."
    )
    return figure, words


def all_heads(image: Tensor, maps: Tensor, found: Found, query: int) -> Figure:
    """Draw every head of every layer for one query: a row for each layer, first the mean of its heads."""
    n_layers, n_heads = maps.shape[:2]
    figure, axes = image_grid(n_layers, 1 + n_heads, cell=128)
    for layer in range(n_layers):
        row = axes[layer * (1 + n_heads) : (layer + 1) * (1 + n_heads)]
        mean = maps[layer, :, query].mean(dim=0)
        lay_over(row[0], image, mean, f"layer {layer + 1}, mean", found, query)
        for head, ax in enumerate(row[1:]):
            lay_over(ax, image, maps[layer, head, query], f"head {head + 1}", found, query)
    return figure


def all_layers(image: Tensor, maps: Tensor, found: Found, names: Sequence[str] = CLASSES) -> Figure:
    """Draw every kept query in every layer, mean over the heads: a row for each layer."""
    kept = found["query_indices"].tolist()
    figure, axes = image_grid(len(maps), max(1, len(kept)), cell=128)
    for number, ax in enumerate(axes[: len(maps) * len(kept)]):
        layer, column = divmod(number, len(kept))
        query = kept[column]
        words = f"layer {layer + 1}" if layer else name_of(query, found, names).removeprefix("query ")
        lay_over(ax, image, maps[layer, :, query].mean(dim=0), words, found, query)
    return figure


def lay_over(
    ax: Axes, image: Tensor, values: Tensor, title: str, found: Found | None = None, query: int = 0
) -> None:
    """Draw a map [H', W'] over its image, the brighter the larger, and its query's box, if any."""
    target, names = None, [""]
    if found is not None and (mine := found["query_indices"] == query).any():
        target = {name: found[name][mine] for name in ("boxes", "classes")}
        names *= 1 + int(target["classes"])  # a box without a name on it
    grey = image.mean(dim=0, keepdim=True).expand(3, -1, -1)
    visualize(grey, target, ax, title, names)
    cells = to_array(values)
    opacity = 0.85 * cells / max(cells.max(), 1e-9)  # no attention, no colour
    ax.imshow(cells, cmap="plasma", alpha=opacity, extent=ax.images[0].get_extent())


def name_of(query: int, found: Found, names: Sequence[str] = CLASSES) -> str:
    """Name a query and what it found."""
    mine = found["query_indices"] == query
    if not mine.any():
        return f"query {query}: nothing"
    label, score = int(found["classes"][mine]), float(found["scores"][mine])
    return f"query {query}: {names[label]} {score:.2f}"

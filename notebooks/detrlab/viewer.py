"""Look at cross-attention maps: of a chosen query, layer and head, or all of them at once.

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

# What `predict` returns: of n kept queries the "query_indices" [n], "classes" [n], "scores" [n] and
# "boxes" [n, 4].
Found = Mapping[str, Tensor]


def explore(image: Tensor, maps: Tensor, found: Found, names: Sequence[str] = CLASSES) -> Any:
    """Return a widget: menus for query, layer and head above the figure of `view`.

    Args:
        image: [3, H, W] in [0, 1].
        maps: [n_layers, n_heads, N, H', W'], each map summing to 1.
        found: what `predict` returned; its queries come first in the menu.
        names: the class names.
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
    """Draw one map, over the image and beside it.

    Args:
        image: [3, H, W] in [0, 1].
        maps: [n_layers, n_heads, N, H', W'], each map summing to 1.
        found: what `predict` returned; the query's box is drawn if it is among them.
        query: 0..N-1.
        layer: 0..n_layers-1.
        head: 0..n_heads-1, or None for the mean over the heads.
        names: the class names.

    Returns:
        The figure and its alt text.
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
    """Draw all maps of one query: a row for each layer, the mean over its heads first.

    Args:
        image: [3, H, W] in [0, 1].
        maps: [n_layers, n_heads, N, H', W'].
        found: what `predict` returned.
        query: 0..N-1.
    """
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
    """Draw the maps of the kept queries, mean over the heads: a row for each layer.

    Args:
        image: [3, H, W] in [0, 1].
        maps: [n_layers, n_heads, N, H', W'].
        found: what `predict` returned.
        names: the class names.
    """
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
    """Draw a map over its image, larger values brighter, and the box of its query.

    Args:
        ax: where to draw.
        image: [3, H, W] in [0, 1], drawn in grey.
        values: the map [H', W'].
        title: a few words above the image.
        found: what `predict` returned, or None for no box.
        query: whose box is drawn, if it is in `found`.
    """
    target, names = None, [""]
    if found is not None and (kept := found["query_indices"] == query).any():
        target = {name: found[name][kept] for name in ("boxes", "classes")}
        names *= 1 + int(target["classes"])  # empty: the box has no name on it
    grey = image.mean(dim=0, keepdim=True).expand(3, -1, -1)
    visualize(grey, target, ax, title, names)
    cells = to_array(values)
    opacity = 0.85 * cells / max(cells.max(), 1e-9)  # no attention, no colour
    ax.imshow(cells, cmap="plasma", alpha=opacity, extent=ax.images[0].get_extent())


def name_of(query: int, found: Found, names: Sequence[str] = CLASSES) -> str:
    """Name a query with the class and the score that it has in `found`: "classes" [n], "scores" [n]."""
    kept = found["query_indices"] == query
    if not kept.any():
        return f"query {query}: nothing"
    label, score = int(found["classes"][kept]), float(found["scores"][kept])
    return f"query {query}: {names[label]} {score:.2f}"

"""Show text: as HTML or Markdown in a notebook, as plain text everywhere else."""

import sys
from collections.abc import Callable


def notebook_display() -> Callable | None:
    """Return IPython's `display` where a notebook or an IPython shell is running, else None."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        return None
    return ipython.display.display


def present(text: str, **rich: str) -> None:
    """Print a text, or in a notebook display a richer form of it: html="<p>..." or markdown="..."."""
    display = notebook_display()
    if display is None:
        print(text)
    else:
        display({"text/plain": text} | {f"text/{kind}": words for kind, words in rich.items()}, raw=True)

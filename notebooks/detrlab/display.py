"""Show text: as HTML or Markdown in a notebook, plain elsewhere; and make it safe to show."""

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


def printable(text: str, longest: int) -> str:
    """Return the first `longest` characters of a text, on one line, control characters replaced by ?."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest].replace("\n", " "))


def printable_lines(text: str) -> str:
    """Return a message and its frames, safe to show: at most 20 lines of 1,000 characters."""
    return "\n".join(printable(line, 1000) for line in text.split("\n")[:20])


def share(part: int, whole: int) -> str:
    """Return a share in words: "all", or a percentage that is neither 0 nor 100 where it is neither."""
    return "all" if part == whole else f"{min(max(round(100 * part / whole), 1), 99)}%"

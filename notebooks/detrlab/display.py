"""Show text: as HTML or Markdown in a notebook, plain elsewhere; and make it safe to show."""

import re
import sys
from collections.abc import Callable

# Anywhere in a text, since an error's text may be written to smuggle numbers out.
DECIMAL = re.compile(
    r"[-+]?\d+\.\d+(?:e[-+]?\d+)?|[-+]?\d+\.?e[-+]?\d+|(?<![\w.])[-+]?\.\d+(?:e[-+]?\d+)?",
    re.IGNORECASE,
)
LONG_INTEGER = re.compile(r"[-+]?\d{5,}")
INTEGER = re.compile(r"(?<![\w.])[-+]?\d+")  # not the digit of a name like boxes1
ITEM, GAP = r"(?:[-+]?\d+\.?|…)", r"[\s,;()\[\]]+"
NESTED = re.compile(
    rf"(?:(tensor|array)\(|(?<!Size)[(\[]\s*[(\[])[\s(\[]*{ITEM}(?:{GAP}{ITEM})*(?:\s*[)\]])*"
)
LONG_LIST = re.compile(rf"{ITEM}(?:{GAP}{ITEM}){{6,}}")  # no shape has so many
DOTS = re.compile(r"…(?:[\s,;]*…)+")


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


def masked(text: str, is_public: bool = True) -> str:
    """Return a text about inputs that are secret, with … for the numbers that may come from them.

    Decimals, long integers, long or nested lists and tensors go; sizes, shapes and line numbers stay.

    Args:
        text: of an error, or about a value.
        is_public: False for a text in which every number may be secret: then all go.
    """
    text = LONG_INTEGER.sub("…", DECIMAL.sub("…", text))
    if not is_public:
        return DOTS.sub("…", INTEGER.sub("…", text))
    text = NESTED.sub(lambda found: f"{found[1]}(…)" if found[1] else "[…]", text)
    return DOTS.sub("…", LONG_LIST.sub("…", text))


def printable_lines(text: str) -> str:
    """Return a message and its frames, safe to show: at most 20 lines of 1,000 characters."""
    return "\n".join(printable(line, 1000) for line in text.split("\n")[:20])


def share(part: int, whole: int) -> str:
    """Return a share in words: "all", or a percentage that is neither 0 nor 100 where it is neither."""
    return "all" if part == whole else f"{min(max(round(100 * part / whole), 1), 99)}%"

"""Copy a learner's outputs and pasted pictures: known kinds of the right shape, within a size limit.

They are kept for the person who grades written answers and are never evidence for points. Markup in
them is sanitized when a page is rendered (autograder/reports/sanitizing.py).
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from autograder.submissions.limits import LONGEST_COLOURED, MAX_COLOURS, MAX_OUTPUT, MAX_OUTPUTS

Output = dict[str, Any]

PICTURES = ("image/png", "image/jpeg")
MIME_TYPES = ("text/plain", "text/html", "text/markdown", "text/latex", *PICTURES)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
# All control characters but line ends, tabs, and the escape sequences that set colours.
CONTROLS = re.compile(r"\x1b(?!\[[0-9;]{0,20}m)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
LEFT_OUT = "(output left out: this notebook's outputs are larger than intake keeps)\n"


def as_text(value: Any) -> str:
    """Join a notebook's multi-line string into text that UTF-8 can encode; other values give ""."""
    lines = value if isinstance(value, list) else [value]
    joined = "".join(line for line in lines if isinstance(line, str))
    return joined.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """Return terminal output without control characters, but with its colours."""
    return CONTROLS.sub("", text)


def plain_text(text: str) -> str:
    """Return typed text without control characters."""
    return printable(text).replace("\x1b", "")


def as_dict(value: Any) -> dict:
    """Return a JSON object as it is; other values give an empty one."""
    return value if isinstance(value, dict) else {}


class OutputBudget:
    """What the outputs and pictures of one notebook may still take: characters, number, colours."""

    def __init__(self, limit: int = MAX_OUTPUT):
        self.remaining, self.number, self.colours = limit, MAX_OUTPUTS, MAX_COLOURS

    def copy(self, outputs: Any) -> list[Output]:
        """Copy one cell's outputs, in the shape of nbformat 4, as far as the budget allows."""
        kept: list[Output] = []
        for raw in outputs if isinstance(outputs, list) else []:
            output = copy_output(as_dict(raw), self.text)
            if output is None:
                continue
            if not self.take(len(str(output))):
                kept.append({"output_type": "stream", "name": "stdout", "text": LEFT_OUT})
                break
            kept.append(output)
        return kept

    def take(self, size: int) -> bool:
        """Take an output or a picture of a number of characters, if there is still room for it."""
        if size > self.remaining or not self.number:
            return False
        self.remaining, self.number = self.remaining - size, self.number - 1
        return True

    def text(self, value: Any) -> str:
        """Return a text of an output without control characters, with its colours if there are few."""
        text = printable(as_text(value))
        colours = text.count("\x1b")
        if colours > self.colours or (colours and len(text) > LONGEST_COLOURED):
            return COLOUR.sub("", text)
        self.colours -= colours
        return text

    def pictures(self, bundles: Iterable[Any]) -> dict[str, dict[str, str]]:
        """Merge the pictures pasted into several Markdown cells; drop other attachments."""
        kept: dict[str, dict[str, str]] = {}
        for bundle in bundles:
            for name, data in as_dict(bundle).items():
                pictures = {m: as_text(d) for m, d in as_dict(data).items() if m in PICTURES}
                pictures = {mime: text for mime, text in pictures.items() if is_valid(mime, text)}
                if pictures and self.take(len(name) + sum(map(len, pictures.values()))):
                    kept[as_text(name)] = pictures
        return kept


def copy_output(raw: dict, text_of: Callable[[Any], str]) -> Output | None:
    """Copy one output, its texts as `text_of` returns them; return None for an unknown kind."""
    kind = raw.get("output_type")
    if kind == "stream":
        name = "stderr" if raw.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": text_of(raw.get("text"))}
    if kind == "error":
        lines = raw.get("traceback")
        traceback = [text_of(line) for line in lines[:MAX_OUTPUTS]] if isinstance(lines, list) else []
        name, value = (text_of(raw.get(key)) for key in ("ename", "evalue"))
        return {"output_type": kind, "ename": name, "evalue": value, "traceback": traceback}
    if kind in ("execute_result", "display_data"):
        bundle = as_dict(raw.get("data"))
        data = {mime: text_of(bundle[mime]) for mime in MIME_TYPES if mime in bundle}
        data = {mime: text for mime, text in data.items() if is_valid(mime, text)}
        output: Output = {"output_type": kind, "data": data, "metadata": {}}
        return output | ({"execution_count": None} if kind == "execute_result" else {})
    return None


def is_valid(mime: str, text: str) -> bool:
    """Return whether data can be of its MIME type: pictures have to be base64."""
    return mime not in PICTURES or bool(BASE64.fullmatch(text))

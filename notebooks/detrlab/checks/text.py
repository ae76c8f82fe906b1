"""Make text that may come from learners' code safe to show on a terminal and on a page."""


def printable(text: str, longest: int) -> str:
    """Return the first `longest` characters of a text, on one line, control characters replaced by ?."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest].replace("\n", " "))


def printable_lines(text: str) -> str:
    """Return a message and its frames, safe to show: at most 20 lines of 1,000 characters."""
    return "\n".join(printable(line, 1000) for line in text.split("\n")[:20])

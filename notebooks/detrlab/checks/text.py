"""Text that learners' code may have made, made safe to show on a terminal and on a page."""


def printable(text: str, longest: int) -> str:
    """Return at most `longest` characters of a text, on one line, without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest].replace("\n", " "))


def printable_lines(text: str) -> str:
    """Return a message and the frames below it, safe to show: 20 lines of 1,000 characters at most."""
    return "\n".join(printable(line, 1000) for line in text.split("\n")[:20])

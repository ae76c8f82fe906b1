"""Text of messages: what may come from learners' code made safe to show, and shares in words."""


def printable(text: str, longest: int) -> str:
    """Return the first `longest` characters of a text, on one line, control characters replaced by ?."""
    return "".join(c if c.isprintable() else "?" for c in text[:longest].replace("\n", " "))


def printable_lines(text: str) -> str:
    """Return a message and its frames, safe to show: at most 20 lines of 1,000 characters."""
    return "\n".join(printable(line, 1000) for line in text.split("\n")[:20])


def share(part: int, whole: int) -> str:
    """Return a share in words: "all", or a percentage that is neither 0 nor 100 where it is neither."""
    return "all" if part == whole else f"{min(max(round(100 * part / whole), 1), 99)}%"

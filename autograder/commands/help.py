"""What the help texts of the commands have in common."""


def example(*lines: str) -> str:
    """Return an epilog with examples of a command."""
    return "**For example:**\n\n" + "\n\n".join(f"`python -m autograder {line}`" for line in lines)

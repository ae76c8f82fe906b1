"""The common part of the commands' help texts."""


def example(*lines: str) -> str:
    """Return an epilog for a command's help text, with its command lines as examples."""
    return "**For example:**\n\n" + "\n\n".join(f"`python -m autograder {line}`" for line in lines)

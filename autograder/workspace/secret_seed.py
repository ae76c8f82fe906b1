"""The secret seed of a course, from which the inputs of its hidden checks are drawn."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path


def secret_seed(course: Path) -> int:
    """Return a course's seed (128 bits); it is drawn once, so that a regrade uses the same inputs.

    Raises:
        ValueError: if the file that holds it is damaged.
    """
    path = course / "secret_seed.txt"
    if not path.exists():
        # A temporary file is readable by its owner alone; it gets its name once it is complete.
        with tempfile.NamedTemporaryFile("w", dir=course) as file:
            file.write(f"{secrets.randbits(128)}\n")
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    try:
        return int(path.read_text())
    except ValueError:
        raise ValueError(
            f"{path} does not hold a whole number. Put it back from your backup; without the file a new "
            "one is drawn, and everything is judged anew."
        ) from None

"""The secret seed of a course, and the seeds that are derived from it, one for each purpose.

A generator tells much of its seed: from one drawn image NumPy's could be computed within minutes, and of
PyTorch's only 32 bits count. So none is given the secret one, nor one from which another follows.
"""

import hmac
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NewType

DerivedSeed = NewType("DerivedSeed", int)  # what generators are seeded with


def derive(secret: int, purpose: str, *details: str | int) -> DerivedSeed:
    """Return the seed of one purpose, from which neither the secret one nor that of another follows.

    Args:
        secret: the course's seed.
        purpose: what is drawn, in words.
        details: what else has a seed of its own: an exercise, the number of a draw.
    """
    message = json.dumps([purpose, *details]).encode()
    digest = hmac.digest(str(secret).encode(), message, "sha256")
    return DerivedSeed(int.from_bytes(digest[:8], "big") >> 1)  # torch takes what fits into an int64


def secret_seed(course: Path) -> int:
    """Return a course's seed (128 bits); it is drawn once, so that a regrade uses the same inputs.

    Raises:
        ValueError: if the file that holds it is damaged.
    """
    path = course / "secret_seed.txt"
    if not path.exists():
        # It gets its name once it is complete, and is open to whom the folder is open.
        with tempfile.NamedTemporaryFile("w", dir=course) as file:
            file.write(f"{secrets.randbits(128)}\n")
            file.flush()
            os.fchmod(file.fileno(), course.stat().st_mode & 0o666)
            with suppress(FileExistsError):
                os.link(file.name, path)
    try:
        return int(path.read_text())
    except ValueError:
        raise ValueError(
            f"{path} does not hold a whole number. Put it back from your backup; without the file a new "
            "one is drawn, and everything is judged anew."
        ) from None

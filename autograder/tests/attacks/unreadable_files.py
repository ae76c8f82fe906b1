"""Files that are no notebook, or too large or too deep to be read as one: the intake refuses them."""

import json
from functools import partial
from pathlib import Path

from autograder.submissions.rebuild import Notebook
from autograder.tests.attacks.malformed import (
    EXERCISE,
    FILE,
    REFUSED,
    MalformedSubmission,
    find_cell,
    malformed,
    save,
    submissions_in,
)

# The content of each file, and a part of the reason why it is refused.
CONTENTS = {
    "empty": (b"", "is empty"),
    "nbformat_3": (
        b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": [], "metadata": {}}',
        "format 3",
    ),
    "nbformat_99": (b'{"nbformat": 99, "cells": []}', "format 99"),
    "no_cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "has no cells"),
    "bad_utf8": (b'{"nbformat": 4, "cells": ["\xff\xfe\xff"]}', "is not UTF-8"),
    "not_a_notebook": (b"%PDF-1.7 my homework", "is a PDF"),
    "deep_nesting": (
        b'{"nbformat": 4, "cells": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "nested too deeply",
    ),
    "deep_metadata": (
        b'{"nbformat": 4, "cells": [{"metadata": ' + b'{"a":' * 60 + b"1" + b"}" * 62,
        "",
    ),
    "million_cells": (
        b'{"nbformat": 4, "cells": [' + b"{}," * 1_000_000 + b"{}]}",
        "more values than any notebook needs",
    ),
    "long_number": (b'{"nbformat": 4, "cells": [{"x": ' + b"9" * 100_000 + b"}]}", ""),
}


def write_content(folder: Path, _: Notebook, content: bytes) -> None:
    """Submit a file with exactly this content."""
    (folder / FILE).write_bytes(content)


@malformed(REFUSED, "cut off")
def truncated(folder: Path, notebook: Notebook) -> None:
    """Cut a file off in the middle."""
    (folder / FILE).write_text(json.dumps(notebook)[:-4000], encoding="utf-8")


@malformed(REFUSED, "larger than")
def outputs_of_150_mb(folder: Path, notebook: Notebook) -> None:
    """Print for a long time."""
    flood = {"output_type": "stream", "name": "stdout", "text": "x" * 150_000_000}
    find_cell(notebook, f"todo_{EXERCISE}")["outputs"] = [flood]
    save(folder, notebook)


SUBMISSIONS = [
    MalformedSubmission(name, partial(write_content, content=content), REFUSED, message)
    for name, (content, message) in CONTENTS.items()
]
SUBMISSIONS += submissions_in(globals())

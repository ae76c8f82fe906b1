"""Grade a trained model by its AP: the file is read here, the learner's own classes run in a sandbox."""

import functools
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from autograder.authoring.sources import all_steps
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import Remote, lookup
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from detrlab.ap import measure, share_of_points
from detrlab.checkpoint import NAME, TRAINED_IN, read_into
from detrlab.checks.errors import CheckFailed, NothingYet
from detrlab.steps import Cell, cell_from_json
from detrlab.toy import Sample, make_synthetic_sample

IMAGES = 200
SECONDS = 120.0  # wall time for all images


@functools.lru_cache(maxsize=2)
def hidden_images(seed: int) -> list[Sample]:
    """Draw the images of this run: the same kind as those of the course, from a secret seed."""
    return [make_synthetic_sample(seed, index) for index in range(IMAGES)]


def measure_file(path: Path, detr_class: Remote, seed: int) -> float:
    """Return the AP on hidden images of the weights in a file, in a learner's own class.

    Raises:
        NothingYet: where there is no file.
        CheckFailed: in one message, where the file or the class is not fit for it.
    """
    if not path.is_file():
        raise NothingYet(f"no {NAME} was handed in")
    try:
        model = read_into(detr_class, path)
    except ValueError as problem:
        raise CheckFailed(str(problem)) from None
    model.eval()
    try:
        return measure(model, hidden_images(seed))["AP"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError) as problem:
        raise CheckFailed(f"your DETR's outputs cannot be measured ({problem})") from None


def judge_trained_model(
    symbol: str, code: list[Cell], folder: Path | None, sandbox: Sandbox, seed: int
) -> tuple[float, str]:
    """Return the share of the points and a remark, for the model that lies in a student's folder."""
    others = submitted_notebooks(folder) if folder else {}
    path = find(folder, TRAINED_IN, NAME) if folder else Path(NAME)
    with sandbox.session(TRAINED_IN, code, SECONDS, others) as session:
        ap = measure_file(path, lookup(session, symbol), seed)
    return share_of_points(ap), f"AP {ap:.2f} on {IMAGES} hidden images"


def submitted_notebooks(folder: Path) -> Mapping[str, list[Cell]]:
    """Read the code cells of a student's notebooks; what cannot be read is left to stand-ins."""
    found = {}
    for step in all_steps():
        try:
            notebook = parse_notebook(find(folder, step, f"{step}.ipynb").read_bytes())
        except (OSError, UnreadableFile):
            continue
        cells = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        with suppress(TypeError, AttributeError):  # a cell of another shape than Jupyter's
            found[step] = [cell_from_json(cell) for cell in cells]
    return found


def find(folder: Path, step: str, name: str) -> Path:
    """Return where a file of a step lies: in the folder, or in one of the step, as nbgrader has it."""
    return folder / name if (folder / name).is_file() else folder / step / name

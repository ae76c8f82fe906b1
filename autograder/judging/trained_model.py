"""Judge a trained model by its AP: the file is read here, the learner's own classes run in a sandbox."""

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.authoring.sources import all_steps
from autograder.judging.models.comparison import ALIKE, distance
from autograder.judging.models.reliance import measure_with_others
from autograder.judging.models.signature import Signature, read_signature
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import Remote, lookup
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.workspace.secret_seed import derive
from detrlab.ap import share_of_points
from detrlab.cells.cell import Cell, cell_from_json
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN, DoesNotFit, build_detr, read_detr
from detrlab.checks.errors import CheckFailed, NothingYet
from detrlab.checks.observing import errors_as_failures
from detrlab.checks.weights import Weights
from detrlab.toy import Sample, make_synthetic_sample

# The notebooks that a DETR's classes come from: where one is missing, a stand-in takes its place.
PARTS = (
    *("01_backbone", "02_positional_encoding", "03_encoder", "04_decoder", "05_heads"),
    "08_detr",
)
IMAGES = 200
SECONDS = 160.0  # of wall time and of CPU time for all images, with own weights and with others


@functools.lru_cache(maxsize=2)
def hidden_images(seed: int) -> list[Sample]:
    """Draw IMAGES toy images with their targets, each from a seed of its own.

    So whoever has seen one, and finds its seed, knows no other one.

    Args:
        seed: the course's.
    """
    seeds = (derive(seed, "image of the trained model", index) for index in range(IMAGES))
    return [make_synthetic_sample(each, 0) for each in seeds]


class NeedsReview(CheckFailed):
    """A trained model earns no points before a person has looked at it."""


@contextmanager
def masked_failures() -> Iterator[None]:
    """Take the numbers out of the messages of failures: they may be those of the hidden images.

    Raises:
        CheckFailed: as it came, but masked.
    """
    try:
        yield
    except CheckFailed as failure:
        failure.mask()
        raise


def measure_file(path: Path, detr_class: Remote, seed: int, missing: str = "") -> tuple[float, str]:
    """Measure the weights in a file on hidden images, with a learner's own class.

    Args:
        path: the file.
        detr_class: the learner's class.
        seed: the course's, from which the images and other weights are drawn.
        missing: says which of its notebooks were not handed in; empty if all were.

    Returns:
        the AP (0 to 1), and why the predictions may not come from the weights; empty without doubt.

    Raises:
        NeedsReview: if the file does not fit the class, and one of its notebooks is missing.
        NothingYet: if there is no file.
        CheckFailed: if the file does not fit the class, the learner's code raises, or the model's outputs
            cannot be measured.
        CheckAborted: if the process of that code ends.
    """
    if not path.is_file():
        raise NothingYet(f"no {NAME} was handed in")
    with masked_failures(), errors_as_failures():
        try:
            arguments, positions, weights = read_detr(path)
        except ValueError as error:
            raise CheckFailed(str(error)) from None

        def build(other_weights: Weights) -> Remote:
            """Build the learner's model with these weights."""
            model = build_detr(detr_class, path.name, arguments, positions, other_weights)
            model.eval()
            return model

        try:
            return measure_with_others(build, weights, hidden_images(seed), derive(seed, "other weights"))
        except DoesNotFit as error:
            if missing:
                raise NeedsReview(
                    f"{error.file} does not fit your model, since {missing}: {error.misfit} "
                    "Hand in what is missing; a person will look at it."
                ) from None
            raise CheckFailed(str(error)) from None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, RuntimeError) as error:
            raise CheckFailed(f"your DETR's outputs cannot be measured ({error})") from None


@functools.cache
def shipped_signature() -> Signature:
    """Return the signature of the model that ships with the course."""
    return read_signature(SHIPPED)


def judge_trained_model(
    symbol: str, code: list[Cell], folder: Path | None, sandbox: Sandbox, seed: int
) -> tuple[float, str]:
    """Measure the trained model in a student's folder.

    Args:
        symbol: the name of the class that the weights belong to.
        code: the code cells of the notebook that it was submitted with.
        folder: the student's files; None if there are none.
        sandbox: where the class runs.
        seed: the course's, from which the images are drawn.

    Returns:
        the share of the points (0 to 1) and a remark.

    Raises:
        NeedsReview: if the model is the one that ships, or its predictions do not come from its weights.
        NothingYet, CheckFailed, RemoteError, CheckAborted: as `measure_file`.
    """
    others = submitted_notebooks(folder) if folder else {}
    path = find_file(folder, TRAINED_IN, NAME) if folder else Path(NAME)
    with sandbox.session(TRAINED_IN, code, SECONDS, others) as session:
        missing = missing_parts(others)
        ap, doubt = measure_file(path, lookup(session, symbol), seed, missing)
    share, remark = share_of_points(ap), f"AP {ap:.2f} on {IMAGES} hidden images"
    if share and doubt:
        raise NeedsReview(
            f"toy_detr: {remark}, but {doubt}, so the predictions do not come from what is in {NAME}. A "
            "person will look at it."
        )
    if share and (apart := distance(read_signature(path), shipped_signature())) < ALIKE:
        raise NeedsReview(
            f"toy_detr: {remark}, with weights that differ by {apart:.1%} from those of the model that "
            "ships with the course. The points are for a training of your own, so a person will look at "
            "it: say how, and with which seed, you trained it."
        )
    return share, f"{remark}; {missing}" if missing and share < 1 else remark


def missing_parts(others: Mapping[str, list[Cell]]) -> str:
    """Return which of a DETR's notebooks were not handed in, and what that means; empty if all were."""
    missing = [step for step in PARTS if step not in others]
    if not missing:
        return ""
    if len(missing) == 1:
        return f"{missing[0]} was not handed in and a stand-in took its place"
    names = f"{', '.join(missing[:-1])} and {missing[-1]}"
    return f"{names} were not handed in and stand-ins took their places"


def submitted_notebooks(folder: Path) -> Mapping[str, list[Cell]]:
    """Read the code cells of a student's notebooks, by step; stand-ins replace what cannot be read."""
    notebooks = {}
    for step in all_steps():
        try:
            notebook = parse_notebook(find_file(folder, step, f"{step}.ipynb").read_bytes())
        except (OSError, UnreadableFile):
            continue
        cells = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
        with suppress(TypeError, AttributeError):  # a cell of another shape than Jupyter's
            notebooks[step] = [cell_from_json(cell) for cell in cells]
    return notebooks


def find_file(folder: Path, step: str, name: str) -> Path:
    """Return the path of a file of a step: in the folder itself, else in nbgrader's layout."""
    return folder / name if (folder / name).is_file() else folder / step / name

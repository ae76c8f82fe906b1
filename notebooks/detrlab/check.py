"""Check an exercise: `check.encoder_layer(TransformerEncoderLayer)`.

A check prints `✓ encoder_layer`, or raises `○ encoder_layer: nothing here yet` or `✗` with a message
that says what is wrong. The expected numbers are in data/checks. After you hand in, further checks of
the same kind run on other inputs.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from detrlab.cells.switches import standard_switches
from detrlab.checks import codec
from detrlab.checks.comparing import same
from detrlab.checks.errors import CheckFailed, NothingYet, WrongValue
from detrlab.checks.examining import examine, time_limit
from detrlab.checks.observing import Outcome
from detrlab.checks.probing import PROBES, find
from detrlab.checks.recognising import Slip
from detrlab.study.notebooks import DONE, WRONG
from detrlab.study.session import checked

FIXTURES = Path(__file__).parents[2] / "data" / "checks"


def read_fixture(exercise: str) -> tuple[list[dict], list[Outcome], list[Slip]]:
    """Read the fixture of an exercise.

    Returns:
        The cases, the right outcome of each, and the known slips.

    Raises:
        FileNotFoundError: if the data folder is missing.
    """
    path = FIXTURES / f"{exercise}.safetensors"
    if not path.is_file():
        raise FileNotFoundError(
            f"The numbers for this check are missing: {path.name} should lie in data/checks beside "
            "the notebooks folder. Unpack the course again, with its data folder."
        )
    data = codec.read(path)
    right = [Outcome.from_data(outcome) for outcome in data["right"]]
    slips = [
        Slip(slip["id"], slip["says"], [Outcome.from_data(outcome) for outcome in slip["outcomes"]])
        for slip in data["slips"]
    ]
    return data["cases"], right, slips


def check(exercise: str, learner: Any) -> None:
    """Run the visible check of an exercise on the learner's function or class.

    Raises:
        NothingYet: if the exercise is still the stub.
        CheckFailed: with a message that says what is wrong; a figure may be shown with it.
        AttributeError: if there is no such exercise.
    """
    probe = find(exercise)
    cases, right, slips = read_fixture(exercise)
    try:
        with standard_switches() as changed, time_limit():
            examine(probe, learner, cases, right, slips)
    except NothingYet:
        checked.pop(exercise, None)
        raise NothingYet(f"{exercise}: nothing here yet") from None
    except CheckFailed as failure:
        checked[exercise] = WRONG
        if probe.draw and isinstance(failure, WrongValue):
            draw(probe.draw, exercise, failure)
        raise failure from None
    checked[exercise] = DONE
    print(f"✓ {exercise}")
    if changed:
        print(
            f"  (A cell has changed switches of torch: {'; '.join(changed)}. This check set them back.)"
        )


def toy_detr(detr_class: Any) -> None:
    """Print the AP of the model in toy_detr.safetensors, which is handed in and graded by its AP.

    Raises:
        NothingYet: if there is no such file in the current folder.
        CheckFailed: if it cannot be read, does not fit the class, or would earn no points.
    """
    from detrlab.ap import evaluate, share_of_points
    from detrlab.checkpoint import NAME, load_detr
    from detrlab.toy import validation_set

    if not Path(NAME).is_file():
        raise NothingYet(f"toy_detr: there is no {NAME} here yet. Train, then save it with save_detr.")
    try:
        ap = evaluate(load_detr(detr_class), validation_set())["AP"]
    except ValueError as problem:
        raise CheckFailed(f"toy_detr: {problem}") from None
    measured = f"toy_detr: AP {ap:.2f} on the validation images"
    if not (share := share_of_points(ap)):
        print(f"○ {measured}, which earns no points yet. Train for longer, then save it again.")
        return
    print(f"✓ {measured}. On others like them that is about {share:.0%} of the points.")


def draw(kind: str, exercise: str, failure: WrongValue) -> None:
    """Draw a wrong value beside the right one, if the two can be drawn.

    Args:
        kind: as `Probe.draw`.
        exercise: its name, for the title.
        failure: what is wrong.
    """
    # Imported here, since Matplotlib is needed only on failure.
    from detrlab.draw import compare_panels, compare_terms, describe_difference, show

    title = f"{exercise}: {failure.what}"
    mine, right = failure.all_values
    terms = {name: value for name, value in right.items() if getattr(value, "ndim", 1) == 0}
    if kind == "terms" and failure.what in terms:
        figure, words = compare_terms(mine, terms, title)
        show(figure, f"Your numbers beside the expected ones. {words}")
    elif kind != "terms" and can_be_told_apart(failure.mine, failure.right):
        figure = compare_panels(failure.mine, failure.right, kind, title)
        words = describe_difference(failure.mine, failure.right, kind)
        show(figure, f"Your answer beside the expected one: {failure.what}. {words}")


def can_be_told_apart(mine: object, right: object) -> bool:
    """Return whether a picture of two values would show that they differ.

    It shows a table [..., n, m]: no shape, no truth value, and no other kind of the same numbers.
    """
    if getattr(right, "ndim", 0) < 2 or not torch.is_tensor(right):
        return False
    return not torch.is_tensor(mine) or not same(mine.double(), right.double())


def __getattr__(exercise: str) -> Callable[[Any], None]:
    if exercise.startswith("_"):
        raise AttributeError(exercise)
    find(exercise)
    return partial(check, exercise)


def __dir__() -> list[str]:
    return sorted(PROBES)

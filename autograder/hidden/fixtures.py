"""Compute the fixtures that the visible checks compare with: data/checks/<exercise>.safetensors."""

from pathlib import Path

from autograder.authoring.exercises import exercises_of
from autograder.authoring.markers import SourceError
from autograder.authoring.sources import all_steps
from autograder.hidden.cases import draw_cases
from autograder.hidden.checking import known_slips, observe_all
from autograder.hidden.reference import reference
from autograder.workspace.secret_seed import DerivedSeed
from detrlab.check import FIXTURES
from detrlab.checks import codec
from detrlab.checks.comparing import agree, same
from detrlab.checks.recognising import recognise

VISIBLE_SEED = DerivedSeed(20200526)  # from no secret: the date of the paper on arXiv


def fixture(exercise: str) -> dict:
    """Compute an exercise's visible cases and the outcomes of the solution and of each known slip.

    Returns:
        "cases", the outcomes of the solution ("right"), and "slips", as `codec.write` stores them.

    Raises:
        SourceError: if the solution fails its own check, if there are no slips, or if no case
            distinguishes a slip from the solution, or from another slip.
    """
    cases = draw_cases(exercise, VISIBLE_SEED, reference)
    right = observe_all(exercise, reference(exercise), cases)
    for outcome in right:
        if outcome.failure:
            raise SourceError(f"{exercise}: the solution fails its own check: {outcome.failure}")
    slips = known_slips(exercise, cases)
    if not slips:
        raise SourceError(f"{exercise}: a TODO needs a table of slips in autograder/slips.")
    for slip in slips:
        wrong = [not agree(*outcomes) for outcomes in zip(slip.outcomes, right, strict=True)]
        if True not in wrong:
            raise SourceError(f"{exercise}: no case tells slip {slip.id!r} from the solution.")
        if recognise(slip.outcomes, right, slips, wrong.index(True)) != (slip, True):
            raise SourceError(
                f"{exercise}: no case tells slip {slip.id!r} from another: join their rows."
            )
    return {
        "cases": cases,
        "right": [outcome.to_data() for outcome in right],
        "slips": [
            {
                "id": slip.id,
                "says": slip.message,
                "outcomes": [outcome.to_data() | {"advice": {}} for outcome in slip.outcomes],
            }
            for slip in slips
        ],
    }


def write_all(target: Path = FIXTURES) -> list[Path]:
    """Write the fixtures of every exercise that have changed; return their paths.

    A fixture that differs only by rounding is not written: the last bit depends on the processor.

    Raises:
        SourceError: as `fixture`.
    """
    paths = []
    for exercise in (exercise for step in all_steps() for exercise in exercises_of(step)):
        path, fresh = target / f"{exercise.name}.safetensors", fixture(exercise.name)
        if not path.is_file() or not same(codec.read(path), fresh):
            codec.write(path, fresh)
            paths.append(path)
    return paths

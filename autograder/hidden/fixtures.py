"""Make the numbers that the visible checks compare with: data/checks/<exercise>.safetensors."""

from pathlib import Path

from autograder import hidden
from autograder.authoring import build
from detrlab.check import FIXTURES
from detrlab.checks import codec
from detrlab.checks.judging import agree, same

VISIBLE_SEED = 20200526  # the day the paper appeared on arXiv


def fixture(exercise: str) -> dict:
    """Compute an exercise's visible cases, what is right in them, and what each known slip does.

    SourceError where the solution itself fails, or where a slip cannot be told from the solution.
    """
    cases = hidden.draw_cases(exercise, VISIBLE_SEED)
    right = hidden.observe_all(exercise, hidden.reference(exercise), cases)
    for outcome in right:
        if outcome.failure:
            raise build.SourceError(f"{exercise}: the solution fails its own check: {outcome.failure}")
    slips = hidden.known_slips(exercise, cases)
    if not slips:
        raise build.SourceError(f"{exercise}: a TODO needs a table of slips in autograder/slips.")
    for slip in slips:
        if all(map(agree, slip.outcomes, right)):
            raise build.SourceError(f"{exercise}: no case tells slip {slip.id!r} from the solution.")
    return {
        "cases": cases,
        "right": [outcome.to_data() for outcome in right],
        "slips": [
            {
                "id": slip.id,
                "says": slip.says,
                "outcomes": [o.to_data() | {"advice": {}} for o in slip.outcomes],
            }
            for slip in slips
        ],
    }


def write_all(target: Path = FIXTURES) -> list[Path]:
    """Write the fixtures of every exercise that have changed; return the paths of these.

    What differs by rounding only is left alone: the last bit depends on the processor.
    """
    paths = []
    for exercise in (exercise for step in build.steps() for exercise in build.exercises(step)):
        path, fresh = target / f"{exercise.name}.safetensors", fixture(exercise.name)
        if not path.is_file() or not same(codec.read(path), fresh):
            codec.write(path, fresh)
            paths.append(path)
    return paths

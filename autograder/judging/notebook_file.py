"""Judge one notebook file as a student sent it, as grading does: recognised, rebuilt, judged."""

import json
import shutil
import tempfile
from pathlib import Path

from autograder.authoring.exercises import artifacts_of
from autograder.authoring.release import released_cells
from autograder.authoring.sources import all_steps
from autograder.judging.cache import MODEL
from autograder.judging.judge import judge
from autograder.judging.verdict import Verdicts
from autograder.sandbox.process import Sandbox
from autograder.submissions.intake import read_releases
from autograder.submissions.notebook_json import UnreadableFile, parse_notebook
from autograder.submissions.rebuild import Notebook, rebuild
from autograder.submissions.recognition import Releases, own_traits, part_of, step_by_name, steps_by_cells


def releases_of(course: Path) -> Releases:
    """Return the release of every step: the course's, or if it has none yet, what it would be."""
    if releases := read_releases(course.glob("release/*/*.ipynb")):
        return releases
    return {step: json.loads(json.dumps(released_cells(step, course))) for step in all_steps()}


def read_submitted(path: Path, releases: Releases) -> dict[str, Notebook]:
    """Return the notebook of a file, rebuilt on the release of each step of which it holds cells.

    Raises:
        ValueError: if the file cannot be read as a notebook, or holds no cells of a step.
        OSError: if there is no such file.
    """
    try:
        notebook = parse_notebook(path.read_bytes())
    except UnreadableFile as error:
        raise ValueError(f"{path} {error}.") from None
    known = own_traits(releases)
    steps = steps_by_cells(notebook, known, step_by_name(path.name, releases))
    if not steps:
        raise ValueError(f"{path} is not a notebook of this course: it holds none of its cells.")
    return {step: rebuild(part_of(notebook, step, steps, known), releases[step]) for step in steps}


def judge_file(
    path: Path, course: Path, sandbox: Sandbox | None = None, seed: int | None = None
) -> Verdicts:
    """Judge a notebook file; a trained model with the notebooks and the model in the same folder.

    Args:
        path: the file.
        course: a course folder, with a release or without.
        sandbox: where the learner's code runs; a new one if none is given.
        seed: draws the inputs; a secret one if none is given.

    Raises:
        ValueError, OSError: as `read_submitted`.
        SandboxUnavailable: if no sandbox can be started.
    """
    releases = releases_of(course)
    verdicts: Verdicts = {}
    with tempfile.TemporaryDirectory(prefix="submitted-") as folder:
        for step, notebook in read_submitted(path, releases).items():
            if artifacts_of(step):
                collect_beside(path, releases, Path(folder))
            verdicts |= judge(step, notebook, sandbox, seed, Path(folder))
    return verdicts


def collect_beside(path: Path, releases: Releases, target: Path) -> None:
    """Write a notebook and those beside it, rebuilt and under their steps' names, and the trained model.

    Of two notebooks of a step the last one counts; the given one always does.
    """
    for file in [*sorted(path.parent.glob("*.ipynb")), path]:
        try:
            notebooks = read_submitted(file, releases)
        except (ValueError, OSError):
            continue
        for step, notebook in notebooks.items():
            (target / f"{step}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    if (path.parent / MODEL).is_file():
        shutil.copy(path.parent / MODEL, target / MODEL)

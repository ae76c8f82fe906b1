"""A cache of verdicts, addressed by content: the same submission is judged once.

A key is a fingerprint of all that was submitted for a step and of all that it is judged with: solutions,
hidden checks, slips, detrlab, data, the release, the secret seed. The cache lies in the course folder, in
judged/.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.authoring.exercises import artifacts_of
from autograder.authoring.sources import all_steps
from autograder.judging.course_version import course_version
from autograder.judging.verdict import Verdicts, verdicts_from_json, verdicts_to_json
from autograder.sandbox.availability import is_enabled
from autograder.workspace.files import fingerprint, link_in, read_json, write_json
from autograder.workspace.secret_seed import derive
from detrlab.checkpoint import NAME as MODEL


def read_files(folder: Path) -> dict[str, bytes]:
    """Read a student's notebooks and trained model, by their path in nbgrader's layout.

    Steps in whose folders there are links are left out: those would lead to files of somebody else.
    """
    steps = [step for step in all_steps() if not link_in(folder / step, folder.parent)]
    names = [f"{step}/{step}.ipynb" for step in steps]
    names += [f"{step}/{MODEL}" for step in steps if artifacts_of(step)]
    paths = {name: folder / name for name in names}
    return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}


def companions(step: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that a step is judged with in addition to its cells.

    A trained model is judged with all notebooks of the student, since its classes come from them.
    """
    if not artifacts_of(step):
        return {}
    needed = [f"{step}/{MODEL}", *(f"{name}/{name}.ipynb" for name in all_steps())]
    return {path: files[path] for path in needed if path in files}


def is_trusted(verdicts: Verdicts) -> bool:
    """Return whether verdicts count in this run: those from outside a sandbox do in a run without one."""
    return not is_enabled() or all(verdict.sandboxed for verdict in verdicts.values())


@dataclass(frozen=True)
class VerdictCache:
    """The cached verdicts of a course, and the judge and the seed that they depend on."""

    course: Path
    judge: str  # the dotted name of a function like autograder.judging.judge.judge
    seed: int = field(repr=False)  # the course's

    def key(self, step: str, files: Mapping[str, bytes]) -> str:
        """Return the key of a student's submission of a step, given the files that `read_files` read.

        Raises:
            KeyError: if there is no notebook of the step.
        """
        inputs = derive(self.seed, "key of a verdict")
        judge = f"{course_version()} {self.judge} {inputs} {step}".encode()
        parts = [judge, self.fingerprint_of_step(step), files[f"{step}/{step}.ipynb"]]
        for path, content in companions(step, files).items():
            parts += [path.encode(), content]
        return fingerprint(*parts)

    @functools.cache  # noqa: B019 - one value for each step, for as long as the process runs
    def fingerprint_of_step(self, step: str) -> bytes:
        """Return a fingerprint of a step's release and source: given cells, solutions and rubrics."""
        paths = [self.course / folder / step / f"{step}.ipynb" for folder in ("release", "source")]
        return fingerprint(*(path.read_bytes() for path in paths if path.is_file())).encode()

    def path(self, key: str) -> Path:
        """Return the path of the verdicts of a key."""
        return self.course / "judged" / key[:2] / f"{key}.json"

    def find(self, key: str) -> Verdicts | None:
        """Return the verdicts of a key, or None if it has not been judged, or was without a sandbox."""
        kept = read_json(self.path(key)).get("verdicts")
        verdicts = None if kept is None else verdicts_from_json(kept)
        return verdicts if verdicts is not None and is_trusted(verdicts) else None

    def keep(self, key: str, step: str, verdicts: Verdicts | None) -> None:
        """Store verdicts under their key; None, after the judge failed, is not stored but tried again."""
        if verdicts is not None:
            write_json(self.path(key), {"step": step, "verdicts": verdicts_to_json(verdicts)})

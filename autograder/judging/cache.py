"""Verdicts kept by the content that they are about: the same key, the same verdict, judged once.

A key stands for all that was submitted for a step and for all that judges it: solutions, hidden checks,
slips, detrlab, data, the release, the secret seed. The verdicts lie in the course folder, in judged/.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.authoring.exercises import artifacts_of
from autograder.authoring.sources import all_steps
from autograder.judging.course_version import course_version
from autograder.judging.verdict import Verdicts, verdicts_from_json, verdicts_to_json
from autograder.workspace.files import fingerprint, read_json, write_json
from detrlab.checkpoint import NAME as MODEL


def read_files(folder: Path) -> dict[str, bytes]:
    """Read a student's notebooks and trained model, by their place in the folder, as nbgrader has it."""
    places = [f"{step}/{step}.ipynb" for step in all_steps()]
    places += [f"{step}/{MODEL}" for step in all_steps() if artifacts_of(step)]
    found = {place: folder / place for place in places}
    return {place: path.read_bytes() for place, path in found.items() if path.is_file()}


def companions(step: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that a step is judged with beside its cells.

    A trained model is judged in the company of all that the student submitted.
    """
    if not artifacts_of(step):
        return {}
    places = [f"{step}/{MODEL}", *(f"{name}/{name}.ipynb" for name in all_steps())]
    return {place: files[place] for place in places if place in files}


@dataclass(frozen=True)
class VerdictCache:
    """The verdicts of a course by their keys, and who judges there with which seed."""

    course: Path
    judge: str  # the dotted name of a function like autograder.judging.judge.judge
    seed: int

    def key(self, step: str, files: Mapping[str, bytes]) -> str:
        """Return the key of what a student submitted for a step, from `read_files`.

        Raises:
            KeyError: where there is no notebook of the step.
        """
        judging = f"{course_version()} {self.judge} {self.seed} {step}".encode()
        parts = [judging, self.given(step), files[f"{step}/{step}.ipynb"]]
        for place, content in companions(step, files).items():
            parts += [place.encode(), content]
        return fingerprint(*parts)

    @functools.cache  # noqa: B019 - as few as there are steps
    def given(self, step: str) -> bytes:
        """Return a fingerprint of a step as students got it, and with its answers, which people see."""
        paths = [self.course / folder / step / f"{step}.ipynb" for folder in ("release", "source")]
        return fingerprint(*(path.read_bytes() for path in paths if path.is_file())).encode()

    def path(self, key: str) -> Path:
        """Return where the verdicts of a key are kept."""
        return self.course / "judged" / key[:2] / f"{key}.json"

    def find(self, key: str) -> Verdicts | None:
        """Return the verdicts of a key, or None where it was not judged yet."""
        kept = read_json(self.path(key)).get("verdicts")
        return None if kept is None else verdicts_from_json(kept)

    def has(self, key: str) -> bool:
        """Say whether there are verdicts of a key."""
        return "verdicts" in read_json(self.path(key))

    def keep(self, key: str, step: str, verdicts: Verdicts | None) -> None:
        """Keep verdicts by their key; none where the judge failed, so that the next run tries again."""
        if verdicts is not None:
            content = {"step": step, "seed": self.seed, "verdicts": verdicts_to_json(verdicts)}
            write_json(self.path(key), content)

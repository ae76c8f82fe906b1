"""What a verdict depends on: the same key, the same verdict, so that nothing is found out twice.

A key stands for all that was handed in for a step and for all that judges it: solutions, hidden checks,
slips, detrlab, data, the release, the secret seed. Verdicts are kept by their key in the course folder.
"""

import functools
import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from autograder.authoring import build
from autograder.submissions.inbox import MODEL
from autograder.workspace.records import read_json, write_json

ROOT = Path(__file__).resolve().parents[2]
JUDGES = (
    "sandbox/box authoring/build gradebook/desk gradebook/handed_in submissions/inbox sandbox/lock "
    "submissions/notebook_file submissions/outputs sandbox/proxy submissions/rebuild authoring/slips "
    "judging/tasks judging/trained judging/verdict sandbox/worker"
)
FOLDERS = {
    "solutions": "*.py",
    "notebooks/detrlab": "*.py",
    "autograder/hidden": "*.py",
    "autograder/authoring/slips": "*.toml",
    "data/checks": "*",
    "data": "*.npz",
}
PACKAGES = ("torch", "torchvision", "numpy", "scipy")
Verdicts = dict[
    str, dict
]  # by exercise; each as autograder.judging.verdict.Verdict has it, as plain data


def fingerprint(*parts: bytes) -> str:
    """Return one fingerprint of several texts; where one ends and the next begins matters."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()


@functools.cache
def course_version() -> str:
    """Return the fingerprint of everything here that has a say in verdicts, and of packages' versions."""
    files = [ROOT / "autograder" / f"{name}.py" for name in JUDGES.split()]
    for folder, pattern in FOLDERS.items():
        files += sorted((ROOT / folder).rglob(pattern))
    versions = " ".join(map(version, PACKAGES))
    return fingerprint(versions.encode(), *(f.read_bytes() for f in files if f.is_file()))


def secret_seed(course: Path) -> int:
    """Return the seed of a course's hidden inputs; drawn once, so that a regrade finds what it found."""
    path = course / "secret_seed.txt"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=course) as file:  # whole, and for its owner's eyes
            file.write(f"{secrets.randbits(128)}\n")
            file.flush()
            with suppress(FileExistsError):
                os.link(file.name, path)
    try:
        return int(path.read_text())
    except ValueError:
        raise ValueError(
            f"{path} does not hold a whole number. Put it back from your backup; without the file a new "
            "one is drawn, and everything is judged anew."
        ) from None


@dataclass(frozen=True)
class Rules:
    """Who judges in a course, and with which seed; names and keeps what they found."""

    course: Path
    judge: str  # the dotted name of a function like autograder.judging.verdict.judge
    seed: int

    def key(self, step: str, folder: Path) -> str:
        """Return the key of what a student's folder holds for a step. OSError where it holds nothing."""
        judging = f"{course_version()} {self.judge} {self.seed} {step}".encode()
        parts = [judging, self.given(step), (folder / step / f"{step}.ipynb").read_bytes()]
        for place, content in self.files(step, folder).items():
            parts += [place.encode(), content]
        return fingerprint(*parts)

    def files(self, step: str, folder: Path) -> dict[str, bytes]:
        """Return the files that a step is judged with beside its cells, by their place in the folder.

        A trained model is judged in the company of all that the student handed in.
        """
        if not build.products(step):
            return {}
        places = [f"{step}/{MODEL}", *(f"{name}/{name}.ipynb" for name in build.steps())]
        found = {place: folder / place for place in places}
        return {place: path.read_bytes() for place, path in found.items() if path.is_file()}

    @functools.cache  # noqa: B019 - as few as there are steps
    def given(self, step: str) -> bytes:
        """Return a step as students got it, and as it is with its answers, which people are shown."""
        paths = [self.course / folder / step / f"{step}.ipynb" for folder in ("release", "source")]
        return fingerprint(*(path.read_bytes() for path in paths if path.is_file())).encode()

    def path(self, key: str) -> Path:
        """Return where the verdicts of a key are kept."""
        return self.course / "judged" / key[:2] / f"{key}.json"

    def known(self, key: str) -> Verdicts | None:
        """Return the verdicts of a key, or None where nobody has judged it yet."""
        return read_json(self.path(key)).get("verdicts")

    def keep(self, key: str, step: str, verdicts: Verdicts | None) -> None:
        """Keep verdicts by their key; none where the judge failed, so that the next run tries again."""
        if verdicts is not None:
            write_json(self.path(key), {"step": step, "seed": self.seed, "verdicts": verdicts})

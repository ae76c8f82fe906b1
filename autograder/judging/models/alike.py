"""Which trained models of a class are alike, or like one of an earlier class or the one that ships.

Two honest trainings from one seed begin with the same weights and see the same images. On equal computers
they end equal, on others they drift apart. So models of the course's default seed that are equal are
shown and accuse nobody, and only those need review that are nearer than other computers explain. Of any
other seed no two models should be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse.csgraph import connected_components

from autograder.judging.models.comparison import ALIKE, EQUAL, SAME_START, Collection, distance
from autograder.judging.models.signature import Signature, read_signature
from autograder.workspace.files import fingerprint
from autograder.workspace.paths import submitted_notebook_path
from detrlab.checkpoint import NAME, SHIPPED, TRAINED_IN

SHIPPED_MODEL = "the model that ships with the course"
EXPLAINED = (
    "Equal, and trained from the default seed: two trainings of one's own can come to that on equal "
    "computers."
)

SHOWN = 5  # names in a sentence
DERIVED = "Trained from the same first weights: one from the other, or both with the same seed."


@dataclass(frozen=True)
class AlikeModels:
    """Models that are alike.

    Attributes:
        students: whose they are.
        other: what they are like, where that is no model of the class; else empty.
        distance: the largest that was found among them, as a share of the weights.
        needs_review: whether nothing but a copy, or a training from one, explains it.
    """

    students: tuple[str, ...]
    other: str
    distance: float
    needs_review: bool

    @property
    def remark(self) -> str:
        """What a person should know about it."""
        whom = f"Like {self.other}. " if self.other else ""
        how = DERIVED if self.distance >= ALIKE else "" if self.needs_review else EXPLAINED
        return whom + how

    @property
    def reason(self) -> str:
        """Why somebody has to look at it, for the list of what needs review."""
        more = f" and {len(self.students) - SHOWN} others" if len(self.students) > SHOWN else ""
        whose = (
            "these students and " + self.other if self.other else ", ".join(self.students[:SHOWN]) + more
        )
        began = "are alike" if self.distance < ALIKE else "began with the same weights"
        return (
            f"The trained models of {whose} {began}: they differ by {self.distance:.1%}. Ask how they "
            "were trained; points given by hand settle it."
        )


def find_alike(
    models: Mapping[str, Signature], earlier: Mapping[str, Signature], shipped: Signature
) -> list[AlikeModels]:
    """Return the groups of models that are alike, and each that is like one from outside of the class.

    Args:
        models: of the class, by student.
        earlier: of earlier classes, by a name to show.
        shipped: the model that ships.
    """
    students, others = sorted(models), [*earlier, SHIPPED_MODEL]
    everything = Collection([*(models[name] for name in students), *earlier.values(), shipped])
    apart = np.array([everything.distances(models[name]) for name in students])
    if not students:
        return []
    own, foreign = apart[:, : len(students)], apart[:, len(students) :]
    own = np.minimum(own, own.T)
    default_seed = foreign[:, -1] < SAME_START
    near = own < np.where(default_seed[:, None] & default_seed, ALIKE, SAME_START)
    _, groups = connected_components(near, directed=False)
    found = []
    for number in range(groups.max() + 1):
        members = np.flatnonzero(groups == number)
        if len(members) > 1:
            among = np.ix_(members, members)
            largest = float(own[among][near[among]].max())
            explained = largest < EQUAL and bool(default_seed[members].all())
            names = tuple(students[member] for member in members)
            found.append(AlikeModels(names, "", largest, not explained))
    like_shipped = [distance(one, shipped) < SAME_START for one in earlier.values()]
    limits = np.where(default_seed[:, None] & np.array([*like_shipped, True]), ALIKE, SAME_START)
    for student, other in np.argwhere(foreign < limits):
        nearest = float(foreign[student, other])
        explained = nearest < EQUAL and bool(default_seed[student])
        found.append(AlikeModels((students[student],), others[other], nearest, not explained))
    return found


def read_models(course: Path, fingerprints: Mapping[str, str]) -> dict[str, Signature]:
    """Return the signatures of the class's trained models, each computed once and kept in models/.

    Args:
        course: the course folder.
        fingerprints: those of the files that were graded, by student.
    """
    found = {}
    for student, known in fingerprints.items():
        kept = course / "models" / f"{student}-{known[:16]}.npz"
        file = submitted_notebook_path(course, student, TRAINED_IN).with_name(NAME)
        if not kept.is_file() and file.is_file() and fingerprint(file.read_bytes()) == known:
            keep_signature(file, kept)
        if signature := read_or_none(kept):
            found[student] = signature
    return found


def read_earlier(course: Path) -> dict[str, Signature]:
    """Return the signatures in the course's folder earlier_models, at any depth, by their paths in it.

    A trained model in it is given a signature, which lies beside it from then on.
    """
    folder = course / "earlier_models"
    for file in sorted(folder.rglob(f"*{Path(NAME).suffix}")):
        if not file.with_suffix(".npz").is_file():
            keep_signature(file, file.with_suffix(".npz"))
    paths = sorted(folder.rglob("*.npz"))
    kept = {path.relative_to(folder).with_suffix("").as_posix(): read_or_none(path) for path in paths}
    return {name: signature for name, signature in kept.items() if signature}


def keep_signature(model: Path, path: Path) -> None:
    """Write the signature of a model's file; of a file that is no model, nothing."""
    try:
        signature = read_signature(model)
    except ValueError:
        return
    signature.write(path)


def read_or_none(path: Path) -> Signature | None:
    """Read a signature; return None if there is none."""
    try:
        return Signature.read(path)
    except (OSError, ValueError):
        return None


def alike_in(course: Path, fingerprints: Mapping[str, str]) -> list[AlikeModels]:
    """Return what `find_alike` finds in a course; the arguments are those of `read_models`."""
    if not fingerprints or not SHIPPED.is_file():
        return []
    return find_alike(read_models(course, fingerprints), read_earlier(course), read_signature(SHIPPED))

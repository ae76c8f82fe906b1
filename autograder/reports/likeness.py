"""Find groups of students with equal answers or equal trained weights."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.gradebook.queries import Submission
from autograder.gradebook.record import GradingRecord
from autograder.workspace.files import fingerprint
from detrlab.checkpoint import SHIPPED

SHIPPED_WEIGHTS = "The weights are those that ship with the course."


@dataclass
class Group:
    """Students who gave the same answers."""

    students: tuple[str, ...]
    answers: list[str] = field(default_factory=list)  # names of exercises
    remark: str = ""


def groups_of_equal_answers(records: Mapping[Submission, GradingRecord]) -> list[Group]:
    """Return the groups, those with most answers first; users of the shipped weights are groups, too."""
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (student, _), record in records.items():
        for name, trace in record.traces.items():
            writers[name, trace].add(student)
    shipped = fingerprint(SHIPPED.read_bytes()) if SHIPPED.is_file() else ""
    groups: dict[tuple[str, ...], Group] = {}
    for (name, trace), students in writers.items():
        if len(students) > 1 or trace == shipped:
            members = tuple(sorted(students))
            group = groups.setdefault(members, Group(members))
            group.answers.append(name.partition("_")[2])
            group.remark = SHIPPED_WEIGHTS if trace == shipped else group.remark
    return sorted(groups.values(), key=lambda group: (-len(group.answers), group.students))

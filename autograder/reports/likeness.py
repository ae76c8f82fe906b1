"""Whose answers are alike: groups of students with equal answers or weights."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.gradebook.queries import Submission
from autograder.gradebook.record import GradingRecord
from autograder.workspace.files import fingerprint
from detrlab.checkpoint import SHIPPED

OF_THE_COURSE = "The weights are those that ship with the course."


@dataclass
class Group:
    """Students who gave the same answers, by the names of the exercises."""

    students: tuple[str, ...]
    answers: list[str] = field(default_factory=list)
    remark: str = ""


def alike(records: Mapping[Submission, GradingRecord]) -> list[Group]:
    """Return the groups, most equal answers first; also a single student with the shipped weights."""
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
            group.remark = OF_THE_COURSE if trace == shipped else group.remark
    return sorted(groups.values(), key=lambda group: (-len(group.answers), group.students))

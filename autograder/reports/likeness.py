"""Find groups of students with equal answers."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from autograder.gradebook.queries import Submission
from autograder.gradebook.record import MODEL_TRACE, GradingRecord


@dataclass
class Group:
    """Students who gave the same answers."""

    students: tuple[str, ...]
    answers: list[str] = field(default_factory=list)  # names of exercises


def groups_of_equal_answers(records: Mapping[Submission, GradingRecord]) -> list[Group]:
    """Return the groups, those with most answers first; trained models are compared by their weights."""
    writers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (student, _), record in records.items():
        for name, trace in record.traces.items():
            if name != MODEL_TRACE:
                writers[name, trace].add(student)
    groups: dict[tuple[str, ...], Group] = {}
    for (name, _), students in writers.items():
        if len(students) > 1:
            members = tuple(sorted(students))
            groups.setdefault(members, Group(members)).answers.append(name.partition("_")[2])
    return sorted(groups.values(), key=lambda group: (-len(group.answers), group.students))

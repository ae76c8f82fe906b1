"""A small class that was graded, for the tests of reports to read."""

from pathlib import Path

from autograder.gradebook.grade import grade
from autograder.reports import roster
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import make_course, release, submit, submit_answers

LONG_BODY = "\n".join(f"    total = total + {number} * x" for number in range(20))
LONG_LAYER = f"def layer(x):\n    total = 0\n{LONG_BODY}\n    return x"
# bea's first answer is ada's with a comment; carl and dora have the same wrong answers.
ANSWERS = {
    "ada": {
        "todo_layer": LONG_LAYER,
        "todo_stack": "def stack(x):\n    return x",
        "written_why": "Because.",
    },
    "bea": {"todo_layer": LONG_LAYER.replace("total = 0", "total = 0  # mine")},
    "carl": {"todo_layer": "def layer(x):\n    return 0", "todo_stack": "def stack(x):\n    return 0"},
    "dora": {"todo_stack": "def stack(x):\n    return 0", "todo_layer": "def layer(x):\n    return 0"},
    "emil": {"todo_layer": "BREAK"},
}
DAMAGED = "<cut>"  # whose notebook cannot be read


def make_graded_course(folder: Path) -> Path:
    """Grade the class; one file is damaged, and zoe on the roster has submitted nothing."""
    course = make_course(folder)
    inbox = course.parent / "inbox"
    for student, answers in ANSWERS.items():
        submit_answers(course, student, **answers)
    submit(inbox, DAMAGED, release(course)).write_text('{"nbformat": 4, "cells": [')
    table = course.parent / "roster.csv"
    table.write_text(
        "Username,First name,Surname,Email address\nada,Ada,Lovelace,a@b.org\nzoe,Zoë,<b>,\n"
    )
    assert roster.import_roster(table, course) == (2, [])
    collect(inbox, course)
    grade(course)
    return course

"""Courses for the tests of grading; making one takes seconds, so each kind is made once per process."""

import shutil
from pathlib import Path

import pytest

from autograder.gradebook.grade import grade
from autograder.gradebook.grading_run import NOT_JUDGED
from autograder.submissions.intake import collect
from autograder.tests.gradebook.small_course import (
    answered,
    find_cell,
    make_course,
    release,
    submit,
    submit_answers,
    submit_class,
)

# Answers that show what nbgrader itself would do to a score; capitals are for the keyword judge.
ODD_ANSWERS = {
    "right": {"todo_layer": "def layer(x):\n    return x", "todo_stack": "def stack(x):\n    return x"},
    "blank": {},
    "wrong": {"todo_layer": "def layer(x):\n    return 0"},
    "nan": {"todo_layer": "NAN", "todo_stack": "TOO MUCH"},
    "breaks": {"todo_layer": "BREAK", "todo_stack": "def stack(x):\n    return x"},
    "exits": {"todo_layer": "EXIT"},
    "forgotten": {"todo_layer": "FORGET", "todo_stack": "def stack(x):\n    return x"},
}


@pytest.fixture(scope="session")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with a release and a gradebook; copied, never changed."""
    return make_course(tmp_path_factory.mktemp("released") / "course")


@pytest.fixture(scope="session")
def submitted_class(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the submissions of the small class, not graded yet; copied, never changed."""
    folder = tmp_path_factory.mktemp("submitted") / "course"
    return submit_class(Path(shutil.copytree(released_course, folder)))


@pytest.fixture
def course(submitted_class: Path, tmp_path: Path) -> Path:
    """A copy of the course with the small class, for one test."""
    return Path(shutil.copytree(submitted_class, tmp_path / "course"))


@pytest.fixture(scope="session")
def graded_class(released_course: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that has graded a class with odd answers, tags and outputs; only feedback is added."""
    course = Path(shutil.copytree(released_course, tmp_path_factory.mktemp("graded") / "course"))
    inbox = course.parent / "inbox"
    for student, answers in ODD_ANSWERS.items():
        notebook = answered(release(course), **answers)
        check = find_cell(notebook, "tests_layer")
        check["metadata"]["tags"] = ["skip-execution"]
        check["outputs"] = [{"output_type": "stream", "name": "stderr", "text": "a warning"}]
        html = {"text/html": "<b>x</b><script>evil()</script>"}
        output = {"output_type": "display_data", "data": html, "metadata": {}}
        find_cell(notebook, "todo_layer")["outputs"] = [output]
        submit(inbox, student, notebook)
    submit_answers(course, "writer", written_why="It is `a<b` <script>evil()</script>.")
    collect(inbox, course)
    problems = {result.student: result.problem for result in grade(course) if result.problem}
    assert problems == {"breaks": NOT_JUDGED, "exits": NOT_JUDGED}
    return course


@pytest.fixture
def graded_course(released_course: Path, tmp_path: Path) -> Path:
    """A course with one graded submission, for one test."""
    course = Path(shutil.copytree(released_course, tmp_path / "course"))
    collect(submit_answers(course, "ada", written_why="Because."), course)
    grade(course)
    return course

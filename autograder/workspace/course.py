"""Open nbgrader on a course, with the settings of this repository and of the course itself."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config, PyFileConfigLoader

from autograder.workspace.access import restrict_access
from autograder.workspace.paths import AUTOGRADER

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

# nbgrader logs several lines for each notebook. They are discarded: its results report every error.
NBGRADER_LOG = logging.getLogger("autograder.nbgrader")
NBGRADER_LOG.propagate = False
NBGRADER_LOG.addHandler(logging.NullHandler())


def nbgrader_settings(course: Path) -> Config:
    """Return nbgrader's settings for the course in a folder: those of autograder/nbgrader_config.py.

    A file of that name in the course folder overrides them, as it does when `nbgrader` is run by hand.
    """
    config = PyFileConfigLoader("nbgrader_config.py", path=str(AUTOGRADER)).load_config()
    config.CourseDirectory.root = str(course.resolve())
    if (course / "nbgrader_config.py").is_file():
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config())
    return config


def close_to_others(course: Path) -> None:
    """Let nobody else read a course, but the group where nbgrader's `groupshared` is set."""
    settings = nbgrader_settings(course).CourseDirectory
    restrict_access(course, "groupshared" in settings and bool(settings.groupshared))


def has_own_preprocessors(course: Path) -> bool:
    """Return whether a course changes how nbgrader autogrades; then only nbgrader can grade it."""
    defaults = PyFileConfigLoader("nbgrader_config.py", path=str(AUTOGRADER)).load_config()
    return nbgrader_settings(course).Autograde != defaults.Autograde


# nbgrader looks up rows by these columns without an index: the time of formgrader's pages then grows with
# the square of the class size, to minutes for a few hundred students.
INDEXED_COLUMNS = {
    "grade": "notebook_id",
    "comment": "notebook_id",
    "submitted_notebook": "assignment_id",
    "submitted_assignment": "student_id",
}


def open_course(course: Path) -> "NbGraderAPI":
    """Open nbgrader on a course; create the folder and the gradebook if they are missing.

    Call this once before starting several processes: two that find the gradebook missing at the same
    time would collide in creating it.
    """
    from nbgrader.apps import NbGraderAPI  # imported late: it takes seconds
    from sqlalchemy import text

    course.mkdir(mode=0o700, parents=True, exist_ok=True)
    close_to_others(course)
    api = NbGraderAPI(config=nbgrader_settings(course), log=NBGRADER_LOG)
    with api.gradebook as gradebook:
        for table, column in INDEXED_COLUMNS.items():
            index = f"CREATE INDEX IF NOT EXISTS {table}_by_{column} ON {table} ({column})"
            gradebook.db.execute(text(index))
        gradebook.db.commit()
    close_to_others(course)  # the gradebook may be new
    return api

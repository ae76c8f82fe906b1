"""Open nbgrader on a course, with the settings of this repository and those of the course itself."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets.config import Config, PyFileConfigLoader

from autograder.workspace.paths import AUTOGRADER

if TYPE_CHECKING:
    from nbgrader.apps import NbGraderAPI

# nbgrader tells a lot about each notebook. It is kept out of the way: what goes wrong is in the results.
QUIET = logging.getLogger("autograder.nbgrader")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())


def nbgrader_settings(course: Path) -> Config:
    """Return what autograder/nbgrader_config.py says, for the course in the given folder.

    A file of that name in the course folder adds to it, as it does for `nbgrader` typed by hand.
    """
    config = PyFileConfigLoader("nbgrader_config.py", path=str(AUTOGRADER)).load_config()
    config.CourseDirectory.root = str(course.resolve())
    if (course / "nbgrader_config.py").is_file():
        config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config())
    return config


def has_own_preprocessors(course: Path) -> bool:
    """Say whether a course changes what nbgrader does with a submission: then only nbgrader can do it."""
    ours = PyFileConfigLoader("nbgrader_config.py", path=str(AUTOGRADER)).load_config()
    return nbgrader_settings(course).Autograde != ours.Autograde


# nbgrader looks rows up by these columns and has no index on them: what formgrader shows of a class then
# takes time that grows with the square of its size, minutes for some hundreds.
LOOKED_UP = {
    "grade": "notebook_id",
    "comment": "notebook_id",
    "submitted_notebook": "assignment_id",
    "submitted_assignment": "student_id",
}


def open_course(course: Path) -> "NbGraderAPI":
    """Open nbgrader on a course; the folder and the gradebook are made where they are missing.

    The gradebook is made here, once: two processes that both find it missing would collide.
    """
    from nbgrader.apps import NbGraderAPI  # here: it takes seconds to import
    from sqlalchemy import text

    course.mkdir(parents=True, exist_ok=True)
    api = NbGraderAPI(config=nbgrader_settings(course), log=QUIET)
    with api.gradebook as gradebook:
        for table, column in LOOKED_UP.items():
            index = f"CREATE INDEX IF NOT EXISTS {table}_by_{column} ON {table} ({column})"
            gradebook.db.execute(text(index))
        gradebook.db.commit()
    return api

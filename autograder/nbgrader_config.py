"""nbgrader's settings for this course.

Found through JUPYTER_CONFIG_PATH=autograder from the repository root, by `nbgrader` typed by hand and by
JupyterLab's formgrader. Another course folder (the demo's) is chosen with DETR_COURSE=FOLDER. A file of
this name in the course folder adds to these settings: late penalties, a database elsewhere.
"""

import importlib
import importlib.util
import os
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent

# nbgrader starts `alembic` by name, which is not on the PATH where the environment is not activated.
bin_folder = str(Path(sys.executable).parent)
if bin_folder not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([bin_folder, os.environ.get("PATH", "")])
# The preprocessors below are named by where they lie; JupyterLab may be started from another folder.
if importlib.util.find_spec("autograder") is None:
    sys.path.insert(0, str(HERE.parent))

# Courses begun with version 1.0 name the late policy by where it lay then.
sys.modules.setdefault("autograder.policies", importlib.import_module("autograder.gradebook.late_policy"))

# nbgrader 0.9 with SQLAlchemy 2 warns about its own queries at every submission.
warnings.filterwarnings("ignore", module=r"nbgrader\.api")

c = get_config()  # type: ignore[name-defined] # noqa: F821

c.CourseDirectory.course_id = "detr-from-scratch"
c.CourseDirectory.root = str(Path(os.environ.get("DETR_COURSE") or HERE / "course").resolve())
# Whatever is not named here and lies beside a source notebook is copied to every student.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", "feedback", ".*", "*.py"]

c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError"}

# No ClearOutput: the learner's plots and logs stay for the person who grades the written answers.
c.Autograde.sanitize_preprocessors = [
    "autograder.gradebook.preprocessors.Rebuild",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# No Execute: a submission runs in a process of its own, and the verdicts on it are written as outputs.
c.Autograde.autograde_preprocessors = [
    "autograder.gradebook.preprocessors.WriteVerdicts",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.gradebook.preprocessors.KeepManualGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograder.gradebook.rubrics.ShowRubric",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# TagRemovePreprocessor would hide the rubric from formgrader as well: it is one of its own defaults.
c.GenerateFeedback.preprocessors = [
    "autograder.gradebook.rubrics.HideFromStudents",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]
# Feedback that exists is skipped otherwise, also after a regrade.
c.GenerateFeedback.force = True
# On every page, formgrader's too, what a submission holds is rendered without its scripts.
c.HTMLExporter.preprocessors = ["autograder.reports.sanitizing.SafePage"]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.reports.sanitizing.markdown_to_html",
    "highlight_code": "autograder.reports.sanitizing.highlight_code",
}
# nbgrader's own table quotes nothing: a name with a comma would move a student's score.
c.ExportApp.plugin_class = "autograder.reports.platforms.GradesTable"

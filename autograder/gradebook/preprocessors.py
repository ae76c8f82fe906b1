"""What nbgrader does with each notebook of ours, where it would run student code (nbgrader_config.py).

`Rebuild` puts each submission on the pristine release, `WriteVerdicts` writes what the judge says as the
outputs of the graded cells, nbgrader's SaveAutoGrades turns these into scores, and `KeepManualGrades`
sees to it that what a person graded stays graded. `python -m autograder grade` comes to the same end.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder.gradebook import marks
from autograder.gradebook.pages import course_of, read_step
from autograder.judging.keys import Rules, Verdicts, course_version, secret_seed
from autograder.judging.tasks import Task, judge_task
from autograder.submissions.inbox import MODEL
from autograder.submissions.rebuild import rebuild
from autograder.workspace.records import read_json, verdicts_path, write_json


class Rebuild(NbGraderPreprocessor):
    """Rebuild the submission on the release, whichever way it came in: intake, collect, by hand."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the rebuilt notebook."""
        course = course_of(self)
        release = read_step(course, course.release_directory, resources["nbgrader"]["assignment"])
        return nbformat.from_dict(rebuild(nb, release)), resources


class WriteVerdicts(NbGraderPreprocessor):
    """Write each graded code cell's verdict as its output: nbgrader scores outputs, and only these."""

    judge = Unicode(
        "autograder.judging.verdict.judge", help="Dotted name of the function that judges a notebook."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write what is known by the submission's key; judge it in a box of its own where nothing is."""
        ids = resources["nbgrader"]
        student, step = ids["student"], ids["assignment"]
        ids["before"] = forget_scores(ids["db_url"], step, student)
        course = course_of(self)
        root = Path(course.root)
        folder = root / course.submitted_directory / student
        rules = Rules(root, self.judge, secret_seed(root))
        ids["key"] = rules.key(step, folder)
        verdicts = rules.known(ids["key"])
        if verdicts is None:
            verdicts = self.verdicts(rules, ids["key"], step, nb, folder)
        ids["judged"], ids["verdicts"] = verdicts is not None, verdicts or {}
        marks.write_outputs(nb, ids["verdicts"])
        return nb, resources

    def verdicts(
        self, rules: Rules, key: str, step: str, nb: NotebookNode, folder: Path
    ) -> Verdicts | None:
        """Ask the judge, and keep what it says."""
        cells = {step: [cell for cell in nb.cells if cell.cell_type == "code"]}
        task = Task(
            folder.name, rules.judge, rules.seed, course_version(), cells, rules.files(step, folder)
        )
        verdicts = judge_task(task)[step]
        rules.keep(key, step, verdicts)
        return verdicts


class KeepManualGrades(NbGraderPreprocessor):
    """Keep what a person graded as graded, as long as what they graded is still the same.

    SaveAutoGrades asks for a second look at every manual grade after every regrade.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Correct the "needs manual grade" marks that SaveAutoGrades has set; note what was graded."""
        ids = resources["nbgrader"]
        course = course_of(self)
        path = verdicts_path(Path(course.root), ids["student"], ids["assignment"])
        folder = course.format_path(course.submitted_directory, ids["student"], ids["assignment"])
        model = Path(folder, MODEL)
        answers, answers_before = marks.fingerprints(nb, model), read_json(path).get("answers", {})
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(
                ids["notebook"], ids["assignment"], ids["student"]
            )
            scores = {grade.name: grade.auto_score for grade in notebook.grades}
            for grade in notebook.grades:
                before = ids["before"].get(grade.name, {})
                same = answers.get(grade.name) == answers_before.get(grade.name)
                marks.set_needs_person(grade, grade.cell_type, grade.name, before, same, ids["verdicts"])
            gradebook.db.commit()
        key = ids["key"] if ids["judged"] else ""
        write_json(path, marks.note(nb, key, ids["verdicts"], scores, model))
        return nb, resources


def forget_scores(db_url: str, step: str, student: str) -> dict[str, dict]:
    """Take back the automatic scores of a submission; return what they and the manual marks were.

    A submission that cannot be graded this time must not keep the score of last time.
    """
    with Gradebook(db_url) as gradebook:
        try:
            notebook: SubmittedNotebook = gradebook.find_submission_notebook(step, step, student)
        except MissingEntry:
            return {}
        before = {grade.name: marks.state_of(grade) for grade in notebook.grades}
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
        return before

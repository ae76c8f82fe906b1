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

from autograder.gradebook.cells import course_of, exercise_of, read_step
from autograder.gradebook.record import GradingRecord, answers_of, read_record, traces_of
from autograder.gradebook.scoring import GradeBefore, complete, needs_review, write_outputs
from autograder.judging.cache import MODEL, VerdictCache, companions, read_files
from autograder.judging.course_version import course_version
from autograder.judging.job import Job, judge_job
from autograder.submissions.rebuild import rebuild
from autograder.workspace.secret_seed import secret_seed


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
        "autograder.judging.judge.judge", help="Dotted name of the function that judges a notebook."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write the verdicts that are kept; where there are none, judge in a sandbox of its own."""
        ids = resources["nbgrader"]
        student, step = ids["student"], ids["assignment"]
        ids["before"] = forget_scores(ids["db_url"], step, student)
        course = course_of(self)
        root = Path(course.root)
        files = read_files(root / course.submitted_directory / student)
        cache = VerdictCache(root, self.judge, secret_seed(root))
        key = cache.key(step, files)
        verdicts = cache.find(key)
        if verdicts is None:
            cells = {step: [cell for cell in nb.cells if cell.cell_type == "code"]}
            own = companions(step, files)
            job = Job(student, cache.judge, cache.seed, course_version(), cells, own)
            verdicts = judge_job(job)[step]
            cache.keep(key, step, verdicts)
        ids["key"] = "" if verdicts is None else key
        ids["verdicts"] = complete(nb, verdicts or {})
        ids["model"] = files.get(f"{step}/{MODEL}")
        write_outputs(nb, ids["verdicts"])
        return nb, resources


class KeepManualGrades(NbGraderPreprocessor):
    """Keep what a person graded as graded, as long as what they graded is still the same.

    SaveAutoGrades asks for a second look at every manual grade after every regrade.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Correct the "needs manual grade" marks that SaveAutoGrades has set; record what was graded."""
        ids = resources["nbgrader"]
        student, step, verdicts = ids["student"], ids["assignment"], ids["verdicts"]
        root = Path(course_of(self).root)
        answers, earlier = answers_of(nb, ids["model"]), read_record(root, student, step).answers
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(ids["notebook"], step, student)
            scores = {grade.name: grade.auto_score for grade in notebook.grades}
            for grade in notebook.grades:
                before = ids["before"].get(grade.name, GradeBefore())
                same = answers.get(grade.name) == earlier.get(grade.name)
                verdict = verdicts.get(exercise_of(grade.name))
                is_code = grade.cell_type == "code"
                grade.needs_manual_grade = needs_review(grade, is_code, before, same, verdict)
            gradebook.db.commit()
        record = GradingRecord(ids["key"], verdicts, answers, scores, traces_of(nb, ids["model"]))
        record.write(root, student, step)
        return nb, resources


def forget_scores(db_url: str, step: str, student: str) -> dict[str, GradeBefore]:
    """Remove the automatic scores of a submission; return what they and the manual marks were.

    A submission that cannot be graded this time must not keep the score of last time.
    """
    with Gradebook(db_url) as gradebook:
        try:
            notebook: SubmittedNotebook = gradebook.find_submission_notebook(step, step, student)
        except MissingEntry:
            return {}
        before = {grade.name: GradeBefore.of(grade) for grade in notebook.grades}
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
        return before

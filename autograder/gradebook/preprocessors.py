"""nbgrader's preprocessors for this course, in the place of running student code (nbgrader_config.py).

`Rebuild` rebuilds each submission on the pristine release, `WriteVerdicts` writes the verdicts as the
outputs of the graded cells, nbgrader's SaveAutoGrades turns these into scores, and `KeepManualGrades`
preserves what a person graded. `python -m autograder grade` has the same results.
"""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

from autograder.gradebook.cells import course_of, exercise_of, grade_id, read_step
from autograder.gradebook.record import GradingRecord, answers_of, read_record, traces_of
from autograder.gradebook.scoring import (
    PreviousGrade,
    auto_comment,
    needs_review,
    with_missing_verdicts,
    write_outputs,
)
from autograder.judging.cache import MODEL, VerdictCache, companions, read_files
from autograder.judging.course_version import course_version
from autograder.judging.job import Job, judge_job, judged_part
from autograder.submissions.notebook_json import bound_cells
from autograder.submissions.rebuild import rebuild
from autograder.workspace.files import LINKED, link_in
from autograder.workspace.secret_seed import secret_seed


class Rebuild(NbGraderPreprocessor):
    """Rebuild the submission on the release, however it was collected: by intake, nbgrader or by hand."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Return the rebuilt notebook.

        Raises:
            ValueError: if there is a link in the submission. nbgrader has followed it, and then removes
                what it has written.
        """
        course, ids = course_of(self), resources["nbgrader"]
        submitted = Path(course.root, course.submitted_directory)
        if link := link_in(submitted / ids["student"] / ids["assignment"], submitted):
            raise ValueError(LINKED.format(link=link))
        release = read_step(course, course.release_directory, ids["assignment"])
        bound_cells(nb)  # nbgrader has read the file
        return nbformat.from_dict(rebuild(nb, release)), resources


class WriteVerdicts(NbGraderPreprocessor):
    """Write the verdict on each graded code cell as its output, from which nbgrader takes the score."""

    judge = Unicode(
        "autograder.judging.judge.judge", help="Dotted name of the function that judges a notebook."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write the verdicts in the cache; if there are none, judge in a sandbox of its own.

        Raises:
            SandboxUnavailable: if no sandbox can be started.
        """
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
            notebooks = {step: judged_part(nb)}
            needed_files = companions(step, files)
            job = Job(student, cache.judge, cache.seed, course_version(), notebooks, needed_files)
            verdicts = judge_job(job)[step]
            cache.keep(key, step, verdicts)
        ids["key"] = "" if verdicts is None else key
        ids["verdicts"] = with_missing_verdicts(nb, verdicts or {})
        ids["model"] = files.get(f"{step}/{MODEL}")
        write_outputs(nb, ids["verdicts"])
        return nb, resources


class KeepManualGrades(NbGraderPreprocessor):
    """Preserve a person's grade as long as the answer is unchanged.

    SaveAutoGrades would require a review of every manual grade after every regrade.
    """

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Correct the flags and comments that SaveAutoGrades has set; write the grading record."""
        ids = resources["nbgrader"]
        student, step, verdicts = ids["student"], ids["assignment"], ids["verdicts"]
        root = Path(course_of(self).root)
        answers, earlier = answers_of(nb, ids["model"]), read_record(root, student, step).answers
        with Gradebook(ids["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(ids["notebook"], step, student)
            scores = {grade.name: grade.auto_score for grade in notebook.grades}
            for grade in notebook.grades:
                previous = ids["before"].get(grade.name, PreviousGrade())
                same_answer = answers.get(grade.name) == earlier.get(grade.name)
                verdict = verdicts.get(exercise_of(grade.name))
                is_code = grade.cell_type == "code"
                grade.needs_manual_grade = needs_review(grade, is_code, previous, same_answer, verdict)
            cells = {grade_id(cell): cell for cell in nb.cells}
            for comment in notebook.comments:
                comment.auto_comment = auto_comment(cells[comment.name], verdicts)
            gradebook.db.commit()
        record = GradingRecord(
            ids["key"], verdicts, answers, scores, traces_of(nb, ids["model"], verdicts)
        )
        record.write(root, student, step)
        return nb, resources


def forget_scores(db_url: str, step: str, student: str) -> dict[str, PreviousGrade]:
    """Remove the automatic scores of a submission; return its previous grades, by cell.

    A submission that cannot be graded this time must not keep its previous score.
    """
    with Gradebook(db_url) as gradebook:
        try:
            notebook: SubmittedNotebook = gradebook.find_submission_notebook(step, step, student)
        except MissingEntry:
            return {}
        previous = {grade.name: PreviousGrade.of(grade) for grade in notebook.grades}
        for grade in notebook.grades:
            grade.auto_score, grade.needs_manual_grade = None, True
        gradebook.db.commit()
        return previous

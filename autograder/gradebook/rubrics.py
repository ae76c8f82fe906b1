"""What graders see beside the learner's work: model answers and rubrics, and whose each cell is.

Rubrics stand in a frame, and bars stand around what the learner added. Both are styled in HTML. On a
page a learner's text has no styles of its own (reports/sanitizing.py), so that it can
look like neither.
"""

from collections.abc import Iterable, Iterator
from itertools import count, groupby

from nbformat import NotebookNode, v4
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import List

from autograder.gradebook.cells import course_of, grade_id, read_step
from autograder.submissions.outputs import as_text
from autograder.submissions.rebuild import ADDED, EDITED

RUBRIC = "rubric"  # the tag of the cells that only graders see
MARK = "mark"  # the tag of the bars
FRAME = """<div style="border: 4px double #0072b2; background: #eef6fb; padding: 0.5em 1em">

**For the grader only.** What the learner wrote never has this frame.

{answer}

</div>"""
BAR = '<div style="background: #5b5b5b; color: #ffffff; padding: 0.2em 1em">{text}</div>'
ADDED_BELOW = "▼ Added by the learner: {cells}, down to the next bar"
ADDED_ABOVE = "▲ End of what the learner added"
EDITED_BELOW = "▼ Changed by the learner: the code of the next cell"
OUTPUT_ABOVE = "▲ The output above came with the submission; no check has made it"


class ShowRubric(NbGraderPreprocessor):
    """Add rubrics for graders, and bars that say what the learner added."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Add the cells; the text of rubrics comes from the source notebook."""
        course = course_of(self)
        step = resources["nbgrader"]["assignment"]
        annotate(nb, read_step(course, course.source_directory, step))
        return nb, resources


def annotate(nb: NotebookNode, source: dict) -> None:
    """Add bars that say what the learner added, and model answer and rubric after each written answer.

    Args:
        nb: a rebuilt notebook, whose tags the course has set.
        source: the instructor's notebook of the step.
    """
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in source["cells"]]
    numbers, cells = count(1), []
    for added, group in groupby(nb.cells, key=lambda cell: ADDED in tags_of(cell)):
        for cell in with_bars(list(group), added, numbers):
            cells.append(cell)
            if grade_id(cell).startswith("written_") and grade_id(cell) in names:
                answer = as_text(source["cells"][names.index(grade_id(cell))]["source"])
                identity = grade_id(cell).replace("written_", "rubric-")
                cells.append(course_cell(FRAME.format(answer=answer), identity, RUBRIC))
    nb.cells = cells


def with_bars(cells: list[NotebookNode], added: bool, numbers: Iterator[int]) -> Iterator[NotebookNode]:
    """Yield cells that follow each other, all of them added by the learner or none, with bars between."""

    def bar(text: str) -> NotebookNode:
        return course_cell(BAR.format(text=text), f"mark-{next(numbers)}", MARK)

    if added:
        number = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        yield from (bar(ADDED_BELOW.format(cells=number)), *cells, bar(ADDED_ABOVE))
        return
    for cell in cells:
        if EDITED in tags_of(cell):
            yield bar(EDITED_BELOW)
        yield cell
        if cell.get("outputs") and not grade_id(cell).startswith("tests_"):
            yield bar(OUTPUT_ABOVE)


def course_cell(text: str, identity: str, tag: str) -> NotebookNode:
    """Return a Markdown cell of the course's own."""
    cell = v4.new_markdown_cell(text, id=identity)
    cell.metadata.tags = [tag]
    return cell


def tags_of(cell: NotebookNode) -> Iterable[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


class HideFromStudents(ClearHiddenTests):
    """Remove rubrics and hidden checks from the page that the student gets."""

    # nbgrader's preprocessors redeclare this trait as not configurable, and warn about it on each page.
    display_data_priority: List = List(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Remove the cells that ShowRubric added, and the regions of hidden tests."""
        nb.cells = [cell for cell in nb.cells if RUBRIC not in tags_of(cell)]
        return super().preprocess(nb, resources)

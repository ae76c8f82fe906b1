"""Model answer and rubric: behind each written answer for the person who grades, on no student's page."""

from nbformat import NotebookNode, v4
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import List

from autograder.gradebook.cells import course_of, grade_id, read_step
from autograder.submissions.outputs import as_text

RUBRIC = "rubric"  # the tag of the cells that only the person who grades sees


class ShowRubric(NbGraderPreprocessor):
    """Put model answer and rubric behind each written answer, for the person who grades it."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Add one cell behind each written answer; the text is the source notebook's."""
        course = course_of(self)
        step = resources["nbgrader"]["assignment"]
        add_rubrics(nb, read_step(course, course.source_directory, step))
        return nb, resources


def add_rubrics(nb: NotebookNode, source: dict) -> None:
    """Add a cell behind each written answer: model answer and rubric, as the source notebook has them."""
    names = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in source["cells"]]
    cells = []
    for cell in nb.cells:
        cells.append(cell)
        if grade_id(cell).startswith("written_") and grade_id(cell) in names:
            answer = as_text(source["cells"][names.index(grade_id(cell))]["source"])
            rubric = v4.new_markdown_cell(f"**For the grader only**\n\n{answer}")
            rubric.id = grade_id(cell).replace("written_", "rubric-")
            rubric.metadata.tags = [RUBRIC]
            cells.append(rubric)
    nb.cells = cells


class HideFromStudents(ClearHiddenTests):
    """Take rubric and hidden checks out again, for the page that the student gets."""

    # nbgrader's preprocessors redeclare this one as not configurable, and warn on every page.
    display_data_priority: List = List(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Drop the cells that ShowRubric added, and the regions between the marks of hidden tests."""
        nb.cells = [cell for cell in nb.cells if RUBRIC not in cell.metadata.get("tags", [])]
        return super().preprocess(nb, resources)

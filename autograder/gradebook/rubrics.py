"""Model answers and rubrics: shown after each written answer to graders, never to students."""

from nbformat import NotebookNode, v4
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import List

from autograder.gradebook.cells import course_of, grade_id, read_step
from autograder.submissions.outputs import as_text

RUBRIC = "rubric"  # the tag of the cells that only graders see


class ShowRubric(NbGraderPreprocessor):
    """Add model answer and rubric after each written answer, for graders."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Add a cell after each written answer; its text comes from the source notebook."""
        course = course_of(self)
        step = resources["nbgrader"]["assignment"]
        add_rubrics(nb, read_step(course, course.source_directory, step))
        return nb, resources


def add_rubrics(nb: NotebookNode, source: dict) -> None:
    """Add a cell with the source notebook's model answer and rubric after each written answer."""
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
    """Remove rubrics and hidden checks from the page that the student gets."""

    # nbgrader's preprocessors redeclare this trait as not configurable, and warn about it on each page.
    display_data_priority: List = List(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Remove the cells that ShowRubric added, and the regions of hidden tests."""
        nb.cells = [cell for cell in nb.cells if RUBRIC not in cell.metadata.get("tags", [])]
        return super().preprocess(nb, resources)

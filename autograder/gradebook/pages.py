"""What people see of a graded notebook: the rubric, for the grader alone, and no scripts, for anyone."""

import json
import re
from collections.abc import Collection
from pathlib import Path

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode, v4
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import List

from autograder.submissions.outputs import as_text, plain

RUBRIC = "rubric"  # the tag of the cells that only the person who grades sees
# What opens a tag, writes a letter in another way, or is a link that runs something when it is followed.
MARKUP = re.compile(
    r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|\\(?=:)|(?:javascript|vbscript|data)(?=\s*:)", re.IGNORECASE
)
ATTACHMENT = re.compile(r"(attachment):([^\s)]*)")
PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)  # of others, Markdown makes another one in a page
PICTURE_ELSEWHERE = re.compile(r"!(?=\[[^\]]*\](?!\(attachment:))")
TABLES = ["table", "thead", "tbody", "tr", "th", "td", "div", "span", "p", "pre", "br", "hr", "h3"]
TEXT = ["b", "i", "em", "strong", "code", "ul", "ol", "li", "small", "sub", "sup", "blockquote"]


def course_of(preprocessor: NbGraderPreprocessor) -> CourseDirectory:
    """Return the course that a preprocessor works for: converter, exporter, preprocessor."""
    return preprocessor.parent.parent.coursedir


def read_step(course: CourseDirectory, folder: str, step: str) -> dict:
    """Read a step's notebook in the course's source or release folder."""
    path = Path(course.format_path(folder, ".", step), f"{step}.ipynb")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing. Build it with: python -m autograder release")
    return json.loads(path.read_text(encoding="utf-8"))


def grade_id(cell: NotebookNode) -> str:
    """Return a cell's nbgrader name, or an empty string."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


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


class SafePage(SanitizeHTML):
    """Make a learner's text and outputs harmless on a page: in formgrader it would act for the grader."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.tags = [*TABLES, *TEXT]
        self.attributes = {}

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, index: int
    ) -> tuple[NotebookNode, dict]:
        """Break markup in what the learner wrote; the course's own text stays as it is."""
        if cell.cell_type == "code":
            cell.source = plain(cell.source)
            for output in cell.outputs:
                if "text/markdown" in output.get("data", {}):
                    output.data["text/markdown"] = harmless(output.data["text/markdown"])
            cell.outputs = self.sanitize_code_outputs(cell.outputs)
        elif grade_id(cell).startswith("written_") or "added" in cell.metadata.get("tags", []):
            cell.source = harmless(cell.source, cell.get("attachments", {}))
        return cell, resources


def harmless(text: str, attachments: Collection[str] = ()) -> str:
    """Return markdown in which nothing runs, and nothing is fetched from elsewhere.

    A zero-width space looks the same in prose and in code, and no longer opens a tag or names a scheme.
    A picture that is not there would stop the page.
    """

    def keep(match: re.Match) -> str:
        there = match[2] in attachments and PLAIN_NAME.fullmatch(match[2])
        return match[0] if there else f"{match[1]}\u200b:{match[2]}"

    text = ATTACHMENT.sub(keep, MARKUP.sub("\\g<0>\u200b", plain(text)))
    return PICTURE_ELSEWHERE.sub("", text)

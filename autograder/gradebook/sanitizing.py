"""Make what a learner wrote harmless on a page: no scripts, no markup, nothing fetched from elsewhere."""

import re
from collections.abc import Collection

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode

from autograder.gradebook.cells import grade_id
from autograder.submissions.outputs import plain

# What opens a tag, writes a letter in another way, or is a link that runs something when it is followed.
MARKUP = re.compile(
    r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|\\(?=:)|(?:javascript|vbscript|data)(?=\s*:)", re.IGNORECASE
)
ATTACHMENT = re.compile(r"(attachment):([^\s)]*)")
PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)  # of others, Markdown makes another one in a page
PICTURE_ELSEWHERE = re.compile(r"!(?=\[[^\]]*\](?!\(attachment:))")
TABLES = ["table", "thead", "tbody", "tr", "th", "td", "div", "span", "p", "pre", "br", "hr", "h3"]
TEXT = ["b", "i", "em", "strong", "code", "ul", "ol", "li", "small", "sub", "sup", "blockquote"]


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

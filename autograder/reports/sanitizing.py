"""Sanitize what a learner wrote for a page: no scripts, no markup, no resources from other servers."""

import re
from collections.abc import Collection

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode

from autograder.gradebook.cells import grade_id
from autograder.submissions.outputs import plain_text
from autograder.submissions.rebuild import ADDED

# What opens a tag, escapes a character, or begins a link that runs code when it is followed.
MARKUP = re.compile(
    r"<(?=[A-Za-z/!?])|&(?=#?\w+;)|\\(?=:)|(?:javascript|vbscript|data)(?=\s*:)", re.IGNORECASE
)
ATTACHMENT = re.compile(r"(attachment):([^\s)]*)")
PLAIN_NAME = re.compile(r"[\w.-]+", re.ASCII)  # Markdown changes other names
PICTURE_ELSEWHERE = re.compile(r"!(?=\[[^\]]*\](?!\(attachment:))")
TABLES = ["table", "thead", "tbody", "tr", "th", "td", "div", "span", "p", "pre", "br", "hr", "h3"]
TEXT = ["b", "i", "em", "strong", "code", "ul", "ol", "li", "small", "sub", "sup", "blockquote"]


class SafePage(SanitizeHTML):
    """Sanitize a learner's text and outputs: formgrader would run scripts with the grader's rights."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.tags = [*TABLES, *TEXT]
        self.attributes = {}

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict, index: int
    ) -> tuple[NotebookNode, dict]:
        """Sanitize the cells that the learner wrote; leave the course's own text as it is."""
        if cell.cell_type == "code":
            cell.source = plain_text(cell.source)
            for output in cell.outputs:
                if "text/markdown" in output.get("data", {}):
                    output.data["text/markdown"] = harmless(output.data["text/markdown"])
            cell.outputs = self.sanitize_code_outputs(cell.outputs)
        elif grade_id(cell).startswith("written_") or ADDED in cell.metadata.get("tags", []):
            cell.source = harmless(cell.source, cell.get("attachments", {}))
        return cell, resources


def harmless(text: str, attachments: Collection[str] = ()) -> str:
    """Return Markdown that runs no code and fetches nothing from other servers.

    A zero-width space after each character that opens markup is invisible in prose and in code.

    Args:
        text: Markdown.
        attachments: the names of the cell's pictures; a reference to another one would make the rendering
            of the page fail.
    """

    def check_attachment(match: re.Match) -> str:
        is_attached = match[2] in attachments and PLAIN_NAME.fullmatch(match[2])
        return match[0] if is_attached else f"{match[1]}\u200b:{match[2]}"

    text = ATTACHMENT.sub(check_attachment, MARKUP.sub("\\g<0>\u200b", plain_text(text)))
    return PICTURE_ELSEWHERE.sub("", text)

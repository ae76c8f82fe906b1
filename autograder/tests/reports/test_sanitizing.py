"""Pages of graded notebooks: what a learner wrote can be read, and is not active."""

import re
from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import from_dict, v4
from traitlets.config import Config

from autograder.reports.sanitizing import harmless
from autograder.submissions.outputs import OutputBudget

MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](  JaVaScRiPt:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:alert(1))",
    "<javascript:alert(1)>",
    "<a href='javascript:alert(1)'>y</a>",
    "<scr<script>ipt>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<style>@import url(https://example.com/x.css)</style>",
    "![x](https://example.com/seen.png)",
    "![x][y]\n\n[y]: https://example.com/seen.png",
    "![x](attachment:missing.png)",
    "![x][y]\n\n[y]: attachment:missing.png",
    "![x](attachment:there.png)",
    "![x](attachment:é.png)",
    '![x](attachment:there.png"b)',
    "$\\href{javascript:alert(1)}{x}$",
    "\x1b]8;;javascript:alert(1)\x07\x00\x1b[31m",
]
OUTPUTS = [
    {"output_type": "display_data", "data": {"text/html": "<img src=x onerror=alert(1)>"}},
    {"output_type": "display_data", "data": {"text/html": "<a href='javascript:alert(1)'>x</a>"}},
    {
        "output_type": "display_data",
        "data": {"text/markdown": "[x](javascript:alert(1)) <b onclick=f()>"},
    },
    {"output_type": "display_data", "data": {"text/latex": "<script>alert(1)</script>"}},
    {"output_type": "display_data", "data": {"image/png": "x' onerror='alert(1)"}},
    {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=alert(1)></svg>"}},
    {"output_type": "stream", "text": "<script>alert(1)</script>\x1b[31mred\x1b]0;title\x07\x00"},
    {"output_type": "error", "ename": "<b>", "evalue": "<script>", "traceback": ["<script>\x1b[2J"]},
]


class ActiveContent(HTMLParser):
    """Collects the tags of a page that run or fetch something, at once or when they are followed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        for name, value in attrs:
            runs = re.match(r"\s*(javascript:|vbscript:|data:text)", value or "", re.IGNORECASE)
            fetches = name == "src" and not (value or "").startswith("data:image/")
            if name.startswith("on") or runs or fetches:
                self.tags.append(f"{tag} {name}={value}")
        if tag in ("script", "style", "iframe", "object", "embed", "form", "link", "meta", "base"):
            self.tags.append(tag)


@pytest.fixture(scope="module")
def page() -> str:
    """The part of a page that shows all of the above."""
    cells = [v4.new_markdown_cell("BEGIN-LEARNER")]
    for text in MARKDOWN:
        cell = v4.new_markdown_cell(text)
        cell.metadata.tags = ["added"]
        cell["attachments"] = {name: {"image/png": "aGk="} for name in ("there.png", "é.png")}
        cells.append(cell)
    code = v4.new_code_cell("x = '<script>alert(1)</script>\x1b\x00'  # \x1b[31m")
    code.outputs = [from_dict(output) for output in OutputBudget().copy(OUTPUTS)]
    cells += [code, v4.new_markdown_cell("END-LEARNER")]
    config = Config()
    config.HTMLExporter.preprocessors = ["autograder.reports.sanitizing.SafePage"]
    html, _ = HTMLExporter(config=config).from_notebook_node(v4.new_notebook(cells=cells))
    return html[html.index("BEGIN-LEARNER") : html.index("END-LEARNER")]


def test_page_has_no_active_content(page: str) -> None:
    assert ActiveContent(page).tags == []


def test_page_has_no_control_characters_and_keeps_text_and_attachments(page: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page)
    assert page.count("data:image/png;base64,aGk=") == 1  # the plain name alone
    assert "red" in page and "onerror=alert(1)" in page  # as text


@pytest.mark.parametrize(
    "text",
    ["Data: what the model sees.", "a < b, and `x<y` too", "[paper](https://arxiv.org/abs/2005.12872)"],
)
def test_prose_stays_the_same_but_for_zero_width_spaces(text: str) -> None:
    assert harmless(text).replace("\u200b", "") == text

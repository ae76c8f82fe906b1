"""Pages of graded notebooks: what a learner wrote can be read, and is not active."""

import re
from html.parser import HTMLParser

import pytest
from nbconvert.exporters import HTMLExporter
from nbformat import from_dict, v4
from traitlets.config import Config

from autograder.reports.sanitizing import Page, rendered
from autograder.submissions.limits import LONGEST_HIGHLIGHTED, LONGEST_TEXT, MAX_TAGS
from autograder.submissions.outputs import OutputBudget

SANITIZING = "autograder.reports.sanitizing"
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
    config.HTMLExporter.preprocessors = [f"{SANITIZING}.SafePage"]
    config.HTMLExporter.filters = {
        "markdown2html": f"{SANITIZING}.markdown_to_html",
        "highlight_code": f"{SANITIZING}.highlight_code",
    }
    html, _ = HTMLExporter(config=config).from_notebook_node(v4.new_notebook(cells=cells))
    return html[html.index("BEGIN-LEARNER") : html.index("END-LEARNER")]


def test_page_has_no_active_content(page: str) -> None:
    assert ActiveContent(page).tags == []


def test_page_has_no_control_characters_and_keeps_text_and_attachments(page: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", page)
    assert page.count("data:image/png;base64,aGk=") == 1  # the plain name alone
    assert "red" in page and ">x</span>" in page


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Data: what the model sees.", "Data: what the model sees."),
        ("a < b, and `x<y` too", "a &lt; b, and <code>x&lt;y</code> too"),
        ("[paper](https://arxiv.org/abs/2005.12872)", 'href="https://arxiv.org/abs/2005.12872"'),
        ("**bold**, a<sub>1</sub>, <b>b</b>", "<strong>bold</strong>, a<sub>1</sub>, <b>b</b>"),
        ("a List<int> and <x, y>", "a List&lt;int&gt; and &lt;x, y&gt;"),
        ("<details><summary>More</summary>text</details>", "<summary>More</summary>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>2</td>"),
        ("![x](attachment:a.png)", 'src="data:image/png;base64,aGk="'),
        ("![x](data:image/png;base64,aGk=)", 'src="data:image/png;base64,aGk="'),
        ("$a_1 * b_2 < *c$", "$a_1 * b_2 &lt; *c$"),
        ("$$\na_{1}\n\n*b*\n$$", "$$\na_{1}\n\n*b*\n$$"),
        (r"\\(a_1 * b_1 * c\\) and \\[x_1 _ y_1\\]", r"\\(a_1 * b_1 * c\\) and \\[x_1 _ y_1\\]"),
        ("\\begin{align}a_1 &= *b*\\end{align}", "\\begin{align}a_1 &amp;= *b*\\end{align}"),
        ("It costs $5, *really*.\n\nOr $6.", "It costs $5, <em>really</em>.</p>"),
        ("`$x` and *y* and `z$`", "<code>$x</code> and <em>y</em> and <code>z$</code>"),
        ("```\n$ pip\n```\nand *then* $", "<em>then</em> $"),
    ],
)
def test_what_honest_answers_hold_is_rendered(text: str, html: str) -> None:
    assert html in rendered(text, {"a.png": {"image/png": "aGk="}})


@pytest.mark.parametrize(
    "part", ["![", "\\\\(", "$ ", "[a](", "<a ", "**a", "~~a", "<b>", "```\n", "- a\n"]
)
def test_page_of_many_signs_is_bounded(part: str) -> None:
    """Two answers of these signs alone, each as long as one may be."""
    page, text = Page(), part * (LONGEST_TEXT // len(part))
    html = "".join(page.markdown(text, {}) for _ in range(2))
    assert html.count("<") <= MAX_TAGS + 10
    assert len(html) < 40 * LONGEST_TEXT


def test_table_that_fills_its_rows_up_is_shown_as_it_was_typed() -> None:
    table = "|a" * 4000 + "|\n" + "|-" * 4000 + "|\n" + "a\n" * 2000
    assert "<td>" not in Page().markdown(table, {})


def test_tags_that_stay_open_are_not_opened_in_each_paragraph() -> None:
    """Each of 2,000 paragraphs would hold 150 of them."""
    html = Page().markdown("".join(f"<b a={i}>" for i in range(150)) + "a\n\n" * 2000, {})
    assert html.count("<b") <= 1000


def test_picture_that_is_named_many_times_is_embedded_once() -> None:
    picture = {"a.png": {"image/png": "A" * 100_000}}
    assert len(Page().markdown("![](attachment:a.png)\n" * 500, picture)) < 150_000


def test_long_code_is_shown_without_colours() -> None:
    html = Page().code("a+" * (LONGEST_HIGHLIGHTED // 2 + 1))
    assert html.count("<") == 4 and len(html) < 2 * LONGEST_HIGHLIGHTED


def test_html_with_too_many_tags_gives_way_to_the_plain_text_of_an_output() -> None:
    data = {"text/html": "<td>" * (MAX_TAGS + 1), "text/plain": "a table"}
    assert Page().output(data) == {"text/plain": "a table"}

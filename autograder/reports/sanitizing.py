"""Render what a learner wrote for a page: no scripts, no resources from other servers, bounded work.

It is rendered first and sanitized then, by nh3. What would become too large is shown as it was typed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup
from nbconvert.filters import Highlight2HTML
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode

from autograder.gradebook.cells import grade_id
from autograder.submissions.limits import (
    LONGEST_HIGHLIGHTED,
    LONGEST_HTML,
    LONGEST_TEXT,
    MAX_RAW_TAGS,
    MAX_REPEATED_TAGS,
    MAX_TAGS,
)
from autograder.submissions.outputs import PICTURES, plain_text
from autograder.submissions.rebuild import ADDED

# Where math begins and ends, for MathJax, and what is none: escaped signs, code, paragraphs' ends.
DELIMITER = re.compile(r"\\\\[()\[\]]|\\(?:begin|end)\{[A-Za-z]*\*?\}|\\.|\$\$?|`+|\n[ \t]*\n", re.DOTALL)
CLOSING = {"$": "$", "$$": "$$", r"\\(": r"\\)", r"\\[": r"\\]"}
BEGIN, END = "\ue000", "\ue001"  # around the number of a formula while the text around it is rendered
FORMULA = re.compile(f"{BEGIN}(\\d+){END}")
# A formula may hold a link, which MathJax makes when the page is open.
RUNS = re.compile(r"(javascript|vbscript|data)(?=\s*:)", re.IGNORECASE)
RUNS_IN_TEXT = re.compile(r"(javascript|vbscript)(?=\s*:)", re.IGNORECASE)
# MathJax's commands for frames, backgrounds and styles, by which a text could look like the course's own.
STYLED = re.compile(r"\\(bbox|f?colorbox|enclose|style|class|cssId|href|mmlToken)(?![A-Za-z])")
# Tags that are opened again in each later one until they are closed: few of them make many.
FORMATTING = re.compile(r"<(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b", re.IGNORECASE)
TAGS = {
    *("table", "thead", "tbody", "tr", "th", "td", "div", "span", "p", "pre", "br", "hr", "a", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "b", "i", "em", "strong", "s", "del", "code", "ul", "ol", "li"),
    *("small", "sub", "sup", "blockquote", "details", "summary", "caption", "figure", "figcaption"),
}
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title", "width", "height"}}
ATTRIBUTES |= {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto", "attachment", "data"}
PICTURE = re.compile(rf"data:(?:{'|'.join(PICTURES)});base64,[A-Za-z0-9+/=%\s]*", re.IGNORECASE)
RAW_TAG = re.compile(r"<[/!?]*([A-Za-z]*)")
KEPT_OUTPUTS = {"text/plain", "text/latex", *PICTURES}


def raw_html(_: object, tokens: Sequence[Token], place: int, *__: object) -> str:
    """Return a learner's HTML as it is if its tags are known, else as text, such as `<x, y>`."""
    content = tokens[place].content
    return content if all(tag.lower() in TAGS for tag in RAW_TAG.findall(content)) else escape(content)


def markdown_parser(reads_html: bool) -> MarkdownIt:
    """Return a parser of a learner's Markdown, which reads HTML in it or shows it as text."""
    parser = MarkdownIt("commonmark", {"html": reads_html}).enable(["table", "strikethrough"])
    for kind in ("html_inline", "html_block"):
        parser.add_render_rule(kind, raw_html)
    return parser


class TooManyTags(ValueError):
    """HTML that would become much longer than it is."""


class SafePage(Preprocessor):
    """Render what a learner wrote: formgrader would run scripts in it with the grader's rights."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Replace what the learner wrote by HTML; leave the course's own text as it is."""
        page = Page()
        for cell in filter(is_learners_text, nb.cells):  # first, as these are what a person grades
            cell.source = page.markdown(cell.source, cell.get("attachments", {}))
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell in code:
            cell.source = page.code(plain_text(cell.source))
        for output in (output for cell in code for output in cell.outputs if "data" in output):
            output.data = page.output(output.data)
        return nb, resources


def is_learners_text(cell: NotebookNode) -> bool:
    """Say whether a cell is text that the learner wrote."""
    is_theirs = grade_id(cell).startswith("written_") or ADDED in cell.metadata.get("tags", [])
    return cell.cell_type == "markdown" and is_theirs


class Page:
    """What is made of a learner's work on one page, within a number of tags."""

    def __init__(self) -> None:
        self.remaining = MAX_TAGS

    def shown(self, text: str, render: Callable[[], str] | None) -> Markup:
        """Return what `render` makes of a text, or if that is too much, the text as it was typed."""
        with suppress(TooManyTags):
            html = render() if render and self.remaining else None
            tags = html.count("<") if html is not None else 0
            fits, self.remaining = tags <= self.remaining, max(0, self.remaining - tags)
            if html is not None and fits:
                return Markup(html)
        return Markup(f'<div class="highlight"><pre>{escape(text)}</pre></div>')

    def code(self, source: str) -> Markup:
        """Return code as HTML, in colours if it is not too long."""
        is_short = len(source) <= LONGEST_HIGHLIGHTED
        return self.shown(source, (lambda: highlight_code(source)) if is_short else None)

    def markdown(self, text: str, attachments: Mapping[str, Mapping[str, str]]) -> Markup:
        """Return Markdown as HTML."""
        text = plain_text(text)
        is_short = len(text) <= 2 * LONGEST_TEXT
        return self.shown(text, (lambda: rendered(text, attachments)) if is_short else None)

    def output(self, data: Mapping[str, str]) -> NotebookNode:
        """Return the data of an output by MIME type, of which those that a page can show safely."""
        kept = NotebookNode({mime: text for mime, text in data.items() if mime in KEPT_OUTPUTS})
        if "text/latex" in kept:
            kept["text/latex"] = unstyled(RUNS.sub("\\1\u200b", kept["text/latex"]))
        html, text = data.get("text/html"), data.get("text/markdown")
        if html is not None and len(html) <= LONGEST_HTML and html.count("<") <= self.remaining:
            kept["text/html"] = self.shown(html, lambda: clean(html))
        elif html is not None and "text/plain" not in kept:
            kept["text/html"] = self.shown(html[:LONGEST_HTML], None)
        elif text is not None:
            kept["text/markdown"] = self.markdown(text, {})
        return kept


def rendered(text: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    """Return Markdown as sanitized HTML, formulas as they were typed.

    Args:
        text: the Markdown.
        attachments: the cell's pictures.
    """
    formulas: list[str] = []
    parts = []
    for part, is_formula in split_formulas(text.replace(BEGIN, "").replace(END, "")):
        if is_formula:
            formulas.append(escape(unstyled(RUNS.sub("\\1\u200b", part))))
        parts.append(f"{BEGIN}{len(formulas) - 1}{END}" if is_formula else part)
    parser = markdown_parser(reads_html=text.count("<") <= MAX_RAW_TAGS)
    html = clean(parser.render("".join(parts)), attachments)
    return FORMULA.sub(lambda match: formulas[int(match[1])], html)


def split_formulas(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a text in order, and whether each is a formula, its signs included."""
    signs = list(DELIMITER.finditer(text))
    last = {sign[0]: place for place, sign in enumerate(signs)}
    done, closing, begin = 0, "", 0
    for place, sign in enumerate(signs):
        if closing:
            if sign[0] == closing:
                if closing[0] != "`":
                    yield text[done:begin], False
                    yield text[begin : sign.end()], True
                    done = sign.end()
                closing = ""
            elif closing == "$" and sign[0][0] == "\n":
                closing = ""  # a single sign, such as that of a price
            continue
        is_code = sign[0][0] == "`"
        end = sign[0] if is_code else CLOSING.get(sign[0], sign[0].replace("begin{", "end{"))
        is_opening = is_code or sign[0] in CLOSING or end != sign[0]
        if is_opening and last.get(end, -1) > place:
            closing, begin = end, sign.start()
    yield text[done:], False


def clean(html: str, attachments: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """Return HTML without what runs or fetches anything; pictures are those in it and attached ones.

    Raises:
        TooManyTags: if it might become much longer.
    """
    if html.count("<") * len(FORMATTING.findall(html)) > MAX_REPEATED_TAGS:
        raise TooManyTags
    pictures = dict(attachments or {})

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "src":
            kind, _, file = value.partition(":")
            # Each is shown once: it may be large.
            attached = pictures.pop(file, {}) if kind == "attachment" else {}
            picture = next((mime for mime in PICTURES if mime in attached), "")
            if picture:
                return f"data:{picture};base64,{attached[picture]}"
            return value if PICTURE.fullmatch(value) else None
        return None if value.startswith(("data:", "attachment:")) else value

    safe = nh3.clean(
        html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, attribute_filter=attribute
    )
    return unstyled(RUNS_IN_TEXT.sub("\\1\u200b", safe))


def unstyled(text: str) -> str:
    """Return a text for MathJax with the names of commands for styles in the place of the commands."""
    return STYLED.sub(r"\\text{\1}", text)


def markdown_to_html(source: str) -> str:
    """Return what SafePage has rendered as it is, and the course's own Markdown as HTML."""
    return source if isinstance(source, Markup) else markdown2html_mistune(source)


def highlight_code(source: str, language: str | None = None, metadata: dict | None = None) -> str:
    """Return what SafePage has rendered as it is, and other code in colours."""
    if isinstance(source, Markup):
        return source
    return Highlight2HTML(pygments_lexer="ipython3")(source, language, metadata)

"""What people read: spelled right, no link that leads nowhere, lists and formulas as they were meant."""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import mistune
import pytest

from autograder.authoring.sources import all_steps, read_source, source_path
from autograder.workspace.paths import AUTOGRADER, ROOT, SOLUTIONS

PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "autograder/README.md")]
PAGES.append(AUTOGRADER / "authoring" / "student.md")
# What only exists where the page is shipped to.
ELSEWHERE = {"student.md": ROOT}
PROSE = (*SOLUTIONS.glob("*.py"), *PAGES, *(ROOT / "notebooks" / "detrlab").rglob("*.py"))
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
parse = mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough"])


def texts() -> list[tuple[Path, str]]:
    """Return every text in Markdown, cell by cell, with the file it stands in."""
    cells = [
        (source_path(step), cell.source)
        for step in all_steps()
        for cell in read_source(step).cells
        if cell.cell_type == "markdown"
    ]
    return cells + [(path, path.read_text(encoding="utf-8")) for path in PAGES]


def nodes(tokens) -> list[dict]:
    """Return all nodes of a parsed text, with those inside them."""
    return [node for token in tokens for node in (token, *nodes(token.get("children", [])))]


TEXTS = texts()
NODES = [(path, node) for path, text in TEXTS for node in nodes(parse(text))]


def anchors(path: Path) -> set[str]:
    """Return the anchors that a page's headings make on code-hosting sites."""
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_spelling():
    command = [sys.executable, "-m", "codespell_lib", "--builtin=clear,rare", *map(str, PROSE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["link", "image"])
def test_links_lead_somewhere(kind):
    targets = [(path, node["attrs"]["url"]) for path, node in NODES if node["type"] == kind]
    assert targets
    for path, target in targets:
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme in ("http", "https") and re.fullmatch(
                r"[\w-]+(\.[\w-]+)+", parts.netloc
            ), (
                path,
                target,
            )
            continue
        page = (ELSEWHERE.get(path.name, path.parent) / parts.path).resolve() if parts.path else path
        assert page.exists(), f"{path.name}: {target}"
        assert not parts.fragment or parts.fragment in anchors(page), f"{path.name}: {target}"


def test_every_image_has_words():
    images = [(path, node) for path, node in NODES if node["type"] == "image"]
    for path, node in images:
        assert "".join(child["raw"] for child in node["children"]).strip(), path


def test_numbered_lists_begin_with_one():
    """A line that happens to begin with "4." after wrapping would become a list of its own."""
    for path, node in NODES:
        if node["type"] == "list" and node["attrs"]["ordered"]:
            assert node["attrs"].get("start", 1) == 1, (path, node["children"][0])


def test_folds_are_closed():
    for path, text in TEXTS:
        outside_code = re.sub(r"`[^`]*`", "", text)
        counts = {
            outside_code.count(tag) for tag in ("<details>", "</details>", "<summary>", "</summary>")
        }
        assert len(counts) == 1, (path, text[:80])


def test_formulas_are_closed():
    """Every $$ and every brace of a formula has its partner."""
    for path, text in TEXTS:
        outside_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        assert outside_code.count("$") % 2 == 0, (path, text[:80])
        for formula in re.findall(r"\$\$(.*?)\$\$|\$(.*?)\$", outside_code, re.DOTALL):
            assert "".join(formula).count("{") == "".join(formula).count("}"), (path, formula)

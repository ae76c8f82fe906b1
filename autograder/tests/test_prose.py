"""The course's texts: spelling, links, images, lists, folds and formulas."""

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
# Pages whose links are resolved from another folder, the one that students get them in.
SHIPPED_TO = {"student.md": ROOT}
PROSE = (*SOLUTIONS.glob("*.py"), *PAGES, *(ROOT / "notebooks" / "detrlab").rglob("*.py"))
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
parse = mistune.create_markdown(renderer="ast", plugins=["table", "strikethrough"])


def texts() -> list[tuple[Path, str]]:
    """Return every Markdown text, cell by cell, with the file that holds it."""
    cells = [
        (source_path(step), cell.source)
        for step in all_steps()
        for cell in read_source(step).cells
        if cell.cell_type == "markdown"
    ]
    return cells + [(path, path.read_text(encoding="utf-8")) for path in PAGES]


def nodes(tokens) -> list[dict]:
    """Return all nodes of a parsed text, nested ones included."""
    return [node for token in tokens for node in (token, *nodes(token.get("children", [])))]


TEXTS = texts()
NODES = [(path, node) for path, text in TEXTS for node in nodes(parse(text))]


def anchors(path: Path) -> set[str]:
    """Return the anchors that code-hosting sites give to a page's headings."""
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_texts_are_spelled_right():
    command = [sys.executable, "-m", "codespell_lib", "--builtin=clear,rare", *map(str, PROSE)]
    codespell = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not codespell.returncode, codespell.stdout + codespell.stderr


@pytest.mark.parametrize("kind", ["link", "image"])
def test_links_and_images_have_valid_targets(kind):
    targets = [(path, node["attrs"]["url"]) for path, node in NODES if node["type"] == kind]
    assert targets
    for path, target in targets:
        parts = urlsplit(target)
        if parts.scheme:
            assert parts.scheme in ("http", "https"), (path, target)
            assert re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc), (path, target)
            continue
        page = (SHIPPED_TO.get(path.name, path.parent) / parts.path).resolve() if parts.path else path
        assert page.exists(), f"{path.name}: {target}"
        assert not parts.fragment or parts.fragment in anchors(page), f"{path.name}: {target}"


def test_images_have_alt_texts():
    images = [(path, node) for path, node in NODES if node["type"] == "image"]
    for path, node in images:
        assert "".join(child["raw"] for child in node["children"]).strip(), path


def test_numbered_lists_begin_with_one():
    """A wrapped line that happens to begin with "4." is a list of its own in Markdown."""
    for path, node in NODES:
        if node["type"] == "list" and node["attrs"]["ordered"]:
            assert node["attrs"].get("start", 1) == 1, (path, node["children"][0])


def test_folds_have_matching_tags():
    for path, text in TEXTS:
        outside_code = re.sub(r"`[^`]*`", "", text)
        counts = {
            outside_code.count(tag) for tag in ("<details>", "</details>", "<summary>", "</summary>")
        }
        assert len(counts) == 1, (path, text[:80])


def test_formulas_have_matching_dollars_and_braces():
    for path, text in TEXTS:
        outside_code = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
        assert outside_code.count("$") % 2 == 0, (path, text[:80])
        for formula in re.findall(r"\$\$(.*?)\$\$|\$(.*?)\$", outside_code, re.DOTALL):
            assert "".join(formula).count("{") == "".join(formula).count("}"), (path, formula)

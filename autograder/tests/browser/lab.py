"""JupyterLab as a learner uses it: open a notebook, write, run, read the outputs."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from autograder.tests.end_to_end.server import Server

RAN = re.compile(r"\[\d+\]:")
# In ms, for a busy machine: until something is visible, until a notebook is open, until cells have run.
expect.set_options(timeout=30_000)
READY = 120_000
RUN = 400_000


class Lab:
    """One browser page on a JupyterLab."""

    def __init__(self, page: Page, server: Server):
        self.page, self.server = page, server
        self.path = server.folder

    def open(self, path: Path) -> None:
        """Open a notebook in a fresh workspace, and wait for its kernel."""
        self.path = path
        place = path.relative_to(self.server.folder).as_posix()
        self.page.goto(f"{self.server.url}/lab/tree/{place}?reset&token={self.server.token}")
        expect(self.all_cells()).to_have_count(len(self.saved_cells()), timeout=READY)
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=READY)

    def all_cells(self) -> Locator:
        """Find all cells of the open notebook."""
        return self.page.locator(".jp-Notebook .jp-Cell")

    def saved_cells(self) -> list[dict]:
        """Read the cells of the open notebook as they are on the disk."""
        return json.loads(self.path.read_text(encoding="utf-8"))["cells"]

    def cell(self, grade_id: str) -> Locator:
        """Find a cell by its grade_id."""
        grade_ids = [cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in self.saved_cells()]
        return self.all_cells().nth(grade_ids.index(grade_id))

    def write(self, cell: Locator, text: str) -> None:
        """Replace the text of a code cell."""
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)

    def add_below(self, cell: Locator) -> Locator:
        """Add a code cell below another one, with the keyboard, and return it."""
        index = cell.evaluate(
            "cell => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].indexOf(cell)"
        )
        cell.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        return self.all_cells().nth(index + 1)

    def run(self, cell: Locator) -> str:
        """Run a code cell, wait until it has run, and return the text of its output."""
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        prompt.click()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(RAN, timeout=RUN)
        return self.output(cell)

    def run_all(self) -> None:
        """Run all cells from the menu, and wait until none is waiting to run."""
        self.menu("Run", "Run All Cells")
        self.wait_until_idle()

    def run_through(self, cell: Locator) -> None:
        """Run all cells above one, and this one."""
        cell.locator(".jp-InputPrompt").click()
        self.menu("Run", "Run All Above Selected Cell")
        self.wait_until_idle()
        self.run(cell)

    def wait_until_idle(self) -> None:
        """Wait until cells have begun to run and none is waiting any more."""
        prompts = self.page.locator(".jp-Notebook .jp-InputPrompt")
        expect(prompts.filter(has_text=RAN).first).to_be_visible(timeout=READY)
        expect(prompts.filter(has_text="[*]:")).to_have_count(0, timeout=RUN)

    def save(self) -> None:
        """Save the notebook, and wait until the mark of unsaved changes is gone."""
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Control+S")
        expect(self.page.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)

    def menu(self, menu: str, item: str) -> None:
        """Choose an item from the menu bar."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    @staticmethod
    def output(cell: Locator) -> str:
        """Return the text of a cell's output, and the alt texts of its pictures."""
        area = cell.locator(".jp-Cell-outputWrapper")
        texts = [area.inner_text()] if area.count() else []
        texts += [str(picture.get_attribute("alt")) for picture in area.locator("img").all()]
        return "\n".join(texts).strip()

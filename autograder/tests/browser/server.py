"""Start what a browser test needs: the students' folder, JupyterLab on it, Chromium to look at it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from autograder.authoring.bundle import make_bundle
from autograder.authoring.sources import all_steps
from autograder.demo import solution
from autograder.tests.detrlab.learner_notebooks import fill_notebook
from autograder.tests.end_to_end.server import Server, running_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
COMMAND = ["jupyter", "lab", "--allow-root", "--no-browser", "--port=0", "--ServerApp.port_retries=0"]
SETTINGS = {
    # All cells in the page, not only those in sight; no question about news.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the Chromium that is installed; Playwright's own is not downloaded."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


def unpack_bundle(root: Path) -> None:
    """Unpack the students' bundle twice: as "fresh", and as "solved" with every TODO filled."""
    bundle = make_bundle(root / "bundle.zip")
    for name in ("fresh", "solved"):
        zipfile.ZipFile(bundle).extractall(root / name)
    for step in all_steps():
        fill_notebook(week1(root, "solved"), step, **solution(step))


def week1(root: Path, name: str) -> Path:
    """Return the folder with the notebooks of "fresh" or "solved"."""
    return root / name / "detr-from-scratch" / "notebooks" / "week1"


@contextmanager
def jupyterlab(root: Path, **environment: str) -> Iterator[Server]:
    """Serve a folder by JupyterLab, with further variables in its environment."""
    settings = root / "settings"
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment |= {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
    }
    with running_server(COMMAND, root, root, environment) as server:
        yield server

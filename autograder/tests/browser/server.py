"""Start what a browser test needs: the students' folder, JupyterLab on it, Chromium to look at it."""

import json
import os
import shutil
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from autograder.authoring.bundle import make_bundle
from autograder.authoring.sources import all_steps
from autograder.demo import solution
from autograder.tests.detrlab.folders import fill
from autograder.tests.end_to_end.test_lab import wait_for_address

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
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


def unpack(root: Path) -> None:
    """Unpack the students' bundle twice into a folder: fresh, and solved with every TODO filled."""
    bundle = make_bundle(root / "bundle.zip")
    for name in ("fresh", "solved"):
        zipfile.ZipFile(bundle).extractall(root / name)
    for step in all_steps():
        fill(week1(root, "solved"), step, **solution(step))


def week1(root: Path, name: str) -> Path:
    """Return the folder with the notebooks of one of the two."""
    return root / name / "detr-from-scratch" / "notebooks" / "week1"


@contextmanager
def jupyterlab(root: Path, **more: str) -> Iterator[tuple[str, str]]:
    """Serve a folder, with `more` in the environment; yield the server's address and its token."""
    settings = root / "settings"
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    environment = {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
        **more,
    }
    with (root / "log").open("w") as output:
        process = subprocess.Popen(
            ["jupyter", "lab", "--allow-root", "--no-browser", "--port=0", "--ServerApp.port_retries=0"],
            cwd=root,
            stdout=output,
            stderr=output,
            env=os.environ | environment,
            start_new_session=True,
        )
    try:
        yield wait_for_address(root / "log", process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)

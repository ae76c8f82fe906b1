"""What a student gets, served by JupyterLab, and Debian's Chromium to look at it."""

import json
import os
import shutil
import signal
import subprocess
import zipfile

import pytest
from playwright.sync_api import sync_playwright

from autograder import build
from autograder.demo import solution
from autograder.tests.browser.lab import Lab
from autograder.tests.folders import fill
from autograder.tests.test_lab import wait_for_address

SETTINGS = {
    # All cells in the page, not only those in sight; no question about news.
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


@pytest.fixture(scope="session")
def chromium():
    """Start Chromium; skip where there is none, with the reason."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("No Chromium here. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Unpack the students' bundle twice, as it is and with all TODOs solved; serve both."""
    root = tmp_path_factory.mktemp("courses")
    bundle = build.bundle(root / "bundle.zip")
    for name in ("fresh", "solved"):
        zipfile.ZipFile(bundle).extractall(root / name)
    for step in build.steps():
        fill(root / "solved" / "detr-from-scratch" / "notebooks" / "week1", step, **solution(step))
    settings = root / "settings"
    for name, values in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    with (root / "log").open("w") as output:
        process = subprocess.Popen(
            ["jupyter", "lab", "--allow-root", "--no-browser", "--port=0", "--ServerApp.port_retries=0"],
            cwd=root,
            stdout=output,
            stderr=output,
            env=os.environ
            | {
                "JUPYTERLAB_SETTINGS_DIR": str(settings),
                "JUPYTER_RUNTIME_DIR": str(root / "runtime"),
                # The bundle's own detrlab, not that of the environment.
                "PYTHONPATH": str(root / "fresh" / "detr-from-scratch" / "notebooks"),
            },
            start_new_session=True,
        )
    try:
        yield (*wait_for_address(root / "log", process), root)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture
def lab(chromium, served):
    """Return a JupyterLab in a page of its own."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    yield Lab(page, *served)
    page.close()


@pytest.fixture
def week1(served):
    """Return the folder of notebooks of a course: week1("fresh") or week1("solved")."""
    return lambda name: served[2] / name / "detr-from-scratch" / "notebooks" / "week1"

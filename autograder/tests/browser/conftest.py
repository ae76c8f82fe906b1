"""A JupyterLab that serves what a student gets, each test with a browser page of its own."""

import pytest

from autograder.tests.browser import server
from autograder.tests.browser.lab import Lab


@pytest.fixture(scope="session")
def chromium():
    """Start Chromium; skip where there is none, with the reason."""
    if server.CHROMIUM is None:
        pytest.skip("No Chromium here. On Debian: apt-get install chromium")
    with server.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Serve the students' bundle, fresh and solved; return address, token and folder."""
    root = tmp_path_factory.mktemp("courses")
    server.unpack(root)
    # The bundle's own detrlab, not that of the environment.
    own = str(server.week1(root, "fresh").parent)
    with server.jupyterlab(root, PYTHONPATH=own) as (address, token):
        yield address, token, root


@pytest.fixture
def lab(chromium, served):
    """Return a JupyterLab in a page of its own."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    yield Lab(page, *served)
    page.close()


@pytest.fixture
def week1(served):
    """Return the folder of notebooks of a course: week1("fresh") or week1("solved")."""
    return lambda name: server.week1(served[2], name)

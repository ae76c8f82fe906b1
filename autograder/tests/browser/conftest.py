"""JupyterLab on what a student gets, and for each test a browser page of its own."""

import pytest

from autograder.tests.browser import server
from autograder.tests.browser.lab import Lab


@pytest.fixture(scope="session")
def chromium():
    """Start Chromium; skip the test where it is not installed."""
    if server.CHROMIUM is None:
        pytest.skip("No Chromium here. On Debian: apt-get install chromium")
    with server.chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def bundle_server(tmp_path_factory):
    """Serve the students' bundle, fresh and solved."""
    root = tmp_path_factory.mktemp("courses")
    server.unpack_bundle(root)
    # The bundle's own detrlab, not that of the environment.
    package_folder = server.week1(root, "fresh").parent
    with server.jupyterlab(root, PYTHONPATH=str(package_folder)) as running:
        yield running


@pytest.fixture
def lab(chromium, bundle_server):
    """Return a JupyterLab in a page of its own."""
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    yield Lab(page, bundle_server)
    page.close()


@pytest.fixture
def week1(bundle_server):
    """Return the folder of notebooks of a course: week1("fresh") or week1("solved")."""
    return lambda name: server.week1(bundle_server.folder, name)

"""`make lab`: the server answers, a notebook runs in a kernel, nbgrader validates."""

import json
import re
import urllib.request

import pytest
from jupyter_client import BlockingKernelClient

from autograder.authoring.sources import code_cells
from autograder.tests.end_to_end.server import Server, running_server
from autograder.workspace.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
STEP = "03_encoder"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run `make lab` without a browser."""
    folder = tmp_path_factory.mktemp("runtime")
    flags = "LAB_FLAGS=--no-browser --port=0 --ServerApp.port_retries=0"
    environment = {"JUPYTER_RUNTIME_DIR": str(folder)}
    with running_server(["make", "lab", flags], ROOT, folder, environment) as server:
        yield server


def request_json(server: Server, path: str, body: dict | None = None) -> dict:
    """Send a request to the server's API, POST where there is a body; return the JSON of the response."""
    request = urllib.request.Request(
        server.url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {server.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.loads(response.read())


def test_server_reports_its_status(server):
    assert request_json(server, "/api/status")["started"]


def test_server_finds_notebook_of_step(server):
    content = request_json(server, f"/api/contents/week1/{STEP}.ipynb?content=0")
    assert content["type"] == "notebook"


def test_lab_disables_extension_for_authors_and_keeps_validation(server):
    with urllib.request.urlopen(f"{server.url}/lab?token={server.token}", timeout=300) as response:
        page = response.read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert "@jupyter/nbgrader:create-assignment" in config["disabledExtensions"]
    assert "@jupyter/nbgrader:validate-assignment" not in config["disabledExtensions"]


def test_untouched_notebook_runs_up_to_first_check_in_kernel_of_server(server):
    """The check then reports in one line that the answer is not written yet."""
    session = {
        "path": f"week1/{STEP}.ipynb",
        "type": "notebook",
        "name": STEP,
        "kernel": {"name": "python3"},
    }
    kernel = request_json(server, "/api/sessions", session)["kernel"]["id"]
    client = BlockingKernelClient(connection_file=str(server.folder / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    messages = []
    for cell in code_cells(STEP):
        if cell.role == "tests":
            break
        source = re.sub(
            r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError", cell.source, flags=re.S
        )
        reply = client.execute_interactive(source, timeout=120, output_hook=messages.append)
        assert reply["content"]["status"] == "ok", reply["content"]
    reply = client.execute_interactive(
        cell.source.partition("\n")[0], timeout=120, output_hook=messages.append
    )
    client.stop_channels()
    assert reply["content"]["traceback"] == ["○ encoder_layer: nothing here yet"]
    assert not [message for message in messages if message["content"].get("name") == "stderr"]


def test_nbgrader_validation_reports_unwritten_answer(server):
    response = request_json(server, "/assignments/validate", {"path": f"week1/{STEP}.ipynb"})
    assert response["success"], response["value"]
    result = json.dumps(response["value"], ensure_ascii=False)
    assert "encoder_layer: nothing here yet" in result

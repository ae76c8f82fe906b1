"""`make lab`: the server answers, a kernel is found, a notebook runs, nbgrader validates."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import pytest
from jupyter_client import BlockingKernelClient

from autograder.authoring.sources import code_cells
from autograder.workspace.paths import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
STEP = "03_encoder"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start `make lab` without a browser; return the server's address with its token."""
    runtime = tmp_path_factory.mktemp("runtime")
    log = runtime / "log"
    flags = "LAB_FLAGS=--no-browser --port=0 --ServerApp.port_retries=0"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["make", "lab", flags],
            cwd=ROOT,
            stdout=output,
            stderr=output,
            env=os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime)},
            start_new_session=True,
        )
    try:
        yield wait_for_address(log, process), runtime
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for_address(log, process) -> tuple[str, str]:
    pattern = re.compile(r"(http://(?:localhost|127\.0\.0\.1):\d+)/\S*\?token=(\w+)")
    for _ in range(240):
        if found := pattern.search(log.read_text()):
            return found[1], found[2]
        assert process.poll() is None, log.read_text()
        time.sleep(0.5)
    raise AssertionError(log.read_text())


def ask(server, path: str, body: dict | None = None) -> dict:
    (address, token), _ = server
    request = urllib.request.Request(
        address + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        return json.loads(response.read())


def test_the_server_answers(server):
    assert ask(server, "/api/status")["started"]


def test_the_start_notebook_is_there(server):
    content = ask(server, f"/api/contents/week1/{STEP}.ipynb?content=0")
    assert content["type"] == "notebook"


def test_learners_see_nothing_that_is_for_authors(server):
    (address, token), _ = server
    with urllib.request.urlopen(f"{address}/lab?token={token}", timeout=300) as response:
        page = response.read().decode()
    config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.S)[1])
    assert "@jupyter/nbgrader:create-assignment" in config["disabledExtensions"]
    assert "@jupyter/nbgrader:validate-assignment" not in config["disabledExtensions"]


def test_a_notebook_runs_up_to_its_first_check(server):
    """The untouched notebook runs in a kernel of the server, and its check says ○ in one line."""
    session = {
        "path": f"week1/{STEP}.ipynb",
        "type": "notebook",
        "name": STEP,
        "kernel": {"name": "python3"},
    }
    kernel = ask(server, "/api/sessions", session)["kernel"]["id"]
    client = BlockingKernelClient(connection_file=str(server[1] / f"kernel-{kernel}.json"))
    client.load_connection_file()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    said = []
    for cell in code_cells(STEP):
        if cell.role == "tests":
            break
        source = re.sub(
            r"### BEGIN SOLUTION.*?### END SOLUTION", "raise NotImplementedError", cell.source, flags=re.S
        )
        reply = client.execute_interactive(source, timeout=120, output_hook=said.append)
        assert reply["content"]["status"] == "ok", reply["content"]
    reply = client.execute_interactive(
        cell.source.partition("\n")[0], timeout=120, output_hook=said.append
    )
    client.stop_channels()
    assert reply["content"]["traceback"] == ["○ encoder_layer: nothing here yet"]
    assert not [m for m in said if m["content"].get("name") == "stderr"]


def test_nbgrader_validates(server):
    answer = ask(server, "/assignments/validate", {"path": f"week1/{STEP}.ipynb"})
    assert answer["success"], answer["value"]
    result = json.dumps(answer["value"], ensure_ascii=False)
    assert "encoder_layer: nothing here yet" in result

"""Start a JupyterLab server, and stop it at the end."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ADDRESS = re.compile(r"(http://(?:localhost|127\.0\.0\.1):\d+)/\S*\?token=(\w+)")


@dataclass(frozen=True)
class Server:
    """A running server: its address, its token, and the folder that holds its log."""

    url: str
    token: str
    folder: Path


@contextmanager
def running_server(
    command: list[str], cwd: Path, folder: Path, environment: dict[str, str]
) -> Iterator[Server]:
    """Run a command that starts a server.

    Args:
        command: prints the server's address with its token.
        cwd: where to run it.
        folder: gets its output, in the file "log".
        environment: variables in addition to those of this process.
    """
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdout=output,
            stderr=output,
            env=os.environ | environment,
            start_new_session=True,
        )
    try:
        url, token = wait_for_address(log, process)
        yield Server(url, token, folder)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for_address(log: Path, process: subprocess.Popen) -> tuple[str, str]:
    """Return the address and the token that a server writes to its log; wait up to two minutes."""
    for _ in range(240):
        if address := ADDRESS.search(log.read_text()):
            return address[1], address[2]
        assert process.poll() is None, log.read_text()
        time.sleep(0.5)
    raise AssertionError(log.read_text())

"""Other users of the machine get nothing from the processes that judge."""

import http.client
import logging
import socket
import ssl
from collections.abc import Iterator

import psutil
import pytest
from distributed.protocol import deserialize, serialize

from autograder.judging.cache import VerdictCache
from autograder.judging.job import Job, judge_job
from autograder.judging.workers import LOOPBACK, connect
from autograder.sandbox.availability import SETTING, SandboxUnavailable

SEED = 0xFEED_5EED_0123_4567_89AB_CDEF
PATHS = ["/", "/status", "/health", "/metrics", "/info/main/workers.html", "/info/logs/x.html"]
PATHS += ["/json/counts.json", "/json/identity.json", "/individual-task-stream"]


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[int, str]]:
    """The ports at which the scheduler and a worker listen, with their addresses."""
    process = psutil.Process()
    before = {connection.laddr for connection in process.net_connections()}
    with connect(processes=1) as client:
        client.wait_for_workers(1, timeout=120)
        own = [process, *process.children(recursive=True)]
        found = {c.laddr for each in own for c in each.net_connections() if c.status == "LISTEN"}
        yield {address.port: address.ip for address in found - before}


@pytest.mark.slow
def test_judging_processes_listen_on_this_machine_only(ports):
    assert len(ports) >= 3, "scheduler, nanny, worker"
    assert set(ports.values()) == {LOOPBACK}


@pytest.mark.slow
def test_judging_processes_answer_nobody_without_the_key_of_this_run(ports):
    """Neither plain text nor TLS with a key of one's own gets an answer, nor does a browser."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for port in ports:
        with socket.create_connection((LOOPBACK, port), timeout=5) as line:
            try:
                with context.wrap_socket(line) as secure:
                    secure.sendall(b"x" * 64)
                    assert secure.recv(100) == b"", (
                        "TLS 1.3 refuses a missing certificate at the first read"
                    )
            except (ssl.SSLError, OSError):
                pass
        for path in PATHS:
            assert answer_to(port, path) in ("", "404"), path
        assert answer_to(port, "/sitemap.json") in ("", '200 {"paths": ["/sitemap.json"]}')


def answer_to(port: int, path: str) -> str:
    """Return what a browser gets: the status and perhaps the page; empty where no HTTP is spoken."""
    browser = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        browser.request("GET", path)
        response = browser.getresponse()
        page = response.read().decode()
        return f"{response.status} {page}" if response.status != 404 else "404"
    except (http.client.HTTPException, OSError):
        return ""
    finally:
        browser.close()


def a_job(**options) -> Job:
    notebooks = {"03_encoder": {"cells": [{"source": "a student's answer"}], "metadata": {}}}
    return Job("ada", "judge", SEED, "another version", notebooks, {"a.ipynb": b"their file"}, **options)


def test_log_of_a_job_holds_neither_seed_nor_answers(tmp_path, caplog):
    """Dask logs what a task was given when it fails."""
    job = a_job()
    with caplog.at_level(logging.WARNING):
        logging.getLogger("distributed.worker").warning("Compute Failed: args: %s", (job,))
        logging.getLogger("x").warning("%s %r", VerdictCache(tmp_path, "judge", SEED), job)
    for secret in (str(SEED), hex(SEED)[2:], "answer", "their file"):
        assert secret not in caplog.text
    assert deserialize(*serialize(job)) == job, "it goes to a worker whole"


def test_worker_without_a_sandbox_refuses_a_job_that_needs_one(monkeypatch):
    job = a_job(sandboxed=True)
    monkeypatch.setenv(SETTING, "1")
    monkeypatch.setattr("autograder.judging.job.course_version", lambda: job.version)
    with pytest.raises(SandboxUnavailable, match=f"A worker has {SETTING}=1 set.*Start it anew"):
        judge_job(job)

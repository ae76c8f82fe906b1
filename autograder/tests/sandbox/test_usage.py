"""What a sandbox uses is counted, whatever the code does to hide it; one student's total is bounded."""

import time

import pytest

from autograder.sandbox.endings import SandboxExited
from autograder.sandbox.limits import MIB
from autograder.sandbox.monitor import FILE_ENTRY, SOCKET_BUFFER
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import lookup
from autograder.sandbox.system_calls import number_of
from detrlab.cells.cell import Cell

pytestmark = [pytest.mark.slow, pytest.mark.sandbox]

SOURCE = """
import ctypes, mmap, os, signal, socket, threading, time

libc, held = ctypes.CDLL(None), []

def compute():
    end = time.thread_time() + 0.05
    while time.thread_time() < end:
        pass

def fork(then):
    if not (child := os.fork()):
        then()
        os._exit(0)
    return child

def wait_for(then):
    os.waitpid(fork(then), 0)

def clone(number, flags):
    if not libc.syscall(number, flags, 0, 0, 0, 0):
        compute()
        os._exit(0)

def thread(then):
    threading.Thread(target=then).start()

def repeat(way, clone_number):
    numbers["clone"] = clone_number
    for _ in range(10):
        ways[way]()
    time.sleep(1)  # orphans go on

numbers = {}
# Ways to compute for half a second in all, by processes or threads that are gone when somebody looks.
ways = {
    "children": lambda: wait_for(compute),
    "orphans": lambda: wait_for(lambda: fork(compute)),
    "orphans of another session": lambda: wait_for(lambda: (os.setsid(), fork(compute))),
    "adopted orphans": lambda: (libc.prctl(36, 1), wait_for(lambda: fork(compute))),
    "children that nobody waits for": lambda: fork(compute),
    "ignored children": lambda: (signal.signal(signal.SIGCHLD, signal.SIG_IGN), wait_for(compute)),
    "ignored orphans": lambda: wait_for(
        lambda: (signal.signal(signal.SIGCHLD, signal.SIG_IGN), wait_for(compute))
    ),
    "children that end without a signal": lambda: clone(numbers["clone"], 0),
    "siblings": lambda: clone(numbers["clone"], 0x8000 | 17),
    "threads": lambda: thread(compute),
    "threads of children": lambda: wait_for(lambda: (thread(compute), time.sleep(0.2))),
}

def hold(what, exit_number):
    if what == "sockets":
        held.extend(socket.socketpair() for _ in range(50))
        return
    if what == "empty files":
        for number in range(1000):
            os.mknod(f"{number}")
        return
    ready = os.pipe()

    def allocate():
        held.append(b"x" * (200 * 2**20))
        os.write(ready[1], b"x")
        time.sleep(600)

    def go_on_without_the_first_thread():
        thread(allocate)
        libc.syscall(exit_number, 0)

    fork(go_on_without_the_first_thread if what == "second thread" else allocate)
    os.read(ready[0], 1)
    time.sleep(0.1)
"""
WAYS = (
    *("children", "orphans", "orphans of another session", "adopted orphans"),
    *("children that nobody waits for", "ignored children", "ignored orphans"),
    *("children that end without a signal", "siblings", "threads", "threads of children"),
)
CELLS = [Cell(SOURCE, "todo", "x")]
STEP, OTHER_STEP = "03_encoder", "04_decoder"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        sandbox.start()
        yield sandbox


@pytest.mark.parametrize("way", WAYS)
def test_computing_time_is_counted(sandbox, way):
    before = sandbox.meter.look().cpu_seconds
    with sandbox.session(STEP, CELLS) as session:
        lookup(session, "repeat")(way, number_of("clone"))
    assert sandbox.meter.look().cpu_seconds - before > 0.45
    assert sandbox.usage["cpu_seconds"] > 0.45


@pytest.mark.parametrize(
    ("what", "least"),
    [
        ("child", 200 * MIB),
        ("second thread", 200 * MIB),
        ("sockets", 100 * SOCKET_BUFFER),
        ("empty files", 1000 * FILE_ENTRY),
    ],
)
def test_memory_is_counted(sandbox, what, least):
    with sandbox.session(STEP, CELLS) as session:
        hold = lookup(session, "hold")
        before = sandbox.meter.look().memory
        hold(what, number_of("exit"))
        assert sandbox.meter.look().memory - before >= least


def test_session_is_stopped_when_the_time_of_its_step_is_used_up(sandbox):
    sandbox.spent = {STEP: sandbox.limits.step_seconds - 3}
    with pytest.raises(SandboxExited, match="has used up the time") as stopped:
        with sandbox.session(STEP, CELLS) as session:
            lookup(session, "time").sleep(60)
    assert stopped.value.is_flaky  # a person looks
    began = time.monotonic()
    with pytest.raises(SandboxExited, match="has used up the time"), sandbox.session(STEP, CELLS):
        raise AssertionError("there is no session")
    assert time.monotonic() - began < 1
    with sandbox.session(OTHER_STEP, CELLS) as session:  # one step does not use up the time of others
        assert lookup(session, "compute")() is None


def test_all_steps_together_are_bounded(sandbox):
    sandbox.spent = {f"step {number}": sandbox.limits.step_seconds / 2 for number in range(6)}
    with pytest.raises(SandboxExited, match="has used up the time") as stopped:
        with sandbox.session(STEP, CELLS):
            raise AssertionError("there is no session")
    assert stopped.value.is_flaky


def test_every_second_of_a_session_counts(sandbox):
    sandbox.spent = {}
    for _ in range(3):
        with sandbox.session(STEP, CELLS) as session:
            lookup(session, "time").sleep(0.05)  # shorter than between two looks
    assert sandbox.spent[STEP] >= 0.15

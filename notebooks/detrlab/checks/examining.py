"""Examine an answer: run its probe in every case, compare, then once more with the same objects."""

import contextlib
import signal
import threading
import time
from _thread import interrupt_main
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from detrlab.checks.errors import CheckFailed
from detrlab.checks.observing import Outcome, observe, use_again, watch
from detrlab.checks.probing import Case, Probe
from detrlab.checks.recognising import Slip, judge

AGAIN = "Right at first, but not when it is used again: does it keep something from an earlier call?"

CPU_SECONDS, SECONDS = 30.0, 90.0  # of a check in the notebook, which takes a second or two


def examine(
    probe: Probe,
    learner: Any,
    cases: Sequence[Case],
    right: Sequence[Outcome],
    slips: Iterable[Slip],
    public: Sequence[Outcome] | None = None,
) -> None:
    """Compare what a learner's function or class does in all cases with what is right.

    The second time the cases come in reverse, and a class gives out the objects that it has made: so they
    have seen other weights and other inputs.

    Args:
        probe: of the exercise.
        learner: the function or class, or a proxy of one in another process.
        cases, right: the inputs, and the outcome of the solution in each.
        slips: the known wrong answers, with their outcomes in the same cases.
        public: of a hidden check the right outcomes of the notebook's, by case: whatever else is right
            stays secret.

    Raises:
        NothingYet: if the exercise is still the stub.
        CheckFailed: with a message that says what is wrong.
        CheckAborted: if an observation could not be made.
    """
    watched = watch(learner, probe.reserved)
    judge([observe(probe, watched, case) for case in cases], right, slips, public)
    if probe.is_long:
        return
    use_again(watched)
    again = [observe(probe, watched, case) for case in reversed(cases)]
    try:
        judge(again, list(reversed(right)), (), public and list(reversed(public)))
    except CheckFailed as failure:
        failure.args = (f"{AGAIN} {failure}",)
        if failure.case:
            failure.case = len(cases) + 1 - failure.case
        raise


@contextlib.contextmanager
def time_limit(cpu_seconds: float = CPU_SECONDS, seconds: float = SECONDS) -> Iterator[None]:
    """Stop a block that takes too long, as the stop button of the notebook does; in the main thread only.

    Raises:
        CheckFailed: if it was stopped.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    over, lock, interrupts = threading.Event(), threading.Lock(), []
    started, cpu_started = time.monotonic(), time.process_time()

    def interrupt_if_late() -> None:
        while not over.wait(0.5):
            late = time.monotonic() - started > seconds or time.process_time() - cpu_started > cpu_seconds
            with lock:
                if late and not over.is_set():  # again, if the code goes on after an interrupt
                    interrupts.append(True)
                    interrupt_main_thread()

    def end() -> None:
        with lock:
            over.set()

    threading.Thread(target=interrupt_if_late, daemon=True).start()
    try:
        try:
            yield
        finally:
            end()
    except KeyboardInterrupt:
        end()
        if not interrupts:
            raise
        raise CheckFailed(
            f"Stopped after {time.monotonic() - started:.0f} seconds: on the small inputs of a check "
            "your code should take one or two. Does a loop never end, or a training ignore num_steps?"
        ) from None


def interrupt_main_thread() -> None:
    """Raise KeyboardInterrupt in the main thread; where threads get signals, also while it sleeps."""
    if hasattr(signal, "pthread_kill") and (main := threading.main_thread().ident):
        signal.pthread_kill(main, signal.SIGINT)
    else:
        interrupt_main()

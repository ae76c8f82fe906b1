"""The wire between grader and sandbox, fuzzed: whatever a sandbox replies, the grader gives a verdict.

A session answers in this process, and its replies are corrupted; the variable WIRE_FRAMES sets how many
the slow test corrupts.
"""

import io
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import code_cells
from autograder.judging.judge import Verdict, judge_exercise
from autograder.sandbox import worker
from autograder.sandbox.process import Sandbox
from autograder.sandbox.remote import value_of
from autograder.tests.sandbox.corruption import CORRUPTIONS
from detrlab.checks.wire import HEADER, ProtocolError, read_frame, write_frame

EXERCISES = ["box_cxcywh_to_xyxy", "encoder_layer"]
MORE_EXERCISES = ["generalized_box_iou", "heads", "matcher", "detr_collate", "build_optimizer", "predict"]
STATES = {"passed", "failed", "untouched", "aborted", "flaky"}

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, -1, 10**6, 2**31, 10**300]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["\x1b[2J\x00\u202e\ud800", "0", "nan", "✓" * 100_000, "value", "__class__"]),
    st.sampled_from([{"tensor": "0"}, {"tensor": "7"}, {"number": "nan"}, {"object": -1}]),
    st.sampled_from([{"object": 10**18}, {"dict": [[[], 1]]}, {"dict": [1]}, {"dict": [[1, 2, 3]]}]),
    st.sampled_from([{"tuple": 3}, {"object": 0, "kind": {"a": 1}}, {"error": []}, {"ended": "x"}]),
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["value", "a"]), inner),
    max_leaves=8,
)
shapes = st.sampled_from([(), (0,), (1,), (0, 4), (5, 4), (4, 5), (1, 1, 1, 1, 1), (2, 0, 3), (3, 4, 4)])


@dataclass(frozen=True)
class Plan:
    """Which replies are corrupted, from the first one on, and what with."""

    first: int
    every: int
    seed: int
    drawn: Any


plans = st.builds(
    Plan,
    first=st.integers(1, 60),
    every=st.sampled_from([1, 2, 5, 1000]),
    seed=st.integers(0, 2**32),
    drawn=st.one_of(values, shapes),
)
OPTIONS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


class CorruptingSandbox(Sandbox):
    """A sandbox that answers in this process, and corrupts replies as it is planned."""

    def __init__(self, plan: Plan):
        super().__init__()
        self.plan, self.chance = plan, random.Random(plan.seed)
        self.replied, self.corrupted = 0, 0

    @contextmanager
    def session(self, step, cells, seconds=None, others=None, stand_ins=()) -> Iterator[Sandbox]:
        self.answering = worker.Session(step, {step: cells}, stand_ins)
        self.received = 0
        self.requests, self.answers = io.BytesIO(), io.BytesIO()
        self.replies = self
        yield self

    def read(self, length: int) -> bytes:
        """Serve bytes of the reply; where there are none, read the request and answer it first."""
        part = self.answers.read(length)
        if part or not self.requests.tell():
            return part
        self.requests.seek(0)
        request, tensors = read_frame(self.requests)
        self.requests.seek(0)
        self.requests.truncate()
        self.answers = io.BytesIO(self.reply(request, tensors))
        return self.answers.read(length)

    def reply(self, request: dict, tensors: dict) -> bytes:
        """Return the frame of a reply, corrupted if it is its turn."""
        frame = io.BytesIO()
        try:
            write_frame(frame, *self.answering.answer(request, tensors))
        except Exception as error:
            write_frame(frame, {"error": worker.describe(error, {})}, {})
        self.replied += 1
        if self.replied < self.plan.first or (self.replied - self.plan.first) % self.plan.every:
            return frame.getvalue()
        self.corrupted += 1
        return self.chance.choice(CORRUPTIONS)(frame.getvalue(), self.chance, self.plan.drawn)


def judge_solution(name: str, sandbox: Sandbox) -> Verdict:
    """Return the verdict on the solution of an exercise."""
    step, _ = step_of(name)
    exercise = next(exercise for exercise in exercises_of(step) if exercise.name == name)
    return judge_exercise(step, exercise, code_cells(step), sandbox, seed=11)


def assert_corruption_gives_a_verdict(exercise: str, plan: Plan) -> int:
    """Judge a solution whose replies are corrupted; return how many were."""
    with CorruptingSandbox(plan) as sandbox:
        verdict = judge_solution(exercise, sandbox)
        assert verdict.state in STATES
        assert verdict.credit == (1.0 if verdict.state == "passed" else 0.0)
        assert verdict.needs_review == (verdict.state == "flaky")
        assert "the check itself broke" not in verdict.message
        lines = verdict.message.split("\n")
        assert all(line.isprintable() for line in lines) and len(verdict.message) < 10_000
        json.dumps(verdict.message).encode("utf-8")
        return sandbox.corrupted


@pytest.mark.parametrize("exercise", EXERCISES)
def test_solution_with_intact_replies_passes(exercise):
    with CorruptingSandbox(Plan(first=10**9, every=1, seed=0, drawn=None)) as sandbox:
        assert judge_solution(exercise, sandbox).state == "passed"


@pytest.mark.slow
@settings(max_examples=100, **OPTIONS)
@given(st.sampled_from(EXERCISES), plans)
def test_corrupted_replies_give_a_verdict(exercise, plan):
    assert_corruption_gives_a_verdict(exercise, plan)


@pytest.mark.slow
def test_thousands_of_corrupted_replies_give_verdicts():
    wanted, corrupted = int(os.environ.get("WIRE_FRAMES", "3000")), 0

    @settings(max_examples=200, **OPTIONS)
    @given(st.sampled_from(EXERCISES + MORE_EXERCISES), plans)
    def corrupt_more(exercise, plan):
        nonlocal corrupted
        corrupted += assert_corruption_gives_a_verdict(exercise, plan)

    while corrupted < wanted:
        corrupt_more()
        print(f"{corrupted} frames corrupted", flush=True)


def test_frame_is_read_as_it_was_written():
    pipe = io.BytesIO()
    write_frame(pipe, {"a": [1, None]}, {"0": torch.arange(3)})
    pipe.seek(0)
    data, tensors = read_frame(pipe)
    assert data == {"a": [1, None]} and torch.equal(tensors["0"], torch.arange(3))
    with pytest.raises(EOFError):
        read_frame(pipe)


@given(st.binary(max_size=60), st.integers(0, 2**32 - 1), st.integers(0, 60))
def test_arbitrary_bytes_give_a_frame_or_an_error_that_is_handled(content, text, blob):
    for raw in (content, HEADER.pack(min(text, len(content)), blob) + content, HEADER.pack(text, blob)):
        try:
            data, tensors = read_frame(io.BytesIO(raw))
            if isinstance(data, dict):
                value_of(None, data | {"value": data}, tensors)
        except (ProtocolError, EOFError):
            pass

"""The wire between grader and sandbox, fuzzed: whatever a sandbox replies, the grader comes to a verdict.

An honest session answers in this process, and its replies are spoilt on the way: in their bytes, in the
structure of their JSON, in their tensors. WIRE_FRAMES=20000 spoils as many as one likes.
"""

import io
import json
import os
import random
import struct
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save

from autograder.authoring.exercises import exercises_of, step_of
from autograder.authoring.sources import code_cells
from autograder.judging.judge import Verdict, judge_exercise
from autograder.sandbox import worker
from autograder.sandbox.process import Sandbox
from detrlab.checks.wire import HEADER, LIMIT, TEXT_LIMIT, read_frame, write_frame

EXERCISES = ["box_cxcywh_to_xyxy", "encoder_layer"]
MORE = ["generalized_box_iou", "heads", "matcher", "detr_collate", "build_optimizer", "predict"]
STATES = {"passed", "failed", "untouched", "aborted", "flaky"}
TYPES = [getattr(torch, name) for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype)]

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
data = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["value", "a"]), inner),
    max_leaves=8,
)
shapes = st.sampled_from([(), (0,), (1,), (0, 4), (5, 4), (4, 5), (1, 1, 1, 1, 1), (2, 0, 3), (3, 4, 4)])


def spoil_bytes(frame: bytes, chance: random.Random, _: Any) -> bytes:
    """Cut a frame, change its bytes, or lie about its lengths."""
    cut = chance.randrange(len(frame) + 1)
    match chance.randrange(5):
        case 0:
            return frame[:cut]
        case 1:
            return frame[:cut] + chance.randbytes(8) + frame[cut + 8 :]
        case 2:
            lengths = [chance.choice([0, 1, 7, len(frame), TEXT_LIMIT, LIMIT, 2**32 - 1]) for _ in "ab"]
            return HEADER.pack(*lengths) + frame[HEADER.size :]
        case 3:
            return chance.randbytes(chance.randrange(60))
    return frame + frame[:cut]


def spoil_json(frame: bytes, chance: random.Random, drawn: Any) -> bytes:
    """Put something else at one place of the JSON, take the place away, or nest it deeply."""
    reply, blob = split(frame)
    places = [(reply, key) for key in reply]
    for holder, key in places:  # grows while it is walked
        inner = holder[key]
        if isinstance(inner, dict | list):
            places += [(inner, k) for k in (inner if isinstance(inner, dict) else range(len(inner)))]
    holder, key = chance.choice(places)
    if chance.random() < 0.2:
        del holder[key]
    elif chance.random() < 0.1:
        for _ in range(chance.choice([10, 500, 3000])):
            drawn = [drawn]
        holder[key] = drawn
    else:
        holder[key] = drawn
    try:
        text = json.dumps(reply).encode()
    except RecursionError:
        text = b"[" * 100_000
    return HEADER.pack(len(text), len(blob)) + text + blob


def spoil_tensors(frame: bytes, chance: random.Random, shape: Any) -> bytes:
    """Hand over tensors of other shapes, types, names and numbers, or a header that makes no sense."""
    reply, blob = split(frame)
    names = [str(number) for number in range(chance.choice([1, 1, 3, 40]))]
    shape = shape if isinstance(shape, tuple) else (2, 2)
    tensors = {}
    for name in names:
        numbers = torch.full(shape, chance.choice([0.0, 1e30, float("nan"), float("inf"), -1.0]))
        try:
            tensors[name] = numbers.to(chance.choice(TYPES))
            save({name: tensors[name]})
        except Exception:  # a type that torch or safetensors cannot write
            tensors[name] = numbers
    blob = save(tensors)
    if chance.random() < 0.3:
        kind = chance.choice(["F64", "F8_E4M3", "F8_E8M0", "F4", "C64", "BOOL", "X", "I64"])
        sizes = chance.choice([[0], [-1], [2**62], [0, 2**60], [1, 4], [2**32, 2**32]])
        ends = chance.choice([[0, 8], [8, 0], [0, 2**60], [-8, 8], [0, 0]])
        header = json.dumps({"0": {"dtype": kind, "shape": sizes, "data_offsets": ends}}).encode()
        length = chance.choice([len(header), 2**62, 0, len(header) + 100])
        blob = struct.pack("<Q", length) + header + bytes(8)
    if chance.random() < 0.7:
        reply = {"value": {"tensor": "0"}, "with_gradient": names, "call": chance.choice([0, -1, "x"])}
    text = json.dumps(reply).encode()
    return HEADER.pack(len(text), len(blob)) + text + blob


def split(frame: bytes) -> tuple[dict, bytes]:
    """Return a frame's JSON, as data, and the bytes of its tensors."""
    length, _ = HEADER.unpack(frame[: HEADER.size])
    return json.loads(frame[HEADER.size : HEADER.size + length]), frame[HEADER.size + length :]


SPOILERS: list[Callable] = [spoil_bytes, spoil_json, spoil_json, spoil_tensors]


class LyingSandbox(Sandbox):
    """A sandbox that answers in this process, honestly except where it is told to spoil a reply."""

    def __init__(self, first: int, every: int, seed: int, drawn: Any):
        super().__init__()
        self.first, self.every, self.chance, self.drawn = first, every, random.Random(seed), drawn
        self.number, self.spoilt = 0, 0

    @contextmanager
    def session(self, step, cells, seconds=None, others=None):
        self.honest = worker.Session(step, cells, {})
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
        out = io.BytesIO()
        try:
            write_frame(out, *self.honest.answer(request, tensors))
        except Exception as error:
            write_frame(out, {"error": worker.describe(error)}, {})
        self.number += 1
        if self.number < self.first or (self.number - self.first) % self.every:
            return out.getvalue()
        self.spoilt += 1
        return self.chance.choice(SPOILERS)(out.getvalue(), self.chance, self.drawn)


def judged(exercise: str, sandbox: Sandbox) -> Verdict:
    step, _ = step_of(exercise)
    found = next(e for e in exercises_of(step) if e.name == exercise)
    return judge_exercise(step, found, code_cells(step), sandbox, seed=11)


def check(exercise: str, first: int, every: int, seed: int, drawn: Any) -> int:
    """Judge a right answer whose replies are spoilt; return how many were."""
    with LyingSandbox(first, every, seed, drawn) as sandbox:
        verdict = judged(exercise, sandbox)
        assert verdict.state in STATES
        assert verdict.credit == (1.0 if verdict.state == "passed" else 0.0)
        assert verdict.needs_review == (verdict.state == "flaky")
        assert "the check itself broke" not in verdict.message
        lines = verdict.message.split("\n")
        assert all(line.isprintable() for line in lines) and len(verdict.message) < 10_000
        json.dumps(verdict.message).encode("utf-8")
        return sandbox.spoilt


HOW = (
    st.integers(1, 60),
    st.sampled_from([1, 2, 5, 1000]),
    st.integers(0, 2**32),
    st.one_of(data, shapes),
)
OPTIONS = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_an_honest_box_passes(exercise):
    with LyingSandbox(10**9, 1, 0, None) as sandbox:
        assert judged(exercise, sandbox).state == "passed"


@settings(max_examples=100, **OPTIONS)
@given(st.sampled_from(EXERCISES), *HOW)
def test_a_few_spoilt_frames_end_in_verdicts(exercise, first, every, seed, drawn):
    check(exercise, first, every, seed, drawn)


@pytest.mark.slow
def test_thousands_of_spoilt_frames_end_in_verdicts():
    wanted, spoilt = int(os.environ.get("WIRE_FRAMES", "3000")), 0

    @settings(max_examples=200, **OPTIONS)
    @given(st.sampled_from(EXERCISES + MORE), *HOW)
    def more(exercise, first, every, seed, drawn):
        nonlocal spoilt
        spoilt += check(exercise, first, every, seed, drawn)

    while spoilt < wanted:
        more()
        print(f"{spoilt} frames spoilt", flush=True)

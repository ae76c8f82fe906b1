"""What passes in the notebook passes when graded, however the cells are cut up and whatever was added.

Each case is a list of cells as (role, source); ANSWER stands for the solution of an exercise.
"""

import pytest

from autograder.authoring.exercises import exercises_of
from autograder.authoring.sources import code_cells
from autograder.judging.judge import judge
from autograder.judging.verdict import State
from autograder.sandbox.limits import Limits
from autograder.sandbox.process import Sandbox

pytestmark = pytest.mark.slow  # a process for every case

STEP = "03_encoder"
SOLUTION = {cell.name: cell.source for cell in code_cells(STEP) if cell.role in ("todo", "locked")}
SETUP, LAYER, STACK = SOLUTION["setup"], SOLUTION["encoder_layer"], SOLUTION["encoder"]
STUB_LAYER = """class TransformerEncoderLayer(nn.Module):
    def __init__(self, d_model, n_heads, dim_ff, dropout=0.1):
        super().__init__()
        raise NotImplementedError

    def forward(self, src, pos):
        raise NotImplementedError"""
STUB_STACK = STUB_LAYER.replace("Layer", "")
USES_HELPER = LAYER.replace("q = k = src + pos", "q = k = helper(src, pos)")
HELPER = "def helper(a, b):\n    return a + b"
ON_DEVICE = LAYER.replace("q = k = src + pos", "src = src.to(device)\n        q = k = src + pos")
assert USES_HELPER != LAYER != ON_DEVICE


def notebook(*cells: tuple[str, str]) -> list[dict]:
    """Return code cells as nbformat has them, behind the given setup cell."""
    made = []
    for role, source in (("locked_setup", SETUP), *cells):
        metadata = {"nbgrader": {"grade_id": role}} if "_" in role else {"tags": [role]}
        made.append({"cell_type": "code", "source": source, "metadata": metadata})
    return made


def layer(source: str, *added: str, stack: str = STACK) -> list[dict]:
    """Return a notebook with helper cells, an answer to TODO 1 and one to TODO 2."""
    helpers = [("helper", text) for text in added]
    return notebook(*helpers, ("todo_encoder_layer", source), ("todo_encoder", stack))


RIGHT = {
    "helper bound in if and else": layer(
        ON_DEVICE,
        "if torch.cuda.is_available():\n    device = 'cuda'\nelse:\n    device = torch.device('cpu')",
    ),
    "helper bound in a loop": layer(ON_DEVICE, "for device in ('cuda', 'cpu'):\n    pass"),
    "helper bound in try": layer(
        ON_DEVICE, "try:\n    device = nothing\nexcept NameError:\n    device = 'cpu'"
    ),
    "helper bound in with": layer(ON_DEVICE, "with torch.no_grad() as nobody:\n    device = 'cpu'"),
    "helper bound by walrus": layer(ON_DEVICE, "print(device := 'cpu')"),
    "helper bound by unpacking": layer(ON_DEVICE, "(other, *more), device = ('a', 'b'), 'cpu'"),
    "helper bound by globals": layer(ON_DEVICE, "globals()['device'] = 'cpu'"),
    "helper bound by exec": layer(USES_HELPER, f"exec({HELPER!r})"),
    "helper bound by a star import": layer(
        LAYER.replace("q = k = src + pos", "q = k = src + pos * floor(1.5)"), "from math import *"
    ),
    "helper bound by a call": layer(
        USES_HELPER, "def make():\n    return lambda a, b: a + b\nhelper = make()"
    ),
    "helper kept in a dict": layer(
        LAYER.replace("q = k = src + pos", "q = k = TOOLS['add'](src, pos)"),
        "TOOLS = {}\nTOOLS['add'] = lambda a, b: a + b",
        "TOOLS.update(other=3)",
    ),
    "helper behind a missing package": layer(USES_HELPER, "import a_package_of_mine\n\n" + HELPER),
    "helper behind a missing file": layer(USES_HELPER, "text = open('my_notes.txt').read()\n" + HELPER),
    "helper beside a mounted drive": layer(
        USES_HELPER, "from google.colab import drive\ndrive.mount('/content/drive')\n" + HELPER
    ),
    "helper beside a training": layer(
        USES_HELPER, HELPER + "\nwhile True:\n    pass\nmodel = train(for_hours)"
    ),
    "helper in a demo": notebook(
        ("demo", HELPER + "\nprint(TransformerEncoder(n_layers=10**9))"),
        ("todo_encoder_layer", USES_HELPER),
        ("todo_encoder", STACK),
    ),
    "helper for scripts only": layer(
        USES_HELPER,
        f"if __name__ == '__main__':\n    {HELPER[:-1]}b".replace("\n    return", "\n        return"),
    ),
    "magics and shell lines": layer(
        LAYER.replace(
            "q = k = src + pos", "if True:\n            %matplotlib inline\n        q = k = src + pos"
        ),
        "%load_ext autoreload\n!pip install einops \\\n   --quiet\nfiles = !ls",
        "%time device = 'cpu'\nhelp?",
    ),
    "cell magic": layer("%%time\n" + LAYER),
    "cell of another language": layer(LAYER, "%%bash\nls -la\nfor f in *; do echo $f; done"),
    "future import in an earlier cell": layer(
        LAYER.replace("src: Tensor, pos: Tensor", "src: Missing, pos: Missing"),
        "from __future__ import annotations",
    ),
    "both classes in the first TODO": notebook(
        ("todo_encoder_layer", LAYER + "\n\n" + STACK), ("todo_encoder", "")
    ),
    "both classes in the second TODO": notebook(
        ("todo_encoder_layer", STUB_LAYER), ("todo_encoder", LAYER + "\n\n" + STACK)
    ),
    "first class repeated in the second TODO": layer(LAYER, stack=LAYER + "\n\n" + STACK),
    "second TODO gone, its class in an added cell": notebook(
        ("todo_encoder_layer", LAYER), ("helper", STACK)
    ),
    "class under another name": layer(
        LAYER.replace("class TransformerEncoderLayer", "class MyLayer")
        + "\nTransformerEncoderLayer = MyLayer"
    ),
    "class from a factory": layer(
        "def make():\n"
        + "\n".join(f"    {line}" for line in LAYER.split("\n"))
        + "\n    return TransformerEncoderLayer\nTransformerEncoderLayer = make()"
    ),
    "method set afterwards": layer(
        LAYER.replace("def forward", "def run"),
        stack="TransformerEncoderLayer.forward = TransformerEncoderLayer.run\n" + STACK,
    ),
    "guard that raises NotImplementedError": layer(
        LAYER.replace(
            "super().__init__()",
            "super().__init__()\n        if d_model % n_heads:\n            raise NotImplementedError",
        )
    ),
    "abstract base class": layer(
        "class Base(nn.Module):\n    def forward(self, src, pos):\n        raise NotImplementedError\n"
        + LAYER.replace("(nn.Module)", "(Base)")
    ),
    "compiled": layer(
        LAYER + "\nTransformerEncoderLayer.forward = torch.compile(TransformerEncoderLayer.forward)"
    ),
    "decorated": layer(
        "import functools\n"
        + LAYER
        + "\ninner = TransformerEncoderLayer.forward\n@functools.wraps(inner)"
        + "\ndef outer(*a, **k):\n    return inner(*a, **k)\nTransformerEncoderLayer.forward = outer"
    ),
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(Limits(seconds=20.0, total_seconds=3600.0)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("cells", RIGHT.values(), ids=RIGHT.keys())
def test_right_answer_passes_however_its_cells_are_cut(sandbox, cells):
    verdicts = judge(STEP, {"cells": cells}, sandbox, seed=3)
    assert {verdict.state for verdict in verdicts.values()} == {State.PASSED}, verdicts


ONE_WRONG = {
    "syntax error in the first": (layer(LAYER.replace("src + pos", "(src + pos", 1)), "SyntaxError"),
    "conflict marks in the first": (
        layer(f"<<<<<<< HEAD\n{LAYER}\n=======\nx\n>>>>>>> b"),
        "SyntaxError",
    ),
    "first ends the process": (layer("import os\nos._exit(0)"), "ended its process"),
    "first is a stub": (layer(STUB_LAYER), "nothing here yet"),
    "missing package is used": (
        layer(
            LAYER.replace("q = k = src + pos", "q = k = mine.add(src, pos)"), "import a_package as mine"
        ),
        "`import a_package as mine` failed first (ModuleNotFoundError: No module named 'a_package')",
    ),
}


@pytest.mark.parametrize(("cells", "words"), ONE_WRONG.values(), ids=ONE_WRONG.keys())
def test_mistake_costs_its_own_exercise_alone(sandbox, cells, words):
    verdicts = judge(STEP, {"cells": cells}, sandbox, seed=3)
    assert verdicts["encoder_layer"].state != State.PASSED
    assert words in verdicts["encoder_layer"].message
    assert verdicts["encoder"].state == State.PASSED, verdicts["encoder"]


def test_exercises_of_the_step_are_those_tested():
    assert [exercise.name for exercise in exercises_of(STEP)] == ["encoder_layer", "encoder"]

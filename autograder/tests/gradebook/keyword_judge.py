"""A judge that looks for words in the answers; it replaces the real one in the tests of grading."""

import time

from autograder.judging.answers import with_answers
from autograder.judging.verdict import State, Verdict
from detrlab.cells.cell import cell_from_json


def judge(
    step: str, notebook: dict, sandbox: object = None, seed: int = 0, folder: object = None
) -> dict[str, Verdict]:
    """Pass answers that return x; words in capitals make it fail, raise, exit or omit a verdict."""
    sources = {c["metadata"].get("nbgrader", {}).get("grade_id"): c["source"] for c in notebook["cells"]}
    verdicts = {}
    for name in ("layer", "stack"):
        source = sources[f"todo_{name}"]
        if "SLOW" in source:
            time.sleep(1)
        if "BREAK" in source:
            raise RuntimeError("the judge broke")
        if "EXIT" in source:
            raise SystemExit(3)
        if "NotImplementedError" in source:
            verdicts[name] = Verdict(State.UNTOUCHED, f"○ {name}: nothing here yet", 0.0)
        elif "return x" in source:
            verdicts[name] = Verdict(State.PASSED, f"✓ {name}", 1.0)
        elif "PYTHON" in source:
            version = notebook["metadata"]["language_info"]["version"]
            verdicts[name] = Verdict(State.FAILED, f"✗ {name}: Python {version}")
        elif "NAN" in source:
            verdicts[name] = Verdict(State.FAILED, "\x1b[31m✗ not a number\x1b[0m\x00", float("nan"))
        elif "TOO MUCH" in source:
            verdicts[name] = Verdict(State.FAILED, "", 7.0)
        elif "FORGET" not in source:
            verdicts[name] = Verdict(State.FAILED, f"✗ {name} does not return x.", 0.25)
    return with_answers(verdicts, [cell_from_json(cell) for cell in notebook["cells"]])

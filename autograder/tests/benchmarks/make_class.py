"""Make a class of any size that submits whole weeks, for measurements of grading.

    python -m autograder.tests.benchmarks.make_class COURSE STUDENTS

Makes the folder COURSE, which must not exist, with a release and an inbox. Of ten students four have
right answers, one has them written differently, two have known slips, one has written half of the week,
one nothing, and one has a damaged file or an attack among right answers. No two submissions are alike.
"""

import json
import shutil
import sys
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from autograder import demo
from autograder.authoring.release import make_release
from autograder.submissions.notebook_json import parse_notebook
from autograder.submissions.rebuild import Notebook
from autograder.tests.attacks.files import read_attacks
from detrlab.checkpoint import SHIPPED

KINDS = ["right", "right", "other", "slip", "right", "slip", "half", "right", "blank", "trouble"]
DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda data: data[:-300],
    lambda data: b"",
    lambda data: data.replace(b'"nbformat": 4', b'"nbformat": 3'),
    lambda data: data.replace(b"cell_type", b"\xff\xfe"),
    lambda data: b"<<<<<<< HEAD\n" + data + b"\n>>>>>>> theirs\n",
]


def make_class(inbox: Path, releases: Path, size: int) -> None:
    """Fill an inbox with the folders of so many students."""
    pristine = {
        path.stem: parse_notebook(path.read_bytes()) for path in sorted(releases.glob("*/*.ipynb"))
    }
    attacks, damages = cycle(read_attacks()), cycle(DAMAGES)
    for number in range(size):
        kind = KINDS[number % len(KINDS)]
        student = f"s{number:03}-{kind}"
        answers = {step: answers_of(kind, number, step) for step in pristine}
        damaged = kind == "trouble" and number % 20 == 9
        if kind == "trouble" and not damaged:
            attack = next(attacks)
            step = next(step for step in pristine if f"todo_{attack.exercise}" in answers[step])
            answers[step][f"todo_{attack.exercise}"] = attack.source
        for step, release in pristine.items():
            write_notebook(inbox / student / f"{step}.ipynb", release, answers[step], student)
        if kind in ("right", "other", "trouble"):
            shutil.copy(SHIPPED, inbox / student)
        if damaged:
            path = sorted((inbox / student).glob("*.ipynb"))[number // 20 % len(pristine)]
            path.write_bytes(next(damages)(path.read_bytes()))


def answers_of(kind: str, number: int, step: str) -> demo.Answers:
    """Return the answers to a step by student `number`, who is of this kind."""
    match kind:
        case "blank":
            return {}
        case "half":
            return demo.solution(step) if step < "05" else {}
        case "other":
            return demo.solution(step) | demo.other_answers(step)
        case "slip":
            return demo.slipped(step, number * 0.618 % 1)
    return demo.solution(step) | demo.written(step)


def write_notebook(path: Path, release: Notebook, answers: demo.Answers, student: str) -> None:
    """Write a notebook with answers, each signed by the student, so that no two are alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    signed = {name: f"{text}\n# {student}" for name, text in answers.items()}
    path.write_text(json.dumps(demo.fill(release, signed), ensure_ascii=False), encoding="utf-8")


def main(course: Path, size: int) -> None:
    """Make a course with a release and the class's inbox."""
    course.mkdir(parents=True)
    make_class(course / "inbox", make_release(course), size)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

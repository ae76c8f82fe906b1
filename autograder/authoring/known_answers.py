"""Known answers. The wrong ones are slips in slips/NN_name.toml, each a replacement in the solution:

    [[slip]]
    id = "pos-on-values"
    exercise = "encoder_layer"
    replace = "self.self_attn(q, k, value=src)"
    with = "self.self_attn(q, k, value=q)"
    message = "Your values carry the positional encoding. ..."
    variants = [[["q = k = src + pos", "q = k = v = src + pos"], ["value=src", "value=v"]]]

`variants` are other ways to write the same mistake, each a list of replacements; they must get the same
message, and tell whether the message is tied to one way of writing it. A slip that needs more than one
replacement has such a list as `replacements`, in place of `replace` and `with`.

Correct answers written differently are the alternatives in alternatives/NN_name/*.py; each replaces the
TODO cell that its first line names: `# exercise: encoder_layer`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.authoring.exercises import exercises_of
from autograder.authoring.markers import SourceError
from autograder.authoring.sources import code_cells
from detrlab.cells.cell import Cell

FOLDER = Path(__file__).parent
STUB = "raise NotImplementedError"
Replacements = tuple[tuple[str, str], ...]  # texts of the solution, and what takes their places


@dataclass(frozen=True)
class KnownSlip:
    """A known wrong answer: one row of a slips table."""

    id: str
    exercise: str
    replacements: Replacements
    message: str  # that the learner must see
    variants: tuple[Replacements, ...] = ()  # other ways to make the same mistake

    def apply(self, cells: list[Cell]) -> list[Cell]:
        """Return the step's cells with this slip in the solution; raise as `replaced` does."""
        return replaced(cells, self.exercise, self.replacements, f"Slip {self.id!r}")


def replaced(cells: list[Cell], exercise: str, replacements: Replacements, name: str) -> list[Cell]:
    """Return a step's cells with replacements in the TODO of an exercise; `name` is for the message.

    Raises:
        SourceError: unless each replaced text occurs exactly once in the TODO when its turn comes.
    """
    [source] = [cell.source for cell in cells if (cell.role, cell.name) == ("todo", exercise)]
    for old, new in replacements:
        if (count := source.count(old)) != 1:
            raise SourceError(
                f"{name}: its `replace` text {old!r} stands {count} times in the TODO of {exercise}; it "
                "has to stand there exactly once."
            )
        source = source.replace(old, new)
    return with_answer(cells, exercise, source)


def slips(step: str) -> list[KnownSlip]:
    """Read a step's slips.

    Raises:
        SourceError: if a row lacks a key or has an unknown one.
    """
    path = FOLDER / "slips" / f"{step}.toml"
    if not path.is_file():
        return []
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("slip", [])
    return [known_slip(row, path.name) for row in rows]


def known_slip(row: dict[str, Any], table: str) -> KnownSlip:
    """Return one row of a table of slips; raise SourceError if it lacks a key or has an unknown one."""
    keys = {"id", "exercise", "message"} | ({"replacements"} & row.keys() or {"replace", "with"})
    if row.keys() - {"variants"} != keys:
        wrong_keys = ", ".join(sorted(keys ^ row.keys() - {"variants"}))
        raise SourceError(f"{table}, slip {row.get('id')!r}: check the keys {wrong_keys}.")
    ways = [row.get("replacements") or [[row["replace"], row["with"]]], *row.get("variants", [])]
    first, *others = [tuple((old, new) for old, new in way) for way in ways]
    return KnownSlip(row["id"], row["exercise"], first, row["message"], tuple(others))


def alternatives(step: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the exercise and the source of each alternative answer to a step's TODOs.

    Raises:
        SourceError: if the first line of a file does not name its exercise.
    """
    for path in sorted((FOLDER / "alternatives" / step).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        first = source.partition("\n")[0]
        if not first.startswith("# exercise: "):
            raise SourceError(f"{path.name}: its first line has to be `# exercise: name`.")
        yield path.stem, first.removeprefix("# exercise: ").strip(), source


def with_answer(cells: list[Cell], exercise: str, source: str) -> list[Cell]:
    """Return the cells with another answer in the TODO of an exercise."""
    return [
        replace(cell, source=source) if (cell.role, cell.name) == ("todo", exercise) else cell
        for cell in cells
    ]


@dataclass(frozen=True)
class KnownAnswer:
    """An answer whose verdict is known: a solution, a stub, a slip, a variant of one or an alternative.

    Attributes:
        name: "solution", "stub", or the name of the slip, the variant or the alternative.
        exercise: the exercise that it answers.
        expected: "✓", "○", or "✗" and the message that the learner must see.
        cells: the step's cells, which include the answer.
        variant: of a slip's variant its number, from 1; the message may be hedged. Else 0.
    """

    name: str
    exercise: str
    expected: str
    cells: list[Cell]
    variant: int = 0


def known_answers(step: str) -> Iterator[KnownAnswer]:
    """Yield every known answer to a step's exercises.

    Raises:
        SourceError: as `slips`, `KnownSlip.apply` and `alternatives`.
    """
    cells = code_cells(step)
    for exercise in exercises_of(step):
        yield KnownAnswer("solution", exercise.name, "✓", cells)
        yield KnownAnswer("stub", exercise.name, "○", stub(cells, exercise.name))
    for slip in slips(step):
        yield KnownAnswer(slip.id, slip.exercise, f"✗ {slip.message}", slip.apply(cells))
        for number, replacements in enumerate(slip.variants, start=1):
            name = f"{slip.id}, variant {number}"
            changed = replaced(cells, slip.exercise, replacements, name)
            yield KnownAnswer(name, slip.exercise, f"✗ {slip.message}", changed, number)
    for name, exercise_name, source in alternatives(step):
        yield KnownAnswer(name, exercise_name, "✓", with_answer(cells, exercise_name, source))


def stub(cells: list[Cell], exercise: str) -> list[Cell]:
    """Return the cells with stubs for the solution regions of one TODO, as nbgrader releases them."""
    cell = next(cell for cell in cells if (cell.role, cell.name) == ("todo", exercise))
    lines, is_outside = [], True
    for line in cell.source.split("\n"):
        if "### BEGIN SOLUTION" in line:
            lines.append(line.partition("###")[0] + STUB)
            is_outside = False
        if is_outside:
            lines.append(line)
        is_outside = is_outside or "### END SOLUTION" in line
    return with_answer(cells, exercise, "\n".join(lines))

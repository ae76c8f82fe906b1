"""Known wrong answers: slips/NN_name.toml, each a replacement in the solution's source.

    [[slip]]
    id = "pos-on-values"
    grade_id = "encoder_layer"
    replace = "self.self_attn(q, k, value=src)"
    with = "self.self_attn(q, k, value=q)"
    says = "Your values carry the positional encoding. ..."

Correct answers written differently lie in alternatives/NN_name/*.py; each replaces the TODO cell that its
first line names: `# grade_id: encoder_layer`.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.authoring import build
from detrlab.steps import Cell

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class KnownSlip:
    """One row of a slips table."""

    id: str
    grade_id: str
    old: str
    new: str
    says: str

    def apply(self, cells: list[Cell]) -> list[Cell]:
        """Return the step's cells with this slip made. SourceError unless it fits exactly once."""
        changed = [
            replace(cell, source=cell.source.replace(self.old, self.new))
            if cell.role == "todo" and cell.name == self.grade_id
            else cell
            for cell in cells
        ]
        count = sum(c.source.count(self.old) for c in cells if c.name == self.grade_id)
        if count != 1:
            raise build.SourceError(
                f"Slip {self.id!r}: its `replace` text stands {count} times in the TODO of "
                f"{self.grade_id}; it has to stand there exactly once."
            )
        return changed


def slips(step: str) -> list[KnownSlip]:
    """Read a step's slips. SourceError where a row lacks a key or has one too many."""
    path = FOLDER / "slips" / f"{step}.toml"
    if not path.is_file():
        return []
    rows = tomllib.loads(path.read_text(encoding="utf-8")).get("slip", [])
    keys = {"id", "grade_id", "replace", "with", "says"}
    for row in rows:
        if row.keys() != keys:
            odd = ", ".join(sorted(keys ^ row.keys()))
            raise build.SourceError(f"{path.name}, slip {row.get('id')!r}: check the keys {odd}.")
    return [
        KnownSlip(row["id"], row["grade_id"], row["replace"], row["with"], row["says"]) for row in rows
    ]


def alternatives(step: str) -> Iterator[tuple[str, str, str]]:
    """Yield the name, grade id and source of each alternative answer to a step's TODOs."""
    for path in sorted((FOLDER / "alternatives" / step).glob("*.py")):
        source = path.read_text(encoding="utf-8")
        first = source.partition("\n")[0]
        if not first.startswith("# grade_id: "):
            raise build.SourceError(f"{path.name}: its first line has to be `# grade_id: name`.")
        yield path.stem, first.removeprefix("# grade_id: ").strip(), source


def with_answer(cells: list[Cell], grade_id: str, source: str) -> list[Cell]:
    """Return the cells with another answer in the TODO of that name."""
    return [
        replace(cell, source=source) if (cell.role, cell.name) == ("todo", grade_id) else cell
        for cell in cells
    ]

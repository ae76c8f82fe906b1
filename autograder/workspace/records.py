"""JSON files that the steps of grading leave for each other: written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: Path, content: Any) -> None:
    """Write a file that is never seen half-written; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    text = json.dumps(content, indent=1, ensure_ascii=False)
    unfinished.write_text(text + "\n", encoding="utf-8")
    os.replace(unfinished, path)


def read_json(path: Path) -> dict:
    """Read a JSON object; an empty one where there is no file or it is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def verdicts_path(course: Path, student: str, step: str) -> Path:
    """Return where the verdicts on one submission are kept."""
    return course / "verdicts" / student / f"{step}.json"


def receipts_path(course: Path) -> Path:
    """Return where it is kept what intake made of each file that was handed in."""
    return course / "receipts.json"

"""The gradebook of a course, as open_course makes it."""

import sqlite3
from pathlib import Path

import pytest

from autograder.workspace.course import INDEXED_COLUMNS

pytestmark = pytest.mark.xdist_group("workspace")  # tests that share a course run in one process


def test_gradebook_finds_rows_by_an_index(course: Path) -> None:
    """Without one, formgrader takes minutes to show a class of hundreds."""
    with sqlite3.connect(course / "gradebook.db") as gradebook:
        for table, column in INDEXED_COLUMNS.items():
            plan = gradebook.execute(f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE {column} = '1'")
            assert "USING INDEX" in str(plan.fetchall())

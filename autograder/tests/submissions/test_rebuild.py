"""A submitted notebook is rebuilt on the release: answers are taken over, given cells are not."""

import copy
import json
import zlib

import pytest

from autograder.submissions.rebuild import rebuild
from autograder.tests.gradebook.small_course import (
    STUB,
    answered,
    code_sources,
    find_cell,
    make_cell,
    nbgrader_metadata,
)
from autograder.tests.submissions.inbox_files import OTHER, RIGHT


def strip_metadata(notebook: dict) -> dict:
    """Return a notebook without metadata and ids, as some editors save it."""
    result = copy.deepcopy(notebook)
    for cell in result["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return result | {"metadata": {}, "nbformat_minor": 2}


def added_cell(kind: str, source: str, **metadata: object) -> dict:
    """Return a cell that the learner added."""
    return make_cell(kind, f"x{zlib.crc32(source.encode())}", source, dict(metadata))


def test_answers_are_taken_and_given_cells_are_those_of_the_release(release: dict) -> None:
    submitted = answered(release, todo_layer=RIGHT, tests_layer="print('passed')", written_why="So.")
    submitted["cells"][0]["source"] = "# Another title"
    find_cell(submitted, "locked_setup")["source"] = "import os"
    result = rebuild(submitted, release)
    assert find_cell(result, "todo_layer")["source"] == RIGHT
    assert find_cell(result, "written_why")["source"] == "So."
    assert find_cell(result, "tests_layer") == find_cell(release, "tests_layer")
    assert find_cell(result, "locked_setup")["source"] == "import math"
    assert result["cells"][0]["source"] == "# A step"


def test_answers_without_metadata_are_found_by_defined_names_and_by_place(release: dict) -> None:
    submitted = strip_metadata(answered(release, todo_layer=RIGHT, written_why="So."))
    result = rebuild(submitted, release)
    assert find_cell(result, "todo_layer")["source"] == RIGHT
    assert find_cell(result, "todo_stack") == find_cell(release, "todo_stack")
    assert find_cell(result, "written_why")["source"] == "So."
    assert len(result["cells"]) == len(release["cells"])


@pytest.mark.parametrize("line_end", ["\r", "\r\n"])
def test_answers_with_other_line_ends_are_found_without_metadata(release: dict, line_end: str) -> None:
    submitted = strip_metadata(answered(release, todo_layer=RIGHT, written_why="So.\nAnd so."))
    for cell in submitted["cells"]:
        cell["source"] = cell["source"].replace("\n", line_end)
    result = rebuild(submitted, release)
    assert find_cell(result, "todo_layer")["source"] == RIGHT
    assert find_cell(result, "written_why")["source"] == "So.\nAnd so."
    assert len(result["cells"]) == len(release["cells"])


def test_added_cell_before_the_only_answer_stays_directly_before_it(release: dict) -> None:
    answer = find_cell(answered(release, todo_layer=RIGHT), "todo_layer")
    submitted = release | {"cells": [added_cell("code", "limit = math.pi"), answer]}
    cells = rebuild(submitted, release)["cells"]
    place = next(index for index, cell in enumerate(cells) if cell["source"] == "limit = math.pi")
    assert cells[place + 1]["source"] == RIGHT
    assert "import math" in [cell["source"] for cell in cells[:place]]


def test_edited_points_tags_and_cell_types_of_checks_are_ignored(release: dict) -> None:
    submitted = answered(release, todo_layer=RIGHT)
    find_cell(submitted, "tests_layer")["metadata"] |= {"tags": ["skip-execution"]}
    find_cell(submitted, "tests_layer")["metadata"]["nbgrader"]["points"] = 400
    find_cell(submitted, "tests_stack")["cell_type"] = "markdown"
    result = rebuild(submitted, release)
    assert find_cell(result, "tests_layer") == find_cell(release, "tests_layer")
    assert find_cell(result, "tests_stack") == find_cell(release, "tests_stack")


def test_deleted_checks_and_todos_are_restored(release: dict) -> None:
    submitted = answered(release, todo_layer=RIGHT)
    deleted = ("tests_layer", "tests_stack", "todo_stack", "written_why")
    submitted["cells"] = [c for c in submitted["cells"] if c["id"].replace("-", "_") not in deleted]
    assert rebuild(submitted, release) == answered(release, todo_layer=RIGHT)


def test_last_copy_of_a_todo_counts_unless_it_is_the_stub(release: dict) -> None:
    """Earlier answers stay as added cells before it."""
    submitted = answered(release, todo_layer=RIGHT)
    metadata = nbgrader_metadata("todo_layer")
    copies = [make_cell("code", f"copy{i}", source, metadata) for i, source in enumerate([OTHER, STUB])]
    submitted["cells"][3:3] = copies
    result = rebuild(submitted, release)
    assert find_cell(result, "todo_layer")["source"] == OTHER
    assert code_sources(result).count(RIGHT) == 1
    assert code_sources(result).count(STUB) == 0


def test_answer_in_an_added_cell_replaces_an_untouched_todo(release: dict) -> None:
    submitted = copy.deepcopy(release)
    submitted["cells"].insert(4, added_cell("code", f"import os\n{RIGHT}"))
    result = rebuild(submitted, release)
    assert find_cell(result, "todo_layer")["source"] == f"import os\n{RIGHT}"
    assert len(result["cells"]) == len(release["cells"])


def test_answer_with_a_syntax_error_is_taken(release: dict) -> None:
    submitted = strip_metadata(answered(release, todo_layer="def layer(x:\n    return x"))
    assert find_cell(rebuild(submitted, release), "todo_layer")["source"].startswith("def layer(x:")


def test_added_code_stays_where_it_was_and_before_the_check(release: dict) -> None:
    """Also where the learner moved the TODO below its check."""
    submitted = answered(release, todo_layer="def layer(x):\n    return helper(x)")
    helper = added_cell("code", "def helper(x):\n    return x", tags=["skip-execution"])
    submitted["cells"].insert(2, helper)
    sources = code_sources(rebuild(submitted, release))
    assert sources.index(helper["source"]) == sources.index("import math") + 1
    todo = submitted["cells"].pop(3)
    submitted["cells"].insert(4, todo)
    submitted["cells"].insert(5, added_cell("code", "second = 2"))
    result = rebuild(submitted, release)
    sources = code_sources(result)
    assert sources.index(helper["source"]) < sources.index("check.layer(layer)")
    assert all(c["metadata"] == {"tags": ["added"]} for c in result["cells"] if c["id"][:5] == "added")


def test_edited_demo_without_metadata_stays_a_demo(release: dict) -> None:
    submitted = answered(release, todo_layer=RIGHT)
    submitted["cells"][6]["source"] = "print(layer(7), stack(4), 'a demonstration')"
    result = rebuild(strip_metadata(submitted), release)
    demos = [c["source"] for c in result["cells"] if c["metadata"] == {"tags": ["demo", "edited"]}]
    assert demos == [submitted["cells"][6]["source"]]


def test_text_below_a_written_answer_s_cell_is_the_answer(release: dict) -> None:
    """Many write below "YOUR ANSWER HERE" instead of in its place."""
    submitted = copy.deepcopy(release)
    submitted["cells"] += [added_cell("markdown", "First."), added_cell("markdown", "Second.")]
    result = rebuild(submitted, release)
    assert find_cell(result, "written_why")["source"] == "First.\n\nSecond."


def test_outputs_of_known_kinds_are_kept_and_bounded(release: dict) -> None:
    """Plots and logs of open cells stay; scripts, outputs of checks and floods do not."""
    submitted = answered(release, todo_layer=RIGHT)
    plot = {"output_type": "display_data", "data": {"image/png": "aGk="}, "metadata": {"x": 1}}
    script = {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}}
    flood = {"output_type": "stream", "name": "stdout", "text": ["x" * 1000] * 5000}
    find_cell(submitted, "todo_layer")["outputs"] = [plot, script, 7, {"output_type": "nonsense"}]
    find_cell(submitted, "tests_layer")["outputs"] = [plot]
    submitted["cells"][6]["outputs"] = [flood]
    result = rebuild(submitted, release)
    outputs = find_cell(result, "todo_layer")["outputs"]
    assert [output["data"] for output in outputs] == [{"image/png": "aGk="}, {}]
    assert find_cell(result, "tests_layer")["outputs"] == []
    assert len(str(result)) < 100_000


def test_rebuilding_twice_changes_nothing(release: dict) -> None:
    """nbgrader rebuilds again what intake has rebuilt."""
    submitted = answered(release, todo_layer=RIGHT)
    submitted["cells"][3:3] = [
        added_cell("code", OTHER),
        added_cell("markdown", "a note"),
        added_cell("code", "y = 1"),
    ]
    submitted["cells"] += [
        added_cell("markdown", "below"),
        added_cell("code", "z = 1"),
        added_cell("code", "print(7)"),
    ]
    rebuilt = rebuild(submitted, release)
    assert rebuild(rebuilt, release) == rebuilt


def test_version_of_the_learners_python_is_kept_beside_the_releases_metadata(release: dict) -> None:
    release["metadata"] = {"kernelspec": {"name": "python3"}}
    told = {"name": "python", "version": "3.13.1", "mimetype": "<b>"}
    submitted = answered(release, todo_layer=RIGHT) | {"metadata": {"language_info": told, "x": 1}}
    rebuilt = rebuild(submitted, release)
    language = {"name": "python", "version": "3.13.1"}
    assert rebuilt["metadata"] == {"kernelspec": {"name": "python3"}, "language_info": language}
    assert rebuild(rebuilt, release) == rebuilt
    assert rebuild(answered(release), release)["metadata"] == release["metadata"]


def test_malformed_cells_are_read_as_empty(release: dict) -> None:
    malformed = [{}, {"cell_type": 3, "source": 4, "metadata": []}, {"source": ["a", 5], "id": []}]
    malformed += [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["todo_layer"]}}}]
    malformed += [{"cell_type": "markdown", "source": "\ud800", "attachments": {"a": 3, "b": {"c": 4}}}]
    result = rebuild({"cells": malformed}, release)
    assert "?" in [cell["source"] for cell in result["cells"]]
    json.dumps(result, ensure_ascii=False).encode()

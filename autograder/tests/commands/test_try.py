"""`python -m autograder try`: its exit codes, its table and its JSON."""

import io
import json

import pytest
from rich.console import Console

from autograder import __main__
from autograder.authoring.sources import code_cells
from autograder.judging import trial as trying
from autograder.judging.trial import Trial
from autograder.judging.verdict import State, Verdict
from autograder.reports.console import trials_table
from autograder.sandbox.availability import SandboxUnavailable

LAYER = next(cell.source for cell in code_cells("03_encoder") if cell.name == "encoder_layer")
RIGHT = Verdict(State.PASSED, "✓ encoder_layer", 1.0)
MESSAGE = "Your values carry the positional encoding. DETR adds it to queries and keys only."
SLIP = Verdict(State.FAILED, f"✗ {MESSAGE}", slip="pos-on-values", case=2, why="agrees with the slip")
STUB = Verdict(State.UNTOUCHED, "○ encoder_layer: nothing here yet")


def trials(visible: Verdict, *hidden: Verdict, file: str = "some/folder/answer.py") -> list[Trial]:
    """Return what both sides said of a file, by seed."""
    rows = [("visible", None, visible), *(("hidden", seed, said) for seed, said in enumerate(hidden))]
    return [Trial("encoder_layer", file, *row) for row in rows]


def run(monkeypatch, capsys, tmp_path, *words: object) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it prints to stdout and stderr."""
    monkeypatch.setattr("sys.argv", ["autograder", "try", *map(str, words)])
    monkeypatch.setenv("DETR_COURSE", str(tmp_path / "course"))
    code = __main__.main()
    return code, *capsys.readouterr()


def say(monkeypatch, *said: Trial) -> None:
    """Let every answer get these verdicts, without a sandbox."""
    monkeypatch.setattr(trying, "try_answers", lambda *_: list(said))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (trials(RIGHT, RIGHT, RIGHT), 0),
        (trials(SLIP, SLIP, STUB), 0),
        (trials(RIGHT, RIGHT, SLIP), 1),
        (trials(SLIP, RIGHT), 1),
        ([*trials(RIGHT, RIGHT, file="a.py"), *trials(SLIP, RIGHT, file="b.py")], 1),
    ],
)
def test_exit_code_is_0_where_both_sides_agree_on_every_file_and_seed_else_1(
    monkeypatch, capsys, tmp_path, said, code
):
    say(monkeypatch, *said)
    assert run(monkeypatch, capsys, tmp_path, "encoder_layer", "answer.py")[0] == code
    assert run(monkeypatch, capsys, tmp_path, "encoder_layer", "answer.py", "--json")[0] == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["encoder_layr", "."], "There is no exercise 'encoder_layr'; did you mean 'encoder_layer'?"),
        (["encoder_layer", "no/such.py"], "There is no file and no folder no/such.py."),
        (["encoder_layer", "FOLDER"], "There is no .py file in FOLDER."),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"], ["--seeds", "3"]])
def test_wrong_use_is_one_sentence_on_stderr_and_exit_code_2(
    monkeypatch, capsys, tmp_path, words, message, option
):
    words = [word.replace("FOLDER", str(tmp_path)) for word in words]
    code, out, err = run(monkeypatch, capsys, tmp_path, *words, *option)
    assert (code, out, err) == (2, "", message.replace("FOLDER", str(tmp_path)) + "\n")


@pytest.mark.parametrize("words", [["encoder_layer"], ["encoder_layer", ".", "--seeds", "0"]])
def test_missing_file_or_seeds_are_wrong_use(monkeypatch, capsys, tmp_path, words):
    assert run(monkeypatch, capsys, tmp_path, *words)[0] == 2


def test_machine_without_a_sandbox_is_no_disagreement(monkeypatch, capsys, tmp_path):
    def refuse(*_):
        raise SandboxUnavailable("There is no sandbox here.")

    monkeypatch.setattr(trying, "try_answers", refuse)
    code, _, err = run(monkeypatch, capsys, tmp_path, "encoder_layer", "answer.py")
    assert (code, err) == (2, "There is no sandbox here.\n")


def test_json_is_a_list_of_all_trials(monkeypatch, capsys, tmp_path):
    said = trials(SLIP, SLIP, STUB)
    say(monkeypatch, *said)
    _, out, err = run(monkeypatch, capsys, tmp_path, "encoder_layer", "answer.py", "--json")
    rows = json.loads(out)
    assert rows == [trial.to_json() for trial in said] and not err
    assert all(list(row) == ["file", "side", "seed", "state", "message", "slip", "case"] for row in rows)


def test_table_in_a_pipe_has_one_line_for_each_file_and_side(monkeypatch, capsys, tmp_path):
    say(monkeypatch, *trials(SLIP, SLIP, SLIP, SLIP), *trials(RIGHT, RIGHT, SLIP, RIGHT, file="b.py"))
    _, out, _ = run(monkeypatch, capsys, tmp_path, "encoder_layer", "answer.py")
    lines = [line.split() for line in out.splitlines() if "py" in line]
    assert [line[:5] for line in lines] == [
        ["some/folder/answer.py", "visible", "✗", "failed", "2"],
        ["some/folder/answer.py", "hidden", "0-2", "✗", "failed"],
        ["b.py", "visible", "✓", "passed"],
        ["b.py", "hidden", "0", "✓", "passed"],
        ["b.py", "hidden", "1", "✗", "failed"],
        ["b.py", "hidden", "2", "✓", "passed"],
    ]
    assert " ".join(lines[0][5:]) == f"pos-on-values: {MESSAGE} (agrees with the slip)"


def test_table_at_80_columns_loses_no_word():
    console = Console(width=80, file=io.StringIO(), record=True)
    console.print(trials_table(trials(SLIP, STUB), console.width))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    column = text.splitlines()[1].index("slip: message")
    said = " ".join(line[column:].strip() for line in text.splitlines()[3:])
    assert f"pos-on-values: {MESSAGE} (agrees with the slip)" in said and "nothing here yet" in said


@pytest.mark.slow
def test_command_tries_a_file_out_in_a_sandbox(monkeypatch, capsys, tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(LAYER.replace("value=src", "value=q"))
    code, out, _ = run(monkeypatch, capsys, tmp_path, "encoder_layer", path, "--json", "--seeds", "2")
    assert code == 0
    rows = json.loads(out)
    assert {row["file"] for row in rows} == {str(path)}
    assert [(row["side"], row["seed"]) for row in rows] == [
        ("visible", None),
        ("hidden", 0),
        ("hidden", 1),
    ]
    assert {row["slip"] for row in rows} == {"pos-on-values"} and {row["state"] for row in rows} == {
        "failed"
    }

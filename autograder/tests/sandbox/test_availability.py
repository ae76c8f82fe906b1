"""Where there is no sandbox, nothing is graded."""

import pytest

from autograder.__main__ import main
from autograder.sandbox.availability import SETTING, SandboxUnavailable, is_enabled, require_sandbox
from autograder.sandbox.process import Sandbox


@pytest.fixture
def fresh_cache():
    """Have the sandbox looked for again, in this test and after it."""
    require_sandbox.cache_clear()
    yield
    require_sandbox.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("sys.platform", "darwin", "exists for Linux only"),
        ("shutil.which", lambda name: None, "apt install bubblewrap"),
        ("sandboxed_command", lambda *_: ["false"], "cannot make a sandbox here"),
    ],
)
def test_sandbox_that_is_unavailable_refuses_to_start(monkeypatch, fresh_cache, name, value, message):
    with monkeypatch.context() as patched:
        patched.setattr(f"autograder.sandbox.availability.{name}", value)
        with pytest.raises(SandboxUnavailable, match=message), Sandbox() as sandbox:
            sandbox.launch()


@pytest.mark.parametrize("value", ["0", "false", "no", "off", "true", "yes", "2", " 1", "1 ", "01"])
def test_setting_other_than_1_is_refused(monkeypatch, fresh_cache, value):
    """It may be meant either way, and is never taken for "without a sandbox"."""
    monkeypatch.setenv(SETTING, value)
    for start in (is_enabled, require_sandbox, Sandbox().launch):
        with pytest.raises(
            SandboxUnavailable, match=f"{SETTING} is '{value}', which means nothing: 1 lets"
        ):
            start()


@pytest.mark.parametrize(("value", "expected"), [(None, True), ("", True), ("1", False)])
def test_sandbox_is_off_where_the_setting_is_1(monkeypatch, value, expected):
    monkeypatch.delenv(SETTING, raising=False)
    if value is not None:
        monkeypatch.setenv(SETTING, value)
    assert is_enabled() is expected


def test_unclear_setting_is_a_sentence_on_the_command_line(monkeypatch, capsys, tmp_path):
    """And nothing is graded."""
    monkeypatch.setenv(SETTING, "0")
    monkeypatch.setenv("DETR_COURSE", str(tmp_path / "course"))
    monkeypatch.setattr("sys.argv", ["autograder", "grade", str(tmp_path)])
    assert main() == 1
    assert capsys.readouterr().err.startswith(f"{SETTING} is '0', which means nothing")
    assert not (tmp_path / "course").exists()

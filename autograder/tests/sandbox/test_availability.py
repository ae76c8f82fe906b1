"""Where there is no sandbox, nothing is graded."""

import pytest

from autograder.sandbox.availability import SandboxUnavailable, require_sandbox
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

"""Find out whether submissions can be sandboxed on this machine; if not, explain why and what to do."""

import functools
import os
import shutil
import subprocess
import sys

from autograder.sandbox.bubblewrap import sandboxed_command
from autograder.sandbox.limits import Limits
from autograder.sandbox.system_calls import syscall_filter

SETTING = "DETR_NO_ISOLATION"  # 1: code is trusted and runs in a process without a sandbox


class SandboxUnavailable(OSError):
    """Submissions cannot be sandboxed here; the message gives the reason and the remedy."""


def is_enabled() -> bool:
    """Return whether code is sandboxed: always, unless DETR_NO_ISOLATION is 1.

    Raises:
        SandboxUnavailable: if it is set to anything else, which may be meant either way.
    """
    setting = os.environ.get(SETTING, "")
    if setting not in ("", "1"):
        raise SandboxUnavailable(
            f"{SETTING} is {setting!r}, which means nothing: 1 lets submissions run without a sandbox; "
            "without the variable they run in one."
        )
    return not setting


def find_obstacle() -> str:
    """Return why code cannot be sandboxed here and what to do about it; empty if it can."""
    if sys.platform != "linux":
        return (
            "Bubblewrap, which locks submissions in, exists for Linux only: grade in a Linux machine, a "
            "virtual one or one of the Windows Subsystem for Linux."
        )
    if not shutil.which("bwrap"):
        return (
            "Bubblewrap is missing, which locks submissions in: apt install bubblewrap (or dnf, pacman)."
        )
    try:
        import pyseccomp  # noqa: F401
    except ImportError:
        return 'The package pyseccomp is missing: pip install -e ".[instructor]".'
    except RuntimeError:
        return "The library libseccomp is missing: apt install libseccomp2."
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "setpriv is missing, by which root becomes another user: apt install util-linux."
    with syscall_filter() as filter_fd:
        attempt = subprocess.run(
            sandboxed_command(["/usr/bin/true"], Limits(), filter_fd),
            capture_output=True,
            text=True,
            pass_fds=[filter_fd],
            check=False,
        )
    if attempt.returncode:
        reason = (attempt.stderr.strip().splitlines() or ["it says no more"])[-1]
        if "disable-userns" in reason:
            return "Bubblewrap here is too old: version 0.8 or newer is needed."
        return (
            f"Bubblewrap cannot make a sandbox here ({reason}). The system "
            "must allow user namespaces: sysctl user.max_user_namespaces above 0, "
            "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 where it "
            "has these; a container must be started so that it may (docker run --privileged)."
        )
    return ""


@functools.cache
def require_sandbox() -> None:
    """Make sure that code can be sandboxed, unless sandboxing is switched off.

    Raises:
        SandboxUnavailable: if it cannot.
    """
    if is_enabled() and (obstacle := find_obstacle()):
        raise SandboxUnavailable(
            f"{obstacle} Until then nothing is graded here; --no-isolation grades all the same, which is "
            "for files of your own."
        )

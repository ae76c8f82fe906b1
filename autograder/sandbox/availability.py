"""Whether submissions can be sandboxed on this machine, and if not, why and what to do."""

import functools
import os
import shutil
import subprocess
import sys

from autograder.sandbox.bubblewrap import sandboxed_command, syscall_filter
from autograder.sandbox.limits import Limits

SETTING = "DETR_NO_ISOLATION"  # set: trust the code, and run it in a process without a sandbox


class SandboxUnavailable(OSError):
    """Submissions cannot be locked in here; the message says why and what to do."""


def is_enabled() -> bool:
    """Say whether code is locked in, as it is unless somebody said that it need not be."""
    return not os.environ.get(SETTING)


def find_obstacle() -> str:
    """Return why nothing can be locked in here and what to do, in a sentence; empty where it can."""
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
    with syscall_filter() as calls:
        tried = subprocess.run(
            sandboxed_command(["/usr/bin/true"], Limits(), calls),
            capture_output=True,
            text=True,
            pass_fds=[calls],
            check=False,
        )
    if tried.returncode:
        words = (tried.stderr.strip().splitlines() or ["it says no more"])[-1]
        if "disable-userns" in words:
            return "Bubblewrap here is too old: version 0.8 or newer is needed."
        return (
            f"Bubblewrap cannot make a sandbox here ({words}). The system "
            "must allow user namespaces: sysctl user.max_user_namespaces above 0, "
            "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0 where it "
            "has these; a container must be started so that it may (docker run --privileged)."
        )
    return ""


@functools.cache
def require_sandbox() -> None:
    """Raise SandboxUnavailable where code should be locked in and cannot be."""
    if is_enabled() and (obstacle := find_obstacle()):
        raise SandboxUnavailable(
            f"{obstacle} Until then nothing is graded here; --no-isolation grades all the same, which is "
            "for files of your own."
        )

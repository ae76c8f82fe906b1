"""The bubblewrap command that sandboxes a program.

The program sees, read-only, the system, Python, and detrlab with the validation images, and three small
empty disks. It has namespaces of its own without network or other processes, no capabilities, and may
neither create user namespaces nor make other system calls than those of system_calls.py. Started by root,
it runs as another user.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import detrlab
from autograder.sandbox.limits import Limits
from autograder.sandbox.system_calls import syscall_filter
from detrlab.toy import VALIDATION

WORKER = Path(__file__).with_name("worker.py")
DETRLAB = Path(detrlab.__file__).parent
HOME = "/home/learner"
DISKS = (HOME, "/tmp", "/dev/shm")  # where the program may write


def start_worker(limits: Limits, home: str, is_isolated: bool) -> subprocess.Popen:
    """Start worker.py with pipes, in a sandbox if it is to be isolated.

    Args:
        limits: what it may use; they hold in a sandbox only.
        home: its working folder, and without a sandbox its home folder.
        is_isolated: whether it runs in a sandbox.
    """
    program = [sys.executable, "-I", str(WORKER), str(DETRLAB.parent)]
    options: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    options |= {"cwd": home, "start_new_session": True, "bufsize": 0}
    if not is_isolated:
        return subprocess.Popen(program, env=environment() | {"HOME": home}, **options)
    with syscall_filter() as filter_fd:
        command = sandboxed_command([*program, json.dumps(asdict(limits))], limits, filter_fd)
        return subprocess.Popen(command, pass_fds=[filter_fd], **options)


def sandboxed_command(program: Sequence[str], limits: Limits, filter_fd: int) -> list[str]:
    """Return the command that runs a program in a sandbox.

    Args:
        program: its command line.
        limits: the sizes of its disks.
        filter_fd: the file descriptor of the filter of system calls.
    """
    isolation = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    isolation += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in environment().items():
        isolation += ["--setenv", name, value]
    disks = ["--proc", "/proc", "--dev", "/dev"]
    for folder in DISKS:
        disks += ["--size", str(limits.disk), "--tmpfs", folder]
    disks += ["--dev-bind", "/dev/null", "/dev/zero"]  # which gives memory that counts for no process
    restrictions = ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]
    restrictions += ["--seccomp", str(filter_fd)]
    # The empty disks come first, so that a Python installed under /tmp is mounted over them.
    command = ["bwrap", *isolation, *disks, *mount_options(), *restrictions, "--", *program]
    return as_another_user(command) if os.geteuid() == 0 else command


def environment() -> dict[str, str]:
    """Return the complete environment of the sandboxed program."""
    variables = {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    return variables | {"TORCH_COMPILE_DISABLE": "1"}  # `torch.compile` then takes no minutes


def mount_options() -> list[str]:
    """Return bubblewrap's options for the visible part of the file system, all of it read-only."""
    paths = [Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), DETRLAB]
    paths += [WORKER, VALIDATION, Path("/etc/ld.so.cache"), Path("/etc/alternatives")]
    options = []
    for top in (Path("/bin"), Path("/lib"), Path("/lib64")):
        if top.is_symlink():
            options += ["--symlink", os.readlink(top), str(top)]
        elif top.exists():
            paths.append(top)
    # Parent folders that bubblewrap creates on its own are accessible to root alone.
    parents = {parent for path in paths for parent in path.parents} - {Path("/")}
    folders = {parent for parent in parents if not any(map(parent.is_relative_to, paths))}
    for parent in sorted(folders):
        options += ["--dir", str(parent)]
    for path in sorted(filter(Path.exists, set(paths)), key=lambda path: len(path.parts)):
        options += ["--ro-bind", str(path), str(path)]
    return options


def as_another_user(command: list[str]) -> list[str]:
    """Return the command by which root starts the sandbox as another user.

    The outer sandbox isolates nothing: it mounts the same files under folders that every user may enter,
    since Python may be installed where only root has access.
    """
    user = str(61_000 + os.getpid() % 1000)  # an unused id, a different one for each grading process
    outer = ["bwrap", "--die-with-parent", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    outer += [*mount_options(), "--dir", "/tmp", "--bind", "/proc", "/proc"]
    outer += ["--dev-bind", "/dev", "/dev", "--"]
    return [*outer, "setpriv", "--reuid", user, "--regid", user, "--clear-groups", *command]

"""The bubblewrap command that sandboxes a program.

The program sees, read-only, the system, Python, and detrlab with the validation images, and three small
empty disks. It has namespaces of its own without network or other processes, no capabilities, and may
neither create user namespaces nor make the system calls below. Started by root, it runs as another user.
"""

import errno
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import detrlab
from autograder.sandbox.limits import Limits
from detrlab.toy import VALIDATION

WORKER = Path(__file__).with_name("worker.py")
DETRLAB = Path(detrlab.__file__).parent
HOME = "/home/learner"
# No exercise needs these: memory that no limit counts, other processes' memory, kernel interfaces.
REFUSED_CALLS = """
    memfd_create memfd_secret userfaultfd io_uring_setup io_uring_enter io_uring_register
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise
    mount umount2 pivot_root chroot unshare setns open_tree move_mount fsopen fsmount mount_setattr
    bpf perf_event_open keyctl add_key request_key open_by_handle_at name_to_handle_at syslog quotactl
    kexec_load init_module finit_module delete_module acct swapon swapoff reboot
"""


@contextmanager
def syscall_filter() -> Iterator[int]:
    """Write the filter of system calls to a file for bubblewrap; yield the file's descriptor."""
    import pyseccomp  # imported late: it cannot be imported without libseccomp

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in REFUSED_CALLS.split():
        with suppress(ValueError):  # this machine's libseccomp may not know the name yet
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        yield file.fileno()


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
    for folder in (HOME, "/tmp", "/dev/shm"):
        disks += ["--size", str(limits.disk), "--tmpfs", folder]
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

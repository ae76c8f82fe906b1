"""The bubblewrap command that sandboxes a program: what it sees, may use, and may ask of the kernel.

It sees the system and Python, read-only, detrlab with the validation images, and three small empty disks.
It has no network, no other process, no way out: namespaces of its own, no capabilities, no new user
namespaces, and the system calls below refused. Started by root, it runs as another user.
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
# What no exercise needs: memory that no limit counts, other processes' memory, kernel interfaces.
REFUSED_CALLS = """
    memfd_create memfd_secret userfaultfd io_uring_setup io_uring_enter io_uring_register
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise
    mount umount2 pivot_root chroot unshare setns open_tree move_mount fsopen fsmount mount_setattr
    bpf perf_event_open keyctl add_key request_key open_by_handle_at name_to_handle_at syslog quotactl
    kexec_load init_module finit_module delete_module acct swapon swapoff reboot
"""


@contextmanager
def syscall_filter() -> Iterator[int]:
    """Open a file that holds the filter of system calls, as bubblewrap reads it; yield its descriptor."""
    import pyseccomp  # here: without libseccomp it cannot even be imported

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in REFUSED_CALLS.split():
        with suppress(ValueError):  # a name that this machine's libseccomp does not know yet
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        yield file.fileno()


def sandboxed_command(program: Sequence[str], limits: Limits, calls: int) -> list[str]:
    """Return the command that runs a program locked in; `calls` is the filter's file descriptor."""
    apart = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL"]
    apart += ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"]
    for name, value in environment().items():
        apart += ["--setenv", name, value]
    disks = ["--proc", "/proc", "--dev", "/dev"]
    for place in (HOME, "/tmp", "/dev/shm"):
        disks += ["--size", str(limits.disk), "--tmpfs", place]
    closed = ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME, "--seccomp", str(calls)]
    # The disks first: Python may lie under /tmp, and is seen there all the same.
    inner = ["bwrap", *apart, *disks, *view(), *closed, "--", *program]
    return as_another_user(inner) if os.geteuid() == 0 else inner


def environment() -> dict[str, str]:
    """Return the whole environment of the locked-in program."""
    return {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}


def view() -> list[str]:
    """Return bubblewrap's options for what can be seen of the file system, all of it read-only."""
    places = [Path("/usr"), Path(sys.base_prefix), Path(sys.prefix), DETRLAB]
    places += [WORKER, VALIDATION, Path("/etc/ld.so.cache"), Path("/etc/alternatives")]
    options = []
    for top in (Path("/bin"), Path("/lib"), Path("/lib64")):
        if top.is_symlink():
            options += ["--symlink", os.readlink(top), str(top)]
        elif top.exists():
            places.append(top)
    # Folders that bubblewrap makes by itself on the way to a place could be read by root alone.
    parents = {parent for place in places for parent in place.parents} - {Path("/")}
    made = sorted(parent for parent in parents if not any(parent.is_relative_to(p) for p in places))
    for parent in made:
        options += ["--dir", str(parent)]
    for place in sorted(filter(Path.exists, set(places)), key=lambda place: len(place.parts)):
        options += ["--ro-bind", str(place), str(place)]
    return options


def as_another_user(inner: list[str]) -> list[str]:
    """Return a command that root starts as somebody else, who sees Python also where only root may look.

    The outer sandbox is no wall: it shows the same files under folders that everybody may enter.
    """
    user = str(61_000 + os.getpid() % 1000)  # nobody's number; of each grading process another
    outer = ["bwrap", "--die-with-parent", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", *view()]
    outer += ["--dir", "/tmp", "--bind", "/proc", "/proc", "--dev-bind", "/dev", "/dev", "--"]
    return [*outer, "setpriv", "--reuid", user, "--regid", user, "--clear-groups", *inner]

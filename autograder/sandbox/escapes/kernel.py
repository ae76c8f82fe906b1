"""Attempts to have the kernel answer: system calls, and ways to make them that pass by a filter."""

import ctypes
import errno
import mmap
import os
import platform
import subprocess

LIBC = ctypes.CDLL(None, use_errno=True)
NOT_THERE = (errno.ENOSYS, errno.EPERM)  # how a filter answers in the place of the kernel
FAMILIES = 64  # of sockets, more than there are
AF_UNIX = 1
WRONG = -1 - 0o1000  # no address, file, process or key; as flags it makes no message queue
UPPER_HALF = 1 << 32  # of an argument; the kernel ignores it in some


def system_call(name, *numbers):
    """Make a system call through the C library.

    Raises:
        OSError: if the call fails.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*numbers) == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def new_user_namespace():
    """Become root in a new user namespace."""
    subprocess.run(["unshare", "--user", "--map-root-user", "true"], check=True, capture_output=True)


def mount():
    """Mount a file system."""
    system_call("mount", b"none", b"/tmp", b"tmpfs", 0, None)


def trace_parent():
    """Attach to the parent process as a debugger does."""
    system_call("ptrace", 16, os.getppid(), 0, 0)


def create_anonymous_file():
    """Get memory that no limit counts: an anonymous file."""
    os.close(os.memfd_create("x"))


def raw_call(number, *arguments):
    """Make a system call by its number; return the result and the error's number."""
    ctypes.set_errno(0)
    LIBC.syscall.restype = ctypes.c_long
    result = LIBC.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    return result, ctypes.get_errno()


def ask_kernel(numbers):
    """Make system calls with wrong arguments; succeed if the kernel looks at those of one.

    Raises:
        PermissionError: if it looks at none.
    """
    errors = {name: raw_call(number, *[WRONG] * 6)[1] for name, number in numbers.items()}
    answered = {name: os.strerror(error) for name, error in errors.items() if error not in NOT_THERE}
    if not answered:
        raise PermissionError(f"none of {len(numbers)}")
    return answered


def open_sockets(number, upper_half):
    """Open a socket of any family but UNIX's.

    Args:
        number: of the system call.
        upper_half: whether to set bits that the kernel ignores.

    Raises:
        PermissionError: if the kernel looks at none.
    """
    refusals = (*NOT_THERE, errno.EAFNOSUPPORT)
    found = []
    for family in range(FAMILIES):
        if family == AF_UNIX and not upper_half:
            continue
        for kind in (1, 2, 3, 5):  # stream, datagram, raw, packets in sequence
            result, error = raw_call(number, family + upper_half * UPPER_HALF, kind, 0)
            if error not in refusals:
                found.append((family, kind))
            if result >= 0:
                os.close(result)
    if not found:
        raise PermissionError("no family")
    return found


def call_by_32_bits():
    """Make a system call as programs of 32 bits do, which has another number than a filter expects.

    Raises:
        OSError: if this processor has no such calls.
    """
    if platform.machine() != "x86_64":
        raise OSError("this processor has none")
    code = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, 7)
    code.write(bytes.fromhex("b814000000 cd80 c3"))  # mov eax, 20 (getpid); int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(code))
    if ctypes.CFUNCTYPE(ctypes.c_int)(address)() < 0:
        raise OSError("this kernel has none")


def call_by_x32(number):
    """Make a system call as programs of the x32 convention do.

    Raises:
        OSError: if this kernel has no such calls.
    """
    result, error = raw_call(0x40000000 | number)
    if result < 0:
        raise OSError(error, os.strerror(error))


def new_namespaces(number, flags):
    """Make a child in new namespaces by clone, with one flag at a time.

    Raises:
        PermissionError: if the kernel looks at none of the flags.
    """
    found = []
    for flag in flags:
        child, error = raw_call(number, flag | 17, 0, 0, 0, 0)
        if child == 0:
            os._exit(0)
        if child > 0:
            os.waitpid(child, 0)
        if error not in NOT_THERE:
            found.append(hex(flag))
    if not found:
        raise PermissionError(f"none of {len(flags)}")
    return found

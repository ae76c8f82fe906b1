"""The system calls that a sandboxed program may make: those that are named here.

Any other is answered as if the kernel did not have it (ENOSYS), and so is one that a newer
kernel adds: libraries then take the older way. Left out are what passes by the limits (memory that counts
for no process: System V and POSIX queues, anonymous files, pages held by pipes), other processes' memory,
namespaces and mounts, and whatever else no exercise needs.
"""

import errno
import mmap
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyseccomp import SyscallFilter

# By kind. Some exist on one kind of processor only, and some are newer than this machine's libseccomp.
ALLOWED = {
    "files": """
        access chdir chmod chown close close_range copy_file_range creat dup dup2 dup3 faccessat
        faccessat2 fadvise64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchownat fcntl fdatasync
        fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstatfs fsync ftruncate futimesat getcwd
        getdents getdents64 getxattr ioctl lchown lgetxattr link linkat listxattr llistxattr
        lremovexattr lseek lsetxattr lstat mkdir mkdirat mknod mknodat newfstatat open openat pipe pipe2
        pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
        removexattr rename renameat renameat2 rmdir sendfile setxattr stat statfs statx symlink
        symlinkat sync_file_range truncate umask unlink unlinkat utime utimensat utimes write writev
    """,
    "memory": """
        brk get_mempolicy madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mprotect
        mremap msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
    """,
    "processes": """
        arch_prctl capget execve execveat exit exit_group fork get_robust_list get_thread_area getcpu
        getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getpriority getresgid getresuid
        getrlimit getrusage getsid gettid getuid kill prctl prlimit64 restart_syscall rseq
        sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
        sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield set_robust_list set_thread_area set_tid_address setpgid
        setpriority setrlimit setsid sysinfo tgkill times tkill uname vfork wait4 waitid
    """,
    "signals": """
        pause rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_tgsigqueueinfo sigaltstack signalfd signalfd4
    """,
    "time": """
        alarm clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep setitimer time
        timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
        timerfd_gettime timerfd_settime
    """,
    "waiting": """
        epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 futex
        futex_requeue futex_wait futex_waitv futex_wake poll ppoll pselect6 select
    """,
    "sockets": """
        accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg
        sendmmsg sendmsg sendto shutdown
    """,
    "chance": "getrandom",
}
# Of sockets' options, none that makes their buffers larger.
SOCKET_OPTIONS = (socket.SO_REUSEADDR, socket.SO_KEEPALIVE, socket.SO_RCVTIMEO, socket.SO_SNDTIMEO)
NEW_NAMESPACES = 0x7E020000  # the flags of clone that make one
MAP_HUGETLB = 0x40000
ALL = 0xFFFFFFFFFFFFFFFF  # the kernel ignores the upper half of some arguments, a filter does not


@contextmanager
def syscall_filter() -> Iterator[int]:
    """Write the filter of system calls to a file for bubblewrap; yield the file's descriptor."""
    import pyseccomp as seccomp  # imported late: it cannot be imported without libseccomp

    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.ENOSYS))
    # Calls by the conventions of 32 bits and of x32 have other numbers, which no rule here knows.
    rules.set_attr(seccomp.Attr.ACT_BADARCH, seccomp.KILL_PROCESS)
    for name in " ".join(ALLOWED.values()).split():
        if number_of(name) >= 0:
            rules.add_rule(seccomp.ALLOW, name)
    add_conditional_rules(rules)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        yield file.fileno()


def number_of(name: str) -> int:
    """Return the number of a system call; a negative one if there is none here, or libseccomp is old."""
    import pyseccomp

    return pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)


def add_conditional_rules(rules: "SyscallFilter") -> None:
    """Add the rules about system calls that are allowed with some arguments only."""
    from pyseccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NE, Arg

    for name in ("socket", "socketpair"):  # of all families, the one that stays on this machine
        rules.add_rule(ALLOW, name, Arg(0, EQ, socket.AF_UNIX))
    for option in SOCKET_OPTIONS:
        rules.add_rule(ALLOW, "setsockopt", Arg(1, EQ, socket.SOL_SOCKET), Arg(2, EQ, option))
    # clone3, whose flags lie in memory, is not allowed: libraries then call clone.
    rules.add_rule(ALLOW, "clone", Arg(0, MASKED_EQ, NEW_NAMESPACES, 0))
    # Memory that is shared without a file counts for no process that holds it and does not touch it.
    anonymous = mmap.MAP_ANONYMOUS
    rules.add_rule(ALLOW, "mmap", Arg(3, MASKED_EQ, anonymous, 0))
    rules.add_rule(ALLOW, "mmap", Arg(3, MASKED_EQ, anonymous | mmap.MAP_SHARED | MAP_HUGETLB, anonymous))
    # The CPU time of a child is added to no sum if its parent ignores SIGCHLD. So what becomes of this
    # signal may be asked, not set: a program that sets it is told that it has.
    sigchld = int(signal.SIGCHLD)
    for bit in (1 << position for position in range(7)):  # every other signal differs in one of these
        rules.add_rule(ALLOW, "rt_sigaction", Arg(0, MASKED_EQ, ALL - 0x7F + bit, ~sigchld & bit))
    rules.add_rule(ALLOW, "rt_sigaction", Arg(0, EQ, sigchld), Arg(1, EQ, 0))
    rules.add_rule(ERRNO(0), "rt_sigaction", Arg(0, EQ, sigchld), Arg(1, NE, 0))

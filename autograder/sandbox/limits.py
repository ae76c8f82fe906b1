"""The resources that the code of one check may use."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """The resources that the code of one check may use."""

    seconds: float = 60.0  # wall time
    total_seconds: float = 900.0  # wall time of all checks of a submission
    cpu_seconds: int = 40  # CPU time of each process
    memory: int = 4096 * MIB  # bytes, all processes together
    processes: int = 128  # threads included
    disk: int = 64 * MIB  # bytes on each of home, /tmp and /dev/shm

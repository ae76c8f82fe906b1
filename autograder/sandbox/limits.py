"""What the code of one check may use."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What the code of one check may use."""

    seconds: float = 60.0  # of wall time
    total_seconds: float = 900.0  # of wall time, all checks of a submission together
    cpu_seconds: int = 40  # of each process
    memory: int = 4096 * MIB  # of all processes together
    processes: int = 128  # threads count too
    disk: int = 64 * MIB  # of each of home, /tmp and /dev/shm

"""The resources that a student's code may use, in one check and in all of them."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """The resources that a student's code may use, in one check if nothing else is said."""

    seconds: float = 60.0  # CPU time of all processes, and time in which they wait
    total_seconds: float = 1800.0  # of all checks of a submission: CPU time or wall time, if that is more
    cpu_seconds: int = 40  # CPU time of each process
    memory: int = 4096 * MIB  # bytes, all processes together
    processes: int = 128  # threads included
    disk: int = 64 * MIB  # bytes on each of home, /tmp and /dev/shm

    @property
    def step_seconds(self) -> float:
        """The same of all checks of one step, so that one notebook does not use up the time of all."""
        return self.total_seconds / 3

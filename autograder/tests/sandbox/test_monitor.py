"""The memory of a sandbox is measured from outside."""

import subprocess
import sys

from autograder.sandbox.monitor import private_memory

HOLD_SHARED_MEMORY = """
import mmap, sys
memory = mmap.mmap(-1, 2**26)
for i in range(0, len(memory), 4096):
    memory[i] = 1
print("held", flush=True)
sys.stdin.read()
"""


def test_anonymous_shared_memory_is_counted():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", HOLD_SHARED_MEMORY], **pipes) as process:
        process.stdout.readline()
        assert private_memory(process.pid) > 2**26
        process.kill()

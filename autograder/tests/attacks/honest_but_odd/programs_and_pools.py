# Starts programs, a pool, a manager and a loop of events, of which each needs sockets, pipes or signals.
# answers: box_cxcywh_to_xyxy
# expected: full
import asyncio
import multiprocessing
import signal
import subprocess


async def run():
    process = await asyncio.create_subprocess_exec("true")
    return await process.wait()


context = multiprocessing.get_context("fork")
signal.signal(signal.SIGCHLD, lambda number, frame: None)
assert asyncio.run(run()) == 0
assert subprocess.run("echo $(echo a) | cat", shell=True, capture_output=True).stdout == b"a\n"
with context.Pool(2) as pool:
    assert pool.map(abs, [-1, -2]) == [1, 2]
with context.Manager() as manager:
    assert list(manager.list([1])) == [1]

# SOLUTION

"""Workers: whatever a job does, it costs itself alone, and nothing is left behind."""

import asyncio
import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from crawler.workers import WorkerKilled, Workers

MIB = 1 << 20


def square(number: int) -> int:
    return number * number


def pid() -> int:
    return os.getpid()


def spin() -> None:
    while True:
        pass


def spin_in_c() -> None:
    re.fullmatch(r"(a+)+b", "a" * 60)


def sleep() -> None:
    time.sleep(60)


def eat() -> int:
    return len(bytearray(8 << 30))


def vanish() -> None:
    os._exit(3)


def segfault() -> None:
    ctypes.string_at(0)


def complain() -> None:
    raise ValueError("bad document")


def megabytes(count: int) -> bytes:
    return b"x" * (count * MIB)


@pytest.fixture
def workers() -> Iterator[Workers]:
    with closing(Workers(2, wall_s=20, cpu_s=1, memory_bytes=256 * MIB, preload=())) as made:
        yield made


async def outcome(workers: Workers, job: Callable[[], Any]) -> str:
    try:
        return repr(await workers.run(job))
    except WorkerKilled as killed:
        return str(killed)


BAD: dict[Callable[[], Any], str] = {
    spin: "used more than 1 s of CPU",
    spin_in_c: "used more than 1 s of CPU",
    vanish: "crashed",
    segfault: "crashed",
    complain: "failed with ValueError: bad document",
}
if sys.platform != "darwin":  # macOS ignores RLIMIT_AS
    BAD[eat] = "ran out of memory"


def test_a_bad_job_costs_only_itself(workers: Workers) -> None:
    async def crowd() -> tuple[list[str], list[int]]:
        bad = asyncio.gather(*(outcome(workers, job) for job in BAD))
        good = await asyncio.gather(*(workers.run(square, number) for number in range(50)))
        return await bad, good

    said, good = asyncio.run(asyncio.wait_for(crowd(), 30))
    assert dict(zip(BAD, said, strict=True)) == BAD
    assert good == [number * number for number in range(50)]


def test_a_job_that_hangs_is_stopped_by_the_clock() -> None:
    with closing(Workers(1, wall_s=0.5, preload=())) as hasty:
        assert asyncio.run(outcome(hasty, sleep)) == "took longer than 0.5 s"
        assert asyncio.run(hasty.run(square, 3)) == 9


def test_a_worker_serves_many_jobs_and_limits_are_per_job(workers: Workers) -> None:
    async def several() -> set[int]:
        return {await workers.run(pid) for _ in range(5)} | {len(await workers.run(megabytes, 20)) for _ in range(3)}

    assert len(asyncio.run(several())) == 2, "one worker for all, one length"


def test_an_idle_worker_killed_from_outside_costs_nothing(workers: Workers) -> None:
    async def twice() -> tuple[int, int, set[int]]:
        first = await workers.run(pid)
        os.kill(first, signal.SIGKILL)
        await asyncio.sleep(1)
        return first, await workers.run(pid), {await workers.run(square, number) for number in range(5)}

    first, second, squares = asyncio.run(twice())
    assert second != first
    assert squares == {0, 1, 4, 9, 16}


def test_nothing_starts_before_the_first_job_and_nothing_stays_after_close() -> None:
    before = set(psutil.Process().children(recursive=True))
    workers = Workers(2, preload=())
    assert set(psutil.Process().children(recursive=True)) == before

    async def busy() -> tuple[set[int], list[str]]:
        first = {await workers.run(pid)}
        jobs = [asyncio.create_task(outcome(workers, job)) for job in (spin_in_c, sleep, pid)]
        await asyncio.sleep(0.5)
        born = {process.pid for process in psutil.Process().children(recursive=True)}
        workers.close()
        return first & born, await asyncio.gather(*jobs)

    began = time.monotonic()
    used, said = asyncio.run(asyncio.wait_for(busy(), 9))
    assert len(used) == 1
    assert said == ["the workers are closed"] * 3
    assert time.monotonic() - began < 5
    assert not any(psutil.pid_exists(worker) for worker in used)
    left = set(psutil.Process().children(recursive=True)) - before
    kept = [process for process in left if "multiprocessing" in " ".join(process.cmdline())]
    assert len(kept) == len(left) <= 2, "only multiprocessing's own fork server and tracker, which end with this process"
    with pytest.raises(WorkerKilled, match="closed"):
        asyncio.run(Workers.run(workers, square, 2))


KILLS = 1000


def test_after_a_thousand_kills_nothing_has_leaked_and_no_neighbour_was_lost() -> None:
    """Causes of death take turns; one good job runs beside each. Functions of the standard library: nothing is imported for them."""
    deaths: tuple[tuple[Callable[..., Any], tuple[object, ...], str], ...] = (
        (os._exit, (3,), "crashed"),
        (os.abort, (), "crashed"),
        (time.sleep, (60,), "took longer than 1 s"),
    )
    workers = Workers(12, wall_s=1, preload=(), slow=0)
    this = psutil.Process()

    async def one(number: int) -> list[object]:
        function, arguments, _ = deaths[number % len(deaths)]

        async def killed() -> str:
            try:
                return repr(await workers.run(function, *arguments))
            except WorkerKilled as error:
                return str(error)

        return list(await asyncio.gather(killed(), workers.run(pow, number, 2)))

    async def settled() -> tuple[int, int, int]:
        """Processes, open files, threads: once nothing runs and the fork server has let go of the dead."""
        for _ in range(100):
            found = len(this.children(recursive=True)), this.num_fds(), this.num_threads()
            await asyncio.sleep(0.05)
            if found == (len(this.children(recursive=True)), this.num_fds(), this.num_threads()):
                break
        return found

    async def everything() -> tuple[list[list[object]], tuple[int, int, int], tuple[int, int, int]]:
        first = await asyncio.gather(*(one(number) for number in range(60)))
        before = await settled()
        rest = await asyncio.gather(*(one(number) for number in range(60, KILLS)))
        return first + rest, before, await settled()

    with closing(workers):
        told, before, after = asyncio.run(asyncio.wait_for(everything(), 400))
    assert told == [[deaths[number % len(deaths)][-1], number * number] for number in range(KILLS)]
    # Twelve workers may be idle now that were not then, a dozen files and threads each; one leaked per kill would be hundreds.
    assert all(now <= then + 150 for now, then in zip(after, before, strict=True)), (before, after)
    assert len(this.children(recursive=True)) <= 2 + before[0], "none is left once closed"


def test_a_job_that_spins_keeps_nobody_waiting() -> None:
    """One place, two jobs that spin for all their CPU time, beside twenty good ones."""
    order: list[str] = []

    async def spinning() -> None:
        with pytest.raises(WorkerKilled, match="used more than 3 s of CPU"):
            await few.run(re.fullmatch, r"(a+)+b", "a" * 60)
        order.append("bad")

    async def crowd() -> None:
        assert await few.run(pow, 3, 2) == 9
        bad = [asyncio.create_task(spinning()) for _ in range(2)]
        await asyncio.sleep(0)
        for number in range(20):
            assert await few.run(pow, number, 2) == number * number
            order.append("good")
        await asyncio.gather(*bad)

    with closing(Workers(1, cpu_s=3, preload=(), patience_s=0.2)) as few:
        asyncio.run(asyncio.wait_for(crowd(), 60))
    assert order == ["good"] * 20 + ["bad"] * 2


def size(document: bytes) -> int:
    return len(document)


def test_the_smaller_the_document_the_sooner_its_turn() -> None:
    order: list[int] = []

    async def crowd() -> None:
        async def one(length: int) -> None:
            order.append(await few.run(size, b"x" * length))

        jobs = [asyncio.create_task(one(length)) for length in (1, 9_000, 7_000_000, 500, 8_000, 2)]
        await asyncio.sleep(0)
        jobs[2].cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        await one(3)

    with closing(Workers(1, preload=())) as few:
        asyncio.run(asyncio.wait_for(crowd(), 60))
    assert order == [1, 2, 500, 8_000, 9_000, 3], "the first found a free worker, the one cancelled costs nobody his turn"


ORPHANS = """
import asyncio, os, sys
from crawler.workers import Workers
from tests.test_workers import pid, sleep
async def main():
    workers = Workers(1, wall_s=50, preload=())
    print(await workers.run(pid), flush=True)
    await workers.run(sleep)
asyncio.run(main())
"""


def test_workers_end_when_the_parent_is_killed() -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, cwd=root, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        time.sleep(0.3)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + 3
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.05)

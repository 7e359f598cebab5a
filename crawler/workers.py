"""A function and its arguments in; its result out, computed in a worker process bounded in CPU, memory and wall clock."""

import asyncio
import heapq
import itertools
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import parent_process
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any, ClassVar, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

NICE = 5  # of a slow job: a third of the share that the others get while they have work
UNLIMITED = resource.RLIM_INFINITY


class WorkerKilled(Exception):
    """A job came to nothing; the text says why. Only that job is lost."""


class Reaped(ForkServerProcess):
    """A process whose end one thread at a time learns of. multiprocessing looks for ended children of every thread at each start;
    two that meet read one exit status twice, and the second finds none: 7 of 3,000 causes of death were lost that way."""

    reaping: ClassVar = threading.RLock()

    def start(self) -> None:
        with self.reaping:
            super().start()

    def is_alive(self) -> bool:
        with self.reaping:
            return super().is_alive()

    def join(self, timeout: float | None = None) -> None:
        wait([self.sentinel], timeout)
        with self.reaping:
            super().join(0)

    @property
    def exitcode(self) -> int | None:
        with self.reaping:
            return super().exitcode


class Forks(ForkServerContext):
    """The fork server, for processes that are `Reaped`."""

    Process = Reaped


@dataclass(slots=True, eq=False)
class Worker:
    """One process in a pool of its own: killed in the middle of a message, it cannot wedge its neighbours' channel."""

    pool: ProcessPool
    pid: int = 0
    job: Future[Any] | None = None


@dataclass(eq=False)
class Workers:
    """`count` workers.

    A job may take `wall_s` seconds, `cpu_s` seconds of CPU and `memory_bytes` of address space beyond what the worker had at its
    start. One that takes longer than `patience_s` goes on at low priority and a further worker takes its place, for up to `slow`
    such jobs at once: documents that make a parser spin keep nobody waiting. `preload` are modules the fork server imports once,
    so that a worker started anew after a kill costs milliseconds. Nothing starts before the first job.
    """

    count: int
    wall_s: float = 60
    cpu_s: int = 6
    memory_bytes: int = 1 << 30
    preload: tuple[str, ...] = ("crawler.work",)
    patience_s: float = 0.5
    slow: int = 4

    def __post_init__(self) -> None:
        self.context = Forks()
        self.context.set_forkserver_preload(list(self.preload))
        self.idle: list[Worker | None] = [None] * self.count
        self.waiting: list[tuple[int, int, asyncio.Future[Worker | None]]] = []
        self.turns = itertools.count()
        self.started: set[Worker] = set()
        self.closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a picklable module-level `function`. Waits for a free worker, the smaller the document the shorter; that is
        not counted.

        Raises `WorkerKilled` when the worker was stopped by a limit or died, or the function raised: what a hostile document sets
        off costs one job, whatever it is.
        """
        worker, kept = await self.turn(sum(len(one) for one in args if isinstance(one, bytes))), True
        try:
            async with asyncio.timeout(2 * self.wall_s + 10):  # whatever befalls a pool, nobody waits for ever
                if worker and not alive(worker.pid):
                    await self.drop(worker)
                    worker = None
                worker = worker or await self.start()
                job = self.schedule(worker, bounded, self.cpu_s, self.memory_bytes, function, args, kwargs)
                result: asyncio.Future[T] = asyncio.wrap_future(job)
                await asyncio.wait([result], timeout=self.patience_s)
                if not result.done() and self.slow:
                    kept = self.set_aside(worker)
                return await result
        except (TimeoutError, ProcessExpired, BrokenProcessPool, MemoryError) as error:
            await self.drop(worker)
            worker = None
            raise WorkerKilled(self.reason(error)) from None
        except asyncio.CancelledError:
            await self.drop(worker)
            worker = None
            task = asyncio.current_task()
            if self.closed and not (task and task.cancelling()):
                raise WorkerKilled("the workers are closed") from None
            raise
        except WorkerKilled:
            raise
        except Exception as error:
            raise WorkerKilled(f"failed with {type(error).__name__}: {error}") from error
        finally:
            if kept:
                self.give(worker)
            else:
                self.slow += 1
                await self.drop(worker)

    async def turn(self, size: int) -> Worker | None:
        """A free worker, the last used first, or the place of one yet to start. Where several jobs wait, the one of fewest bytes is
        next: a hundred documents of ten megabytes hold up no feed."""
        if self.idle:
            return self.idle.pop()
        given: asyncio.Future[Worker | None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.waiting, (size, next(self.turns), given))
        try:
            return await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self.give(given.result())
            raise

    def give(self, worker: Worker | None) -> None:
        """Let the next job have this worker."""
        while self.waiting:
            given = heapq.heappop(self.waiting)[2]
            if not given.done():
                given.set_result(worker)
                return
        self.idle.append(worker)

    async def start(self) -> Worker:
        """A new worker, without holding up the event loop: the first one has the fork server import all it preloads, one to two
        seconds. Raises `WorkerKilled` once closed."""
        if self.closed:
            raise WorkerKilled("the workers are closed")
        worker = Worker(ProcessPool(max_workers=1, initializer=prepare, context=self.context))
        self.started.add(worker)
        worker.pid = await asyncio.wrap_future(await asyncio.to_thread(self.schedule, worker, os.getpid))
        return worker

    def schedule(self, worker: Worker, function: Callable[..., T], *args: object) -> Future[T]:
        """The result to come of `function(*args)` in `worker`. Raises `BrokenProcessPool` when its process has gone."""
        try:
            worker.job = worker.pool.schedule(function, args, timeout=self.wall_s)
        except RuntimeError as error:
            raise BrokenProcessPool(str(error)) from error
        return worker.job

    def set_aside(self, worker: Worker) -> bool:
        """Let a slow job go on beside the others at low priority, its place free for a new worker; False: the place is not kept."""
        self.slow -= 1
        self.give(None)
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, worker.pid, NICE)
        return False

    async def drop(self, worker: Worker | None) -> None:
        """End a worker, if it is one, without holding up the event loop."""
        if worker in self.started:
            self.started.discard(worker)
            stop(worker)
            await asyncio.to_thread(worker.pool.join)

    def reason(self, error: BaseException) -> str:
        """Why a worker ended, for the operator."""
        if isinstance(error, TimeoutError):
            return f"took longer than {self.wall_s:g} s"
        if isinstance(error, MemoryError):  # its worker came through, but a fragmented heap is not worth keeping
            return "ran out of memory"
        return f"used more than {self.cpu_s} s of CPU" if getattr(error, "exitcode", 0) == -signal.SIGXCPU else "crashed"

    def close(self) -> None:
        """End every worker, busy or not, and wait until they are gone (well under a second). May be called twice."""
        self.closed = True
        started, self.started = self.started, set()
        for worker in started:
            stop(worker)
        for worker in started:
            worker.pool.join()


def alive(pid: int) -> bool:
    """Whether a process is there: an idle worker may have been killed from outside."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def stop(worker: Worker) -> None:
    """Cancel what a worker does and tell its pool to end it."""
    if worker.job is not None:
        worker.job.cancel()
    worker.pool.stop()  # type: ignore[no-untyped-call]


def prepare() -> None:
    """Set up a fresh worker: deaf to Ctrl-C (the parent decides), mortal at once, and gone when its parent is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a Python handler would never run while a C loop does
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its buffers per thread would count against the address space
    size_at_start()
    parent = parent_process()
    if parent is not None:
        # Workers are children of the fork server: an orphan would not notice the parent's death while a job runs.
        threading.Thread(target=leave_after, args=(parent.sentinel,), daemon=True).start()


def leave_after(sentinel: int) -> None:
    """End this process as soon as the one behind `sentinel` has ended."""
    wait([sentinel])
    os._exit(0)


@cache
def size_at_start() -> int:
    """The address space of this process in bytes when first asked; 0 where /proc is not there to tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[0]) * resource.getpagesize() if statm.exists() else 0


def bounded(cpu_s: int, memory_bytes: int, function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    """Call `function` under limits that hold for this call alone, so that none can strike while a message is half sent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft_limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + cpu_s)
    if sys.platform != "darwin":  # macOS accepts RLIMIT_AS and ignores it: there CPU and wall clock alone bound a job
        soft_limit(resource.RLIMIT_AS, size_at_start() + memory_bytes)
    try:
        return function(*args, **kwargs)
    finally:
        soft_limit(resource.RLIMIT_CPU, UNLIMITED)
        soft_limit(resource.RLIMIT_AS, UNLIMITED)


def soft_limit(kind: int, value: int) -> None:
    """Set a soft limit, at most the hard one, which stays as it is."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == UNLIMITED else hard if value == UNLIMITED else min(value, hard), hard))

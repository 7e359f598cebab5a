"""A function and its arguments in; its result out, computed in a worker process bounded in CPU, memory and wall clock."""

import asyncio
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

P = ParamSpec("P")
T = TypeVar("T")

OUT_OF_MEMORY = 77  # exit status of a worker that hit its limit
UNLIMITED = resource.RLIM_INFINITY


class WorkerKilled(Exception):
    """A job came to nothing; the text says why. Only that job is lost."""


class Workers:
    """`count` processes, each a pool of its own: a worker killed in the middle of a message cannot wedge its neighbours' channel.

    A job may take `wall_s` seconds, `cpu_s` seconds of CPU and `memory_bytes` of address space beyond what the worker had at its
    start. `preload` are modules the fork server imports once, so that a worker started anew after a kill costs milliseconds.
    Nothing starts before the first job.
    """

    def __init__(
        self,
        count: int,
        wall_s: float = 12,
        cpu_s: int = 6,
        memory_bytes: int = 1 << 30,
        preload: tuple[str, ...] = ("crawler.work",),
    ) -> None:
        self.wall_s, self.cpu_s, self.memory_bytes = wall_s, cpu_s, memory_bytes
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(list(preload))
        self.idle: asyncio.LifoQueue[ProcessPool | None] = asyncio.LifoQueue()
        for _ in range(count):
            self.idle.put_nowait(None)
        self.pools: dict[ProcessPool, Future[Any] | None] = {}
        self.closed = False

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of a picklable module-level `function`. Waits for a free worker; that is not counted.

        Raises `WorkerKilled` when the worker was stopped by a limit or died, or the function raised: what a hostile document sets
        off costs one job, whatever it is.
        """
        pool = await self.idle.get()
        try:
            pool = pool or self.start()
            job = pool.schedule(bounded, (self.cpu_s, self.memory_bytes, function, args, kwargs), timeout=self.wall_s)
            self.pools[pool] = job
            return await asyncio.wrap_future(job)
        except (TimeoutError, ProcessExpired, BrokenProcessPool) as error:
            spent, pool = pool, None
            await self.drop(spent)
            raise WorkerKilled(self.reason(error)) from None
        except asyncio.CancelledError:
            spent, pool = pool, None
            await self.drop(spent)
            task = asyncio.current_task()
            if self.closed and not (task and task.cancelling()):
                raise WorkerKilled("the workers are closed") from None
            raise
        except WorkerKilled:
            raise
        except Exception as error:
            raise WorkerKilled(f"failed with {type(error).__name__}: {error}") from error
        finally:
            self.idle.put_nowait(pool)

    def start(self) -> ProcessPool:
        """A pool of one worker. Raises `WorkerKilled` once closed."""
        if self.closed:
            raise WorkerKilled("the workers are closed")
        pool = ProcessPool(max_workers=1, initializer=prepare, context=self.context)
        self.pools[pool] = None
        return pool

    async def drop(self, pool: ProcessPool | None) -> None:
        """End a pool whose worker was stopped, without holding up the event loop."""
        if pool is not None and pool in self.pools:
            del self.pools[pool]
            pool.stop()  # type: ignore[no-untyped-call]
            await asyncio.to_thread(pool.join)

    def reason(self, error: BaseException) -> str:
        """Why a worker ended, for the operator."""
        if isinstance(error, TimeoutError):
            return f"took longer than {self.wall_s:g} s"
        status = getattr(error, "exitcode", 0)
        if status == -signal.SIGXCPU:
            return f"used more than {self.cpu_s} s of CPU"
        return "ran out of memory" if status == OUT_OF_MEMORY else "crashed"

    def close(self) -> None:
        """End every worker, busy or not, and wait until they are gone (well under a second). May be called twice."""
        self.closed = True
        pools, self.pools = self.pools, {}
        for pool, job in pools.items():
            if job is not None:
                job.cancel()
            pool.stop()  # type: ignore[no-untyped-call]
        for pool in pools:
            pool.join()


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


def bounded(
    cpu_s: int, memory_bytes: int, function: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
) -> T:
    """Call `function` under limits that hold for this call alone, so that none can strike while a message is half sent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft_limit(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + cpu_s)
    if sys.platform != "darwin":  # macOS accepts RLIMIT_AS and ignores it: there CPU and wall clock alone bound a job
        soft_limit(resource.RLIMIT_AS, size_at_start() + memory_bytes)
    try:
        return function(*args, **kwargs)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # a fragmented heap is not worth keeping
    finally:
        soft_limit(resource.RLIMIT_CPU, UNLIMITED)
        soft_limit(resource.RLIMIT_AS, UNLIMITED)


def soft_limit(kind: int, value: int) -> None:
    """Set a soft limit, at most the hard one, which stays as it is."""
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == UNLIMITED else hard if value == UNLIMITED else min(value, hard), hard))

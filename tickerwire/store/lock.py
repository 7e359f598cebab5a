"""A database path in; the right to write to that database, held by at most one process, out."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tickerwire.errors import Busy, StoreError


@contextmanager
def exclusive(path: Path, what: str, waits: Callable[[str], object] | None = None) -> Iterator[int]:
    """Hold an flock on `path` and yield its file descriptor, which a child may inherit to keep the lock alive.

    The kernel drops an flock with the last process that holds it, so a killed run never leaves a stale lock behind.
    Raises Busy when another process holds it; with `waits`, which is told who, it waits. StoreError when the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}: the directory must exist and be writable") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another process"
            if waits is None:
                raise Busy(f"{path}: locked by {holder}; wait for it to end or stop it") from None
            waits(holder)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{what} (pid {os.getpid()})".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def write_lock(database: Path) -> Path:
    """The lock file that every writing command takes for as long as it writes."""
    return database.with_name(database.name + ".lock")


def outbox_lock(database: Path) -> Path:
    """The lock file of whoever tells hubs and webhooks what waits for them: the service as long as it lives, else a run at its end."""
    return database.with_name(database.name + ".outbox.lock")


def service_lock(database: Path) -> Path:
    """The lock file that the resident service holds for its whole life, beside the write lock it takes per run."""
    return database.with_name(database.name + ".service.lock")

"""A path below the public root and bytes in; the file and its compressed variants, swapped in whole or not at all, out."""

import gzip
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from errno import errorcode
from pathlib import Path

import brotli

from tickerwire.errors import StoreError
from tickerwire.tables import table

TEXT = frozenset({".atom", ".css", ".html", ".js", ".json", ".opml", ".rss", ".svg", ".txt", ".xml"})
# Content coding: its suffix, how to encode, how to decode. Above level 6 and quality 5 large feeds cost far more than they save
# (126 kB: 6 ms and 9 ms against 320 ms).
CODINGS: Mapping[str, tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (".gz", lambda data: gzip.compress(data, 9 if len(data) <= 65_536 else 6, mtime=0), gzip.decompress),
    "br": (".br", lambda data: brotli.compress(data, quality=10 if len(data) <= 16_384 else 5), brotli.decompress),
}
ADVICE: dict[str, str] = table("syndicate", "advice")


def replace(root: Path, relative: str, data: bytes) -> bool:
    """Make `root/relative` hold `data` and say whether anything was written; equal bytes are left alone, their mtime too.

    Text files get .gz and .br beside them, written first, so that a server never pairs a new file with an old variant.
    Raises StoreError when the disk is full or not writable: the old file stays as it was.
    """
    path = root / relative
    if not relative or not path.resolve().is_relative_to(root.resolve()) or path.name.startswith("."):
        raise ValueError(f"{relative!r} does not lie inside the public directory")
    codings = CODINGS.values() if path.suffix in TEXT else ()
    variants = {path.with_name(path.name + suffix): encode for suffix, encode, _ in codings}
    with _explained(path):
        if _holds(path, data, variants):
            return False
        if not path.parent.is_dir():
            _directories(root, path.parent)
        moment = _later(path)
        for variant, encode in variants.items():
            _swap(variant, encode(data), moment)
        _swap(path, data, moment)
        _sync(path.parent)
    return True


def remove(root: Path, relative: str) -> None:
    """Take a file, its variants and a directory it leaves empty out of the tree. Raises StoreError when that is not allowed."""
    path = root / relative
    with _explained(path):
        for each in (path, *(path.with_name(path.name + suffix) for suffix, _, _ in CODINGS.values())):
            each.unlink(missing_ok=True)
        with suppress(OSError):
            path.parent.rmdir()


def sweep(root: Path) -> None:
    """Remove what a killed publish left behind; the caller holds the write lock, so no one else is writing."""
    with _explained(root):
        for leftover in root.rglob(".*.tmp"):
            leftover.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = ADVICE.get(errorcode.get(error.errno or 0, ""), "check the disk and the directory's permissions")
        raise StoreError(f"{path}: {error.strerror or error}; {advice}") from error


def _holds(path: Path, data: bytes, variants: Iterable[Path]) -> bool:
    """A variant newer than its file was written by a publish that was killed before the file itself."""
    with suppress(FileNotFoundError):
        found = path.stat()
        fresh = all(variant.stat().st_mtime_ns <= found.st_mtime_ns for variant in variants)
        return fresh and found.st_size == len(data) and path.read_bytes() == data
    return False


def _directories(root: Path, directory: Path) -> None:
    """Make what is missing up to `directory`, open to the web server whatever the umask."""
    root.parent.mkdir(parents=True, exist_ok=True)
    missing = [each for each in (directory, *directory.parents) if each.is_relative_to(root) and not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(0o755)


def _later(path: Path) -> int:
    """When a file written now changed, in nanoseconds since 1970: at least a second after it last did, so that Last-Modified moves with
    every change and never back, whatever the clock does; but an hour ahead is a clock put right, and followed."""
    now, following = time.time_ns(), path.stat().st_mtime_ns + 10**9 if path.exists() else 0
    return following if now < following < now + 3600 * 10**9 else now


def _swap(path: Path, data: bytes, moment: int) -> None:
    """Write beside `path`, force it to the disk, and rename: a reader opens the old file or the new one, whole."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.utime(file.fileno(), ns=(moment, moment))
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105  # pathlib takes three times as long
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

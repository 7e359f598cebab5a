"""A path of the published tree in; the file's bytes in every encoding it is sent in, kept in memory while it does not change, out."""

import hashlib
import re
import stat
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import brotli

from syndicate.tree import CODINGS

WORTH_ENCODING = 600  # bytes; below, the coding saves less than a packet
# No dot first, nothing a file system reads specially: with only such segments no path can leave the tree or name a dotfile.
SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Variant:
    """The bytes sent in one encoding and their strong entity tag (RFC 9110 section 8.8.3), quotes included."""

    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One file: whole seconds since 1970 UTC of its last change, and its variants; "identity" is always among them."""

    modified: int
    variants: Mapping[str, Variant]


class Tree:
    """The published tree below `root`. Each file is read once per change, whichever process changed it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._kept: dict[str, tuple[tuple[int, int, int], Stored]] = {}

    def find(self, path: str) -> Stored | None:
        """The file at `path` ("feeds/world.rss"), None when there is none or the path is not one the tree can hold."""
        if not all(map(SEGMENT.fullmatch, path.split("/"))):
            return None
        file = self.root / path
        with suppress(OSError):
            found = file.stat()
            key = (found.st_ino, found.st_mtime_ns, found.st_size)
            if (kept := self._kept.get(path)) and kept[0] == key:
                return kept[1]
            if stat.S_ISREG(found.st_mode):
                stored = Stored(int(found.st_mtime), _variants(file, file.read_bytes()))
                # Files are replaced, never rewritten: one swapped in since the look at it has another key and is read next time.
                self._kept[path] = (key, stored)
                return stored
        self._kept.pop(path, None)
        return None


def _variants(file: Path, plain: bytes) -> dict[str, Variant]:
    worth = CODINGS if len(plain) >= WORTH_ENCODING else ()
    bodies = {"identity": plain} | {coding: _encoded(file, coding, plain) for coding in worth}
    sent = ((coding, body) for coding, body in bodies.items() if len(body) <= len(plain))
    return {coding: Variant(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"') for coding, body in sent}


def _encoded(file: Path, coding: str, plain: bytes) -> bytes:
    # Siblings are written before the plain file, so for a moment they are newer than it. One rule keeps every answer
    # right at every instant: a sibling is used only when it decodes to exactly these plain bytes, else they are encoded here.
    suffix, encode, decode = CODINGS[coding]
    with suppress(OSError, EOFError, zlib.error, brotli.error):
        sibling = file.with_name(file.name + suffix).read_bytes()
        if decode(sibling) == plain:
            return sibling
    return encode(plain)

"""Every error Tickerwire raises on purpose, each with the exit code the command line gives it.

    TickerwireError (1)
    ├── ConfigError (2)      a file, key or value the operator wrote; carries all complaints at once
    ├── QueryError (2)       a filter expression; carries the position
    ├── UsageError (2)       an option, address or name given on the command line
    ├── Busy (3)             another run holds the lock
    └── StoreError (4)       database unreadable, newer than this version, disk full, read-only directory

An outlet that fails is not an error: it is a row in the store (`Failure` in `tickerwire.model`).
"""

from collections.abc import Sequence
from dataclasses import dataclass


def legible(text: str) -> str:
    """`text` on one line and without what a terminal or UTF-8 would stumble over: that is written as escapes."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in " ".join(text.split()))


class TickerwireError(Exception):
    """Base: its text is one line an operator can act on."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing wrong with the configuration: where it is written, what stands there, why it is refused."""

    file: str
    key: str
    value: str
    why: str

    def __str__(self) -> str:
        shown = f" = {self.value}" if self.value else ""
        return f"{self.file}: {self.key}{shown}: {self.why}" if self.key else f"{self.file}: {self.why}"


class ConfigError(TickerwireError):
    """The configuration is refused; `complaints` holds every reason found, not only the first."""

    exit_code = 2

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(map(str, self.complaints)))


class QueryError(TickerwireError):
    """A filter expression is refused: `position` is the 0-based offset in `query` where reading failed."""

    exit_code = 2

    def __init__(self, why: str, query: str, position: int) -> None:
        self.why, self.query, self.position = why, query, position
        rest = legible(query[position:])[:30]
        super().__init__(f"{why} (character {position + 1}, {f'before `{rest}`' if rest else 'at the end'})")


class UsageError(TickerwireError):
    """What was asked on the command line cannot be done as asked."""

    exit_code = 2


class Busy(TickerwireError):
    """Another run holds the lock."""

    exit_code = 3


class StoreError(TickerwireError):
    """The database or the directory it lies in cannot be used."""

    exit_code = 4

"""Fetched bytes in; identified entries or a merged article out: the functions that run in bounded worker processes."""

import time
from dataclasses import dataclass
from datetime import datetime

from crawler.extract import read_page
from crawler.identity import identify
from crawler.merge import merge
from crawler.read.feed import Unreadable, read_feed
from tickerwire.model import Entry, Identified

PARSER = (
    1  # raise it when reading changes: stored validators of an older parser are not sent, so every source is read anew
)


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source document's entries with identity, or `error`: why the document cannot be read."""

    entries: tuple[Identified, ...] = ()
    rejected: tuple[str, ...] = ()
    ttl: int = 0
    error: str = ""
    cpu_s: float = 0.0


def read_source(
    body: bytes, url: str, content_type: str, fetched: datetime, language: str, timezone: str
) -> SourceRead:
    """Parse a feed document fetched from `url` (final address) at `fetched` (UTC). Raises nothing an outlet can cause."""
    started = time.process_time()
    try:
        document = read_feed(body, url, content_type, fetched, language, timezone)
    except Unreadable as error:
        return SourceRead(error=str(error), cpu_s=time.process_time() - started)
    entries = identify(document.entries)
    return SourceRead(entries, document.rejected, document.ttl, cpu_s=time.process_time() - started)


def read_article(
    body: bytes, url: str, content_type: str, fetched: datetime, timezone: str, entry: Entry
) -> tuple[Entry, float]:
    """What the page at `url` adds to `entry`, merged field by field, and the CPU seconds that took."""
    started = time.process_time()
    page = read_page(body, url, content_type, fetched, timezone)
    return merge(entry, page), time.process_time() - started

"""Fetched bytes in; identified entries or a merged article out: the functions that run in bounded worker processes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from zlib import crc32

from crawler.extract import read_page
from crawler.freshness import skip
from crawler.identity import identify
from crawler.merge import merge
from crawler.optout import opted, reserved
from crawler.read.api import read_api
from crawler.read.feed import Unreadable, read_feed
from crawler.read.found import Found
from crawler.read.listing import read_listing
from crawler.read.sitemap import read_sitemap
from tickerwire.config import Source
from tickerwire.model import Entry, Identified

PARSER = 1  # raise it when reading changes: every source is then read anew


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source document's entries with identity and further documents to fetch, or `error`: why it cannot be read."""

    entries: tuple[Identified, ...] = ()
    rejected: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    ttl: int = 0
    skip: str = ""
    title: str = ""
    error: str = ""
    cpu_s: float = 0.0


@cache
def version(source: Source) -> int:
    """The reading code and selectors that validators belong to: those of others are not sent, so that no 304 hides a change."""
    return crc32(f"{PARSER} {source!r}".encode())


def read_source(
    body: bytes,
    url: str,
    headers: Mapping[str, str],
    fetched: datetime,
    source: Source,
    language: str,
    timezone: str,
) -> SourceRead:
    """Read a document of `source` fetched from `url` (final address) with response `headers` (lower-case names) at `fetched`
    (UTC). Raises nothing an outlet can cause."""
    started = time.process_time()
    try:
        found = _read(body, url, headers.get("content-type", ""), fetched, source, language, timezone)
    except Unreadable as error:
        return SourceRead(error=str(error), cpu_s=time.process_time() - started)
    document, said = found.document, reserved((), headers)
    entries = identify([opted(entry, said) for entry in document.entries] if said else document.entries)
    asks = skip(body) if source.kind == "feed" else ""
    spent = time.process_time() - started
    return SourceRead(entries, document.rejected, found.follow, document.ttl, asks, document.title[:300], cpu_s=spent)


def _read(
    body: bytes, url: str, content_type: str, fetched: datetime, source: Source, language: str, timezone: str
) -> Found:
    match source.kind:
        case "sitemap":
            return read_sitemap(body, url, content_type, fetched, language, timezone)
        case "listing":
            return read_listing(body, url, content_type, fetched, source, language, timezone)
        case "api":
            return read_api(body, url, content_type, fetched, source, language, timezone)
        case _:
            return Found(read_feed(body, url, content_type, fetched, language, timezone))


def read_article(
    body: bytes, url: str, headers: Mapping[str, str], fetched: datetime, timezone: str, entry: Entry
) -> tuple[Entry, float]:
    """What the page at `url` adds to `entry`, merged field by field, its opt-outs included, and the CPU seconds that took."""
    started = time.process_time()
    page = read_page(body, url, headers.get("content-type", ""), fetched, timezone)
    merged = opted(merge(entry, page), reserved(page.robots, headers, page=True))
    return merged, time.process_time() - started

"""Fetched bytes in; identified entries or a merged article out: the functions that run in bounded worker processes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from zlib import crc32

from crawler.extract import read_page
from crawler.freshness import skip
from crawler.identity import BY_TITLE, identify
from crawler.merge import merge
from crawler.optout import opted, reserved
from crawler.read.api import read_api
from crawler.read.feed import read_feed
from crawler.read.item import Origin, Unreadable
from crawler.read.listing import read_listing
from crawler.read.sitemap import read_sitemap
from crawler.sketch import sketch
from tickerwire.config import PageRules, Source
from tickerwire.model import Document, Entry, Identified, Relisted
from tickerwire.store.learned import trimmed
from tickerwire.store.stories import KEPT

Reader = Callable[[bytes, str, Origin, Source], Document]
READERS: dict[str, Reader] = {"feed": read_feed, "sitemap": read_sitemap, "listing": read_listing, "api": read_api}
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
    items: bytes = b""
    error: str = ""
    cpu_s: float = 0.0


@cache
def version(source: Source) -> int:
    """The reading code and selectors that validators belong to: those of others are not sent, so that no 304 hides a change."""
    return crc32(f"{PARSER} {source!r}".encode())


def read_source(body: bytes, headers: Mapping[str, str], origin: Origin, source: Source) -> SourceRead:
    """Read a document of `source` with response `headers` (lower-case names). Raises nothing an outlet can cause."""
    started = time.process_time()
    origin = replace(origin, reserved=reserved((), headers))
    try:
        document = READERS[source.kind](body, headers.get("content-type", ""), origin, source)
    except Unreadable as error:
        return SourceRead(error=str(error), cpu_s=time.process_time() - started)
    entries = tuple(sketched(one, origin.fetched) for one in identify(document.entries))
    if any(isinstance(one.entry, Relisted) and one.keys[0].startswith(BY_TITLE) for one in entries):
        return read_source(body, headers, replace(origin, known=b""), source)  # what tells this one apart was not read
    asks = skip(body) if source.kind == "feed" else ""
    spent = time.process_time() - started
    title = document.title[:300]
    return SourceRead(entries, document.rejected, document.follow, document.ttl, asks, title, document.items, cpu_s=spent)


def read_article(
    body: bytes, url: str, headers: Mapping[str, str], fetched: datetime, timezone: str, rules: PageRules, entry: Entry
) -> tuple[Entry, bytes, float]:
    """What the page at `url` adds to `entry`, merged field by field, its opt-outs included, a sketch of that, and the CPU seconds
    that took."""
    started = time.process_time()
    page = read_page(body, url, headers.get("content-type", ""), fetched, timezone, rules)
    merged = opted(merge(entry, page), reserved(page.robots, headers, page=True))
    merged = replace(merged, title=trimmed(merged.title, rules.title_affixes))
    return merged, sketch(merged.title, merged.text or merged.summary), time.process_time() - started


def sketched(found: Identified, now: datetime) -> Identified:
    """With its sketch, if it is news that a story may be made of."""
    entry = found.entry
    if isinstance(entry, Relisted) or now - (entry.published or now) > KEPT:
        return found
    return replace(found, sketch=sketch(entry.title, entry.text or entry.summary))

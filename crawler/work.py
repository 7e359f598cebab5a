"""Fetched bytes in; identified entries or a merged article out: the functions that run in bounded worker processes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zlib import crc32

from crawler.clean import shorten
from crawler.extract import Page, read_page
from crawler.freshness import skip
from crawler.identity import BY_TITLE, identify
from crawler.optout import opted, reserved
from crawler.read.api import read_api
from crawler.read.feed import read_feed
from crawler.read.item import SUMMARY, Origin, Unreadable
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


def merge(entry: Entry, page: Page) -> Entry:
    """`entry` with what `page` adds. What the feed says stands: title, dates, authors, image, tags, section.

    The page's body replaces a shorter one; its language, read off that text, replaces what the feed as a whole declares.
    """
    offers: dict[str, Any] = {name: getattr(page, name) for name in ("title", "authors", "section", "tags", "image")}
    dates = {name: moment for name in ("published", "updated") if (moment := getattr(page, name))}
    offers |= {name: moment.astimezone(UTC).replace(microsecond=0) for name, moment in dates.items()}
    taken = {key: value for key, value in offers.items() if value and not getattr(entry, key)}
    if len(page.text) > len(entry.text):
        taken |= {"text": page.text, "content_html": page.content_html}
    other = page.language.partition("-")[0] != entry.language.partition("-")[0]  # "en" and "en-GB" are one language
    if page.language and ((other and page.provenance.get("language") == "text") or not entry.language):
        taken["language"] = page.language
    if not entry.summary and page.text:
        taken["summary"] = shorten(" ".join(page.text.split()), SUMMARY)
    origins = {key: page.provenance.get("text" if key == "summary" else key, "dom") for key in taken}
    return replace(entry, **taken, provenance={**entry.provenance, **origins})


def sketched(found: Identified, now: datetime) -> Identified:
    """With its sketch, if it is news that a story may be made of."""
    entry = found.entry
    if isinstance(entry, Relisted) or now - (entry.published or now) > KEPT:
        return found
    return replace(found, sketch=sketch(entry.title, entry.text or entry.summary))

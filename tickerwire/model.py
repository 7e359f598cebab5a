"""The frozen values that pass between rooms: what a source listed, what is stored, what a crawl came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Result = Literal["ok", "unchanged", "error"]
PageState = Literal["none", "pending", "done", "failed"]
Desk = Literal["", "hidden", "withdrawn"]
SHOWN = 5  # quarantined articles in a sentence for people


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An attached file: absolute http(s) URL, media type, length in bytes (0 = unknown; RSS 2.0 requires a number)."""

    url: str
    type: str
    length: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as a source lists it, already cleaned: plain-text fields, sanitised HTML, absolute http(s) URLs, UTC dates.

    `provenance` names the origin of each field that is set: "feed", "json-ld", "meta", "dom", "trafilatura", "url".
    """

    link: str
    title: str
    source_guid: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    summary: str = ""
    text: str = ""
    content_html: str = ""
    language: str = ""
    section: str = ""
    tags: tuple[str, ...] = ()
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


class Relisted(Entry):
    """An item that says byte for byte what it said when its source was last read and stored: link and guid alone are told."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A source document after parsing: its entries in document order and what the publisher asks of pollers.

    `follow` are absolute http(s) addresses of further documents of the same source, best first: none is fetched yet, and hosts are
    not compared, for limits and permission are the caller's.
    `ttl` is the publisher's own polling wish in seconds (ttl, sy:updatePeriod), 0 when it states none;
    `rejected` are the reasons of entries that could not be used (neither link nor guid nor title), `items` the digests of the
    items that could, as `crawler.read.item.entries` makes them.
    """

    entries: tuple[Entry, ...]
    title: str = ""
    ttl: int = 0
    rejected: tuple[str, ...] = ()
    follow: tuple[str, ...] = ()
    items: bytes = b""


@dataclass(frozen=True, slots=True)
class Identified:
    """An entry with its identity inside one outlet.

    `guid_hash` is the HASH of the minted guid; `keys` are the ledger keys (any one of them seen before means the same article);
    `sketch` finds near copies, as `crawler.sketch` makes it.
    """

    entry: Entry
    guid_hash: str
    url: str
    keys: tuple[str, ...]
    sketch: bytes = b""


@dataclass(frozen=True, slots=True)
class Article:
    """One stored article. `id` is never reused; `position` = min(published, first_seen) orders feeds; dates are aware UTC.

    `backlog`: it was there before its source was first read, so it is no news for tickers. `story` is the id of the first article of
    its story; `copies` of it are stored; where it stands for the whole story, `others` are the other outlets' articles.
    """

    id: int
    outlet: str
    guid: str
    source_guid: str
    url: str
    link: str
    title: str
    authors: tuple[str, ...]
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    position: datetime
    changed_at: datetime
    language: str
    section: str
    tags: tuple[str, ...]
    image: str
    enclosures: tuple[Enclosure, ...]
    summary: str
    text: str
    content_html: str
    revision: int
    story: int
    desk: Desk
    pinned: bool
    urgent: bool
    page: PageState
    provenance: Mapping[str, str]
    backlog: bool = False
    copies: int = 1
    others: tuple["Article", ...] = ()

    @property
    def date(self) -> datetime:
        """The date shown to readers: as published, else when first seen; it never moves."""
        return self.published or self.first_seen


@dataclass(frozen=True, slots=True)
class Validators:
    """What is kept of a source to ask it again: validators echoed byte for byte (RFC 9110 section 8.8), SHA-256 of the body,
    the document's polling wishes (`ttl` in seconds, `skip` as `crawler.freshness.skip` writes it), where it has moved to
    for good, said so many times in a row, and the digests of its items.
    """

    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    ttl: int = 0
    skip: str = ""
    moved_to: str = ""
    moved_times: int = 0
    items: bytes = b""


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What one source of an outlet came to in one crawl.

    `wait` is how long the publisher asks pollers to wait (seconds: max-age, ttl), `retry_after` what a refusal demanded
    (seconds), `parser` the version of the reading code the validators belong to, `skip` the hours and days the publisher asks
    pollers to leave out; `soft` errors may be over in a moment. `root` is the configured source that named this document.
    """

    url: str
    kind: str
    result: Result
    status: int = 0
    error: str = ""
    validators: Validators | None = None
    entries: tuple[Identified, ...] = ()
    rejected: tuple[str, ...] = ()
    bytes: int = 0
    parser: int = 1
    wait: int = 0
    retry_after: int = 0
    skip: str = ""
    soft: bool = False
    root: str = ""


@dataclass(frozen=True, slots=True)
class OutletOutcome:
    """What one outlet came to in one crawl: committed as a whole, rows and validators and health together.

    `strain` is the sum of its failures in a row, a soft one counting half; `rhythm` what is learnt of when it publishes; `minted`
    the id that stands in its articles' guids, which outlives a renaming; `affixes` what is cut off its titles.
    """

    outlet: str
    started: datetime
    finished: datetime
    sources: tuple[SourceOutcome, ...]
    next_due: datetime
    hold_until: datetime
    failures: int = 0
    schedule: str = ""
    cpu_s: float = 0.0
    strain: float = 0.0
    rhythm: str = ""
    minted: str = ""
    affixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageTask:
    """An article page still to be fetched: the article's id, the URL exactly as listed, attempts made so far; `check`: only to see
    whether it is still there."""

    article: int
    outlet: str
    link: str
    attempts: int = 0
    check: bool = False


@dataclass(frozen=True, slots=True)
class OutletHealth:
    """The stored health of one outlet, as `status` shows it."""

    id: str
    schedule: str = ""
    last_result: str = ""
    last_error: str = ""
    last_attempt: datetime | None = None
    last_success: datetime | None = None
    last_new_article: datetime | None = None
    next_due: datetime | None = None
    hold_until: datetime | None = None
    consecutive_failures: int = 0
    strain: float = 0.0
    rhythm: str = ""
    http_status: int = 0
    articles: int = 0
    last_duration_s: float = 0.0
    cpu_s: float = 0.0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class FeedState:
    """What was last published for one feed: the ids in it, the fingerprint it was rendered from, whether it is stale, and what its
    hub and webhooks were `told` of: ids with the date of the last edit.

    `settled` is a digest of what it depended on besides articles, `until` when ages may change it. `quarantined` are the articles left
    out because they cannot be shown: ids with the reason.
    """

    id: str
    spec_hash: str = ""
    fingerprint: str = ""
    items: tuple[int, ...] = ()
    published_at: datetime | None = None
    stale: bool = False
    reason: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    settled: str = ""
    until: datetime | None = None
    quarantined: Mapping[str, str] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """The reason, and the articles left out with theirs; of many the first few."""
        left = [f"article {id_} left out: {fault}" for id_, fault in self.quarantined.items()]
        return "; ".join(filter(None, (self.reason, *left[:SHOWN], f"{len(left)} articles in all" if len(left) > SHOWN else "")))

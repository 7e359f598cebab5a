"""One listed item as any format gave it (raw strings) in; a clean `Entry`, or the reason there is none, out."""

import html as entities
import mimetypes
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from urllib.parse import urlsplit

from crawler.clean import absolute, affordable, fold, has_markup, names, plain, sanitised, shorten
from crawler.optout import opted
from crawler.read.dates import read_date
from tickerwire.model import Document, Enclosure, Entry, Relisted

TITLE, SUMMARY, CONTENT, GUID = 1_000, 1_000, 1_000_000, 2_000  # characters
TAGS, ENCLOSURES, REASONS = 50, 20, 50
MOST = 50_000  # entries of one document: the limit of the sitemap protocol (sitemaps.org), and far from any front page
DIGEST, DIGESTS = 8, 2_000  # bytes of one, and how many are kept of a document


class Unreadable(Exception):  # named for the state, as the reader of the message sees it
    """A fetched document that lists nothing readable; its text is one sentence saying why."""


def refuse(sign: object, why: str) -> None:
    """Raise `Unreadable` with `why` where there is a `sign` that calls for it."""
    if sign:
        raise Unreadable(why)


class Rejected(Exception):
    """An item no article can be made of; its text says which and why."""


@dataclass(frozen=True, slots=True)
class Item:
    """What one item of a feed says, unread: HTML or text as found, dates as written, addresses as listed.

    `base` is what relative addresses in `content` are relative to; `images` come in order of preference; enclosures are
    (address, media type, length).
    """

    link: str = ""
    guid: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    updated: str = ""
    summary: str = ""
    content: str = ""
    base: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    enclosures: tuple[tuple[str, str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where (final address) and when (UTC) a document was fetched, its outlet's language and IANA time zone, for what states
    none, what its headers reserve, and the digests of the items that are stored as they were read."""

    url: str
    fetched: datetime
    language: str = ""
    timezone: str = "UTC"
    reserved: frozenset[str] = frozenset()
    known: bytes = b""


def document(items: Iterable[Item | str], origin: Origin, make: Callable[[Item, Origin], Entry], most: int = MOST) -> Document:
    """What `make` makes of the items, in order, and why it makes none of the others: at most `most` and 50. Strings are such
    reasons. An item whose digest `origin` knows is `Relisted`, unread: most of a feed is what it was an hour ago."""
    entries: list[Entry] = []
    rejected: list[str] = []
    digests: list[bytes] = []
    known = {origin.known[at : at + DIGEST] for at in range(0, len(origin.known), DIGEST)}
    about = origin.url, origin.language, origin.timezone, sorted(origin.reserved)
    salt = blake2b(repr(about).encode("utf-8", "surrogatepass"), digest_size=DIGEST)
    for item in items:
        if most in (len(entries), len(rejected)):
            rejected.insert(0, f"more than {most:,} entries: the rest is not read")
            break
        if isinstance(item, str):
            rejected.append(item)
            continue
        digest = salt.copy()
        digest.update(repr(item).encode("utf-8", "surrogatepass"))
        try:
            made = (relisted if digest.digest() in known else make)(item, origin)
            entries.append(opted(made, origin.reserved))
            digests.append(digest.digest())
        except Rejected as reason:
            rejected.append(str(reason))
        except (ValueError, TypeError, LookupError) as error:
            rejected.append(f"an item cannot be read ({type(error).__name__}): {(item.title or item.link)[:80]!r}")
    if len(rejected) > REASONS:
        rejected[REASONS:] = [f"and {len(rejected) - REASONS:,} more"]
    return Document(tuple(entries), rejected=tuple(rejected), items=b"".join(digests[:DIGESTS]))


def located(item: Item, origin: Origin) -> tuple[str, str]:
    """An item's absolute link, "" without one, and its guid."""
    guid = fold(item.guid)[:GUID]
    return absolute(item.link, origin.url) or absolute(guid), guid


def relisted(item: Item, origin: Origin) -> Entry:
    """No more of the item than its identity is made of."""
    link, guid = located(item, origin)
    return Relisted(link, "", guid)


@lru_cache(maxsize=256)
def language_tag(text: str) -> str:
    """A BCP 47 tag in its usual case (RFC 5646 section 2.1.1), "" when it is none: `en_us` is `en-US`."""
    text = text.strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", text):
        return ""
    first, *rest = text.split("-")
    return "-".join([first.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def distinct(values: Iterable[str], limit: int) -> tuple[str, ...]:
    """The first `limit` values (of 20 times as many) that differ in more than case, without empty ones."""
    kept: dict[str, str] = {}
    for value in islice(values, 20 * limit):
        if value:
            kept.setdefault(value.casefold(), value)
    return tuple(kept.values())[:limit]


def entry(item: Item, origin: Origin) -> Entry:
    """The item as a clean entry. Raises `Rejected` when it has nothing to show: neither link nor title nor summary."""
    link, guid = located(item, origin)
    content, text = sanitised(as_html(item.content or (item.summary if has_markup(item.summary) else "")), item.base or origin.url)
    if len(content) > CONTENT:
        content = text = ""
    line = fold(text)
    flat = not item.content and text and "<" not in line and "&" not in line  # else the summary may be escaped twice
    summary = (shorten(line, SUMMARY) if flat else plain(item.summary, SUMMARY)) or shorten(line, SUMMARY)
    title = plain(item.title, TITLE) or shorten(summary, 80)
    if not (link or title):
        raise Rejected(f"an item has neither link nor title (guid {guid[:80]!r})" if guid else "an item has neither link nor title")
    updated = read_date(item.updated, origin.fetched, origin.timezone)
    values = {
        "link": link,
        "title": title,
        "source_guid": guid,
        "authors": distinct((one for text in item.authors for one in names(text)), TAGS),
        "published": read_date(item.published, origin.fetched, origin.timezone) or updated,  # dc:date, Atom 0.3: the only date
        "updated": updated,
        "summary": summary,
        "text": text,
        "content_html": content,
        "language": language_tag(item.language) or language_tag(origin.language),
        "tags": distinct(map(tagged, item.tags), TAGS),
        "image": next(filter(None, (absolute(url, origin.url) for url in item.images)), "") or first_image(content),
        "enclosures": enclosures(item, origin.url),
    }
    provenance = {key: "feed" for key, value in values.items() if value}
    return Entry(**values, provenance=provenance)  # type: ignore[arg-type]


def listed(by: str, item: Item, origin: Origin) -> Entry:
    """The item as a clean entry of provenance `by`. A title that is not stated stays "". Raises `Rejected` without web address.

    What `item.updated` says is true of the address, not of the article: it is kept, as written, as the provenance `lastmod` alone.
    """
    link = absolute(item.link, origin.url)
    if not link:
        raise Rejected(f"an entry without a web address: {plain(item.title or item.link, 80)!r}")
    said = {
        "link": link,
        "title": item.title and plain(item.title, TITLE),
        "authors": item.authors and distinct((plain(name, 120) for name in item.authors), TAGS),
        "published": item.published and read_date(item.published, origin.fetched, origin.timezone),
        "summary": item.summary and plain(item.summary, SUMMARY),
        "language": language_tag(item.language) or language_tag(origin.language),
        "tags": item.tags and distinct((plain(tag, 100) for tag in item.tags), TAGS),
        "image": next(filter(None, (absolute(url, origin.url) for url in item.images)), ""),
    }
    said = {key: value for key, value in said.items() if value}
    provenance = dict.fromkeys(said, by) | ({"lastmod": " ".join(item.updated.split())[:40]} if item.updated else {})
    return Entry(**{"title": ""} | said, provenance=provenance)  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def tagged(text: str) -> str:
    """One tag as plain text; a document's items share theirs."""
    return plain(text, 100)


def as_html(text: str) -> str:
    """`text` itself when it is HTML, else its paragraphs marked up; cut where no honest article is longer."""
    text = affordable(text)
    if not text.strip() or has_markup(text):
        return text
    return "".join(f"<p>{entities.escape(part, quote=False)}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())


def first_image(html: str) -> str:
    """The address of the first image of sanitised HTML."""
    found = re.search(r'<img[^>]*? src="([^"]+)"', html)
    return entities.unescape(found[1]) if found else ""


def enclosures(item: Item, base: str) -> tuple[Enclosure, ...]:
    """Attached files with an address; the media type guessed from its ending where none is given."""
    found: dict[str, Enclosure] = {}
    for listed, given, length in item.enclosures[:ENCLOSURES]:
        url = absolute(listed, base)
        media = given.partition(";")[0].strip().lower()
        if not re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", media):
            media = mimetypes.guess_type(urlsplit(url).path)[0] or "application/octet-stream"
        if url:
            found.setdefault(url, Enclosure(url, media, int(length) if re.fullmatch(r"[0-9]{1,15}", length.strip()) else 0))
    return tuple(found.values())

"""The bytes of a sitemap or sitemap index in; the addresses it lists, with what Google News says of them, out."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import islice
from typing import Any

from lxml import etree

from crawler.clean import absolute, fold, plain
from crawler.read.dates import read_date
from crawler.read.feed import read_feed
from crawler.read.item import MOST, TITLE, Item, Origin, Unreadable, document, listed, refuse
from crawler.read.text import text_of
from crawler.read.xml import complete
from tickerwire.config.model import Source
from tickerwire.model import Document

LARGEST = 50 * 1024 * 1024  # bytes unpacked, the limit of the protocol (sitemaps.org)
CHUNK = 1 << 16
GZIP = b"\x1f\x8b"
# A bare ampersand makes libxml2 drop the letters after it, so `?a=1&b=2` would become another address. Entities that only a DTD
# could explain stay as written: none is ever expanded.
CDATA_OR_BARE = re.compile(r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)", re.DOTALL)
IN_ROBOTS = re.compile(r"(?im)^[ \t]*sitemap[ \t]*:[ \t]*(\S+)")  # where RFC 9309 section 2.2.4 lets them be told
ROOT_PREFIX = re.compile(r"<([\w.-]{1,64}:)(?:urlset|sitemapindex)[\s>]")
ENTRY_START, ENTRY_END = re.compile(r"<(?:url|sitemap)[\s>]"), re.compile(r"</(?:url|sitemap)\s*>")
ROOT_END = re.compile(r"</(?:urlset|sitemapindex)\s*>")
FEEDS, ROOTS = {"rss", "feed", "rdf"}, {"urlset", "sitemapindex"}
NEVER = datetime.min.replace(tzinfo=UTC)

# Fields of an entry, by our names.
NAMES = {"link": "url/loc", "title": "news/title", "published": "news/publication_date", "updated": "url/lastmod"}
Said = dict[str, str]


def read_sitemap(body: bytes, content_type: str, origin: Origin, _: Source | None = None) -> Document:
    """The entries of a sitemap (XML, Google News, one address a line, or a feed).

    The sitemaps of an index, newest first, or those a robots.txt names go to
    `follow`. Packed with gzip or not; what lies beyond 50 MiB, 50,000 entries or a break-off is not read. Raises `Unreadable` when
    the document is no sitemap.
    """
    made = partial(listed, "sitemap")
    body = unpacked(unpacked(body))  # a packed file, packed once more on the way
    text = text_of(body[:LARGEST], content_type).strip()
    late: list[Item | str] = ["larger than 50 MiB: the rest is not read"] if len(body) > LARGEST else []
    refuse(not text, "empty document")
    refuse(text[:15].lower().startswith(("<!doctype html", "<html")), "HTML page instead of a sitemap")
    if not text.startswith("<"):
        if named := IN_ROBOTS.findall(text):
            return Document((), follow=tuple(filter(None, dict.fromkeys(absolute(one, origin.url) for one in named))))
        return document([*late, *lines(text)], origin, made)
    root, said = parsed(mended(text))
    if root in FEEDS:
        return read_feed(body, content_type, origin)
    refuse(not said and root not in ROOTS, f"not a sitemap (its first element is <{fold(root)[:40]}>)" if root else "not a sitemap")
    refuse(not said and ENTRY_START.search(text), "truncated sitemap without one complete entry")
    title = next((one["publication/name"] for one in said if "publication/name" in one), "")
    items = [item(one) for one in said if "sitemap/loc" not in one]
    return replace(document([*late, *items], origin, made), title=plain(title, TITLE), follow=children(said, origin))


def unpacked(body: bytes) -> bytes:
    """`body` without its gzip packing, cut a little beyond 50 MiB; of a damaged one what comes before the damage.

    Raises `Unreadable` when nothing does.
    """
    if not body.startswith(GZIP):
        return body
    whole = bytearray()
    try:
        with gzip.GzipFile(fileobj=BytesIO(body)) as stream:
            while len(whole) <= LARGEST and (part := stream.read1(CHUNK)):
                whole += part
    except (OSError, EOFError, zlib.error):
        if not whole:
            raise Unreadable("damaged gzip data") from None
    return bytes(whole)


def lines(text: str) -> Iterator[Item | str]:
    """The addresses of a plain-text sitemap. Raises `Unreadable` when there is none."""
    every = (row for line in text.splitlines() if (row := line.strip()) and not row.startswith("#"))
    rows = list(islice(every, 2 * MOST))
    refuse(not any(map(absolute, rows)), "not a sitemap (neither XML nor a list of addresses)")
    return (Item(link=row) if absolute(row) else f"not a web address: {row[:80]!r}" for row in rows)


def mended(text: str) -> str:
    """`text` as XML that a recovering parser reads right: no bare ampersand, no prefix as its root has, no half entry."""
    text = CDATA_OR_BARE.sub(lambda found: "&amp;" if found[0] == "&" else found[0], text, count=1_000_000)
    if prefix := ROOT_PREFIX.search(text[:4096]):
        text = text.replace(f"<{prefix[1]}", "<").replace(f"</{prefix[1]}", "</")
    return complete(text, ENTRY_START, ENTRY_END, ROOT_END)


def parsed(text: str) -> tuple[str, list[Said]]:
    """The root's name and what every url and sitemap element says."""
    stream = etree.iterparse(
        BytesIO(text.encode("utf-8", "ignore")),
        tag=("{*}url", "{*}sitemap"),
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    said: list[Said] = []
    root = None
    with suppress(etree.XMLSyntaxError):  # what came before the error stands
        for _, element in stream:
            root = element.getroottree().getroot()
            said.append(fields(element))
            if len(said) > MOST:  # one more than is read, so that the surplus is reported
                break
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    root = stream.root if root is None else root
    return "" if root is None else local(root), said


def local(element: etree._Element) -> str:
    """An element's name in lower case without its namespace, or the prefix of one that was never declared."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def fields(element: etree._Element) -> Said:
    """The first text under each "parent/child" inside `element`: url/loc, news/title, publication/name, image/loc."""
    said: Said = {}
    parents = [(local(element), element, 1)]
    for name, parent, depth in parents:
        for node in islice(parent.iterchildren(etree.Element), 10_000):
            inner = local(node)
            if len(node) and depth < 3:
                parents.append((inner, node, depth + 1))
            with suppress(UnicodeDecodeError):  # a reference to half a character, which libxml2 lets pass
                said.setdefault(f"{name}/{inner}", ("".join(node.itertext()) if len(node) else node.text or "").strip())
    return said


def item(said: Said) -> Item:
    """One url element. Only Google News gives a title and a date; `lastmod` says when the page changed, whyever."""
    named: dict[str, Any] = {ours: said.get(theirs, "") for ours, theirs in NAMES.items()}
    language = said.get("publication/language") or said.get("news/language", "")
    tags, image = said.get("news/keywords", ""), said.get("image/loc", "")
    return Item(**named, language=language, tags=tuple(tags.split(",")) if tags else (), images=(image,) if image else ())


def children(said: list[Said], origin: Origin) -> tuple[str, ...]:
    """The sitemaps of an index, newest first and those without a date last."""
    named = ((absolute(one.get("sitemap/loc", ""), origin.url), one.get("sitemap/lastmod", "")) for one in said)
    others = (
        (link, read_date(changed, origin.fetched, origin.timezone)) for link, changed in named if link not in {"", origin.url}
    )
    found = {link: moment or NEVER for link, moment in others}
    return tuple(sorted(found, key=found.__getitem__, reverse=True))

"""RSS or Atom bytes in; the feed's title, polling wish and raw items out, read by feedparser."""

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from typing import Any, AnyStr

import feedparser

from crawler.clean import fold
from crawler.read import fast
from crawler.read.item import Item, Unreadable, refuse

NESTED = re.compile(rb"<!ENTITY[^<>&]*+&(?!#)[^<>]*+>")  # an entity made of others; many are a bomb, which takes a second
# What costs feedparser time: each tag 10 to 40 us, eight references or lines as much, a section of CDATA nothing.
COSTLY = re.compile(rb"<!\[CDATA\[(?:.*?\]\]>|.*)|<|(?:[&\n][^<&\n]*+){8}", re.DOTALL)
MOST = 150_000
# Its look for an e-mail address takes the square of a name's length: 32 kB are 8 s.
NAME = re.compile(rb"(?i)([\[>][^<>\[]{2000})[^<>\[]*?(?=(?:]]>)?</[\w.:-]*?(?:author|creator|name|email|editor)\s*>)")
ITEM_END = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
ITEM_START = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
ROOT_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)""")
BEYOND = re.compile(rb"&#(?:0*([1-9]\d{6,})|[xX]0*([1-9a-fA-F][0-9a-fA-F]{5,}));?")
# Fields of an entry that are text, by our names.
NAMES = {"guid": "id", "title": "title", "published": "published", "updated": "updated", "summary": "summary"}
PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}


def read_xml(body: bytes, url: str, content_type: str) -> tuple[str, int, list[Item | str]]:
    """Title, ttl in seconds (0 = none) and items; an item that cannot be read stands as the reason. Raises `Unreadable`.

    A well-formed feed without oddities is read by `crawler.read.fast`, every other one by feedparser.
    """
    if plain := fast.read(body, url, content_type):
        feed, entries, version = plain
        return fold(text_of(feed.get("title"))), ttl(feed), [item(entry, feed, version) for entry in entries]
    return tolerant(body, url, content_type)


def tolerant(body: bytes, url: str, content_type: str) -> tuple[str, int, list[Item | str]]:
    """What feedparser reads, document and items mended before and after. Raises `Unreadable`."""
    refuse(fast.START_TAG.search(body), "not a feed (a single tag is longer than 64 kB or has 500 attributes)")
    body = NESTED.sub(b"", body) if body.count(b"<!ENTITY") > 8 else body
    late = next(islice(COSTLY.finditer(body), MOST, None), None)
    whole = complete(NAME.sub(rb"\1", body[: late.start()] if late else body), ITEM_START, ITEM_END, ROOT_END)
    text, charset = in_utf8(whole, content_type)
    headers = {"content-location": url, "content-type": f"application/xml; charset={charset}" if charset else content_type}
    text = BEYOND.sub(existing, text)
    # A stream: given bare bytes feedparser tries them as a file name first.
    try:
        parsed = feedparser.parse(BytesIO(text), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except (ValueError, LookupError) as error:
        raise Unreadable(f"not a feed ({type(error).__name__}: {fold(str(error))[:100]})") from None
    feed = dict(parsed.feed)
    if not parsed.get("version") and not parsed.entries:
        raise Unreadable(f"not a feed ({reason(parsed)})")
    cut = not parsed.entries and len(text) < len(body) and ITEM_START.search(body)
    refuse(cut, f"no complete item within {MOST:,} tags" if late else "truncated document without one complete item")
    items: list[Item | str] = [f"more than {MOST:,} tags: the rest is not read"] if late else []
    for number, entry in enumerate(parsed.entries, 1):
        try:
            items.append(item(dict(entry), feed, str(parsed.get("version", ""))))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            items.append(f"item {number} cannot be read ({type(error).__name__})")
    return fold(text_of(feed.get("title"))), ttl(feed), items


def existing(found: re.Match[bytes]) -> bytes:
    """A numeric reference as it is; nothing where Unicode has no such character: feedparser raises at it, and all items would go."""
    number = int(found[1] or found[2], 10 if found[1] else 16) if len(found[0]) < 40 else sys.maxunicode + 1
    return found[0] if number <= sys.maxunicode else b""


def reason(parsed: Any) -> str:
    """What the strict parser said against the document, in one line."""
    error = parsed.get("bozo_exception")
    return fold(error.getMessage() if hasattr(error, "getMessage") else str(error or "no RSS or Atom element in it"))[:120]


def complete(body: AnyStr, start: re.Pattern[AnyStr], end: re.Pattern[AnyStr], root_end: re.Pattern[AnyStr]) -> AnyStr:
    """`body` up to its last complete item when it breaks off before its end; half an item has half an address."""
    after = max((found.end() for found in end.finditer(body)), default=0)
    begun = None if root_end.search(body, after) else start.search(body, after)
    return body[: begun.start()] if begun else body


def in_utf8(body: bytes, content_type: str) -> tuple[bytes, str]:
    """The body and the charset to force ("" = let the parser weigh header and declaration).

    Bytes that are valid UTF-8 beyond ASCII are UTF-8 whatever is declared. A few broken bytes in UTF-8 must not turn the whole
    document into Latin-1: they are replaced (and the marks dropped by cleaning).
    """
    if body.isascii() or body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return body, ""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if not broken:
        return body, "utf-8"
    declared = DECLARED.match(body)
    said = (declared[1].decode() if declared else content_type).lower()
    sound = sum(1 for sign in text if sign > "\x7f") - broken
    trusted = "utf-8" in said or ("charset" not in said and not declared)
    return (text.encode(), "utf-8") if trusted and sound > 4 * broken else (body, "")


def ttl(feed: dict[str, Any]) -> int:
    """How long the publisher asks pollers to wait, in seconds: RSS `ttl` (minutes), else sy:updatePeriod/updateFrequency."""
    minutes = text_of(feed.get("ttl")).strip()
    if re.fullmatch(r"[0-9]{1,7}", minutes):
        return int(minutes) * 60
    period = PERIODS.get(text_of(feed.get("sy_updateperiod")).strip().lower(), 0)
    often = text_of(feed.get("sy_updatefrequency")).strip()
    return period // max(1, int(often)) if re.fullmatch(r"[0-9]{1,5}", often) else period


def text_of(value: object) -> str:
    """A string as it is, anything else as none."""
    return value if isinstance(value, str) else ""


def item(entry: dict[str, Any], feed: dict[str, Any], version: str) -> Item:
    """One entry of feedparser as a raw item. Atom's feed author stands for entries without (RFC 4287 section 4.2.1)."""
    content, base = body_of(entry)
    people = list(filter(None, authors(entry))) or (authors(feed) if version.startswith("atom") else [])
    details = (entry.get(key) or {} for key in ("title_detail", "summary_detail"))
    language = next(filter(None, (text_of(one.get("language")) for one in (entry, *details, feed))), "")
    tags = tuple(text_of(tag.get("label")) or text_of(tag.get("term")) for tag in entry.get("tags") or ())
    files = tuple((text_of(file.get("href")), text_of(file.get("type")), text_of(file.get("length"))) for file in attached(entry))
    shown = tuple(images(entry))
    said: dict[str, Any] = {ours: text_of(entry.get(theirs)) for ours, theirs in NAMES.items()}
    said |= {"link": text_of(entry.get("feedburner_origlink")) or text_of(entry.get("link")), "content": content, "base": base}
    return Item(**said, authors=tuple(people), language=language, tags=tags, images=shown, enclosures=files)


def body_of(entry: dict[str, Any]) -> tuple[str, str]:
    """The longest textual content and the base of its addresses (xml:base); the description's base when there is none."""
    texts = [part for part in entry.get("content") or () if "text" in (part.get("type") or "text") or "html" in part["type"]]
    best: dict[str, Any] = max(texts, key=lambda part: len(part.get("value") or ""), default={})
    return text_of(best.get("value")), text_of((best or entry.get("summary_detail") or {}).get("base"))


def authors(of: dict[str, Any]) -> list[str]:
    """The names of `author` and `dc:creator`; of a mere e-mail address nothing."""
    listed = of.get("authors") or ()
    if len(listed) < 2:
        return [text_of(of.get("author"))]  # as written: feedparser cuts addresses under long top-level domains in two
    return [text_of(person.get("name")) for person in listed]


def attached(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The links of an entry that are enclosures."""
    return [link for link in entry.get("links") or () if link.get("rel") == "enclosure"]


def images(entry: dict[str, Any]) -> Iterator[str]:
    """Candidates for the entry's picture: Media RSS, an image enclosure, itunes:image."""
    for media in entry.get("media_content") or ():
        if media.get("medium") == "image" or text_of(media.get("type")).startswith("image/"):
            yield text_of(media.get("url"))
    for media in entry.get("media_thumbnail") or ():
        yield text_of(media.get("url"))
    for file in attached(entry):
        if text_of(file.get("type")).startswith("image/"):
            yield text_of(file.get("href"))
    yield text_of((entry.get("image") or {}).get("href"))

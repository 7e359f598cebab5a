"""Rendered bytes and the items they should hold in; nothing out, or Invalid with the reason: nothing unread is published."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

from lxml import etree, html as lxml_html

from syndicate.item import Item
from syndicate.text import UNFIT, web_url

LARGEST = 5_000_000  # bytes; readers refuse more
ACTIVE = frozenset("applet base embed form frame frameset iframe link math meta noscript object script style svg template".split())
ADDRESSES = frozenset({"action", "cite", "data", "formaction", "href", "poster", "src"})
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
A = "{http://www.w3.org/2005/Atom}"
XML = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class Invalid(Exception):
    """A document that must not be published; its text says why."""


def refuse(sign: object, why: str) -> None:
    """Raise `Invalid` with `why` where there is a `sign` that calls for it."""
    if sign:
        raise Invalid(why)


def check(kind: str, data: bytes, items: Sequence[Item]) -> None:
    """Raise Invalid unless `data` reads back as a document of format `kind` with exactly these items in this order."""
    refuse(len(data) > LARGEST, f"{len(data)} bytes; readers stop at {LARGEST}")
    try:
        if found := UNFIT.search(data.decode()):
            raise Invalid(f"character U+{ord(found[0]):04X}")
        ids, _, dates, bodies = READERS[kind](data)
    except (ValueError, KeyError, TypeError, AttributeError, etree.LxmlError) as error:
        raise Invalid(f"cannot be read back: {error}") from error
    wanted = [str(item.id) if kind == "ticker" else item.guid for item in items]
    refuse(ids != wanted, f"{len(ids)} items {ids[:3]} instead of {len(wanted)} {wanted[:3]}")
    refuse(len(set(ids)) < len(ids), "an id occurs twice")
    refuse(dates != [item.date.astimezone(UTC) for item in items], "dates read back differ")
    refuse(danger := next(filter(None, map(active, bodies)), ""), f"active content: {danger}")


@lru_cache(maxsize=256)  # one body stands in up to three formats and in several feeds
def active(fragment: str) -> str:
    """The first thing in an HTML fragment that could run or load by itself, or is an address that runs; "" when there is none."""
    if "<" not in fragment:
        return ""
    for element in lxml_html.fragment_fromstring(fragment, create_parent="div").iter():
        if not isinstance(element.tag, str):
            return "a comment or processing instruction"
        if element.tag in ACTIVE:
            return f"<{element.tag}>"
        for name, value in element.attrib.items():
            scheme, colon, _ = "".join(value.split()).lower().partition(":")
            runs = name in ADDRESSES and colon and scheme in {"javascript", "vbscript", "data"}
            if runs or name.startswith("on"):
                return f"{name}={value[:40]!r}"
    return ""


Read = tuple[list[str], list[str], list[datetime], list[str]]  # ids, addresses, dates, HTML bodies, each in document order


def identities(kind: str, data: bytes) -> dict[str, dict[str, datetime]]:
    """The guids of a published feed with their dates, by the addresses of its items; nothing of a file that cannot be read."""
    known: dict[str, dict[str, datetime]] = {}
    try:
        ids, urls, dates, _ = READERS[kind](data)
        for url, guid, date in zip(urls, ids, dates, strict=True):
            known.setdefault(url, {})[guid] = date
    except (ValueError, KeyError, TypeError, AttributeError, etree.LxmlError, Invalid):
        return {}
    return known


def _required(element: Any, *tags: str) -> None:
    for tag in tags:
        if not element.findtext(tag):
            raise Invalid(f"{etree.QName(element).localname} has no {etree.QName(tag).localname}")


def _columns(entries: Any, guid: str, date: str, moment: Callable[[str], datetime], *bodies: str) -> Read:
    ids = [entry.findtext(guid) for entry in entries]
    urls = [entry.findtext("link") or entry.find(f"{A}link").get("href") for entry in entries]
    dates = [moment(entry.findtext(date)) for entry in entries]
    return ids, urls, dates, [entry.findtext(tag, "") for entry in entries for tag in bodies]


def _rss(data: bytes) -> Read:
    channel = etree.fromstring(data, XML).find("channel")
    _required(channel, "title", "link", "description")
    return _columns(channel.findall("item"), "guid", "pubDate", parsedate_to_datetime, "description", CONTENT)


def _atom(data: bytes) -> Read:
    feed = etree.fromstring(data, XML)
    entries = feed.findall(f"{A}entry")
    for element in (feed, *entries):
        _required(element, f"{A}id", f"{A}title", f"{A}updated")
    return _columns(entries, f"{A}id", f"{A}published", datetime.fromisoformat, f"{A}content")


def _json_feed(data: bytes) -> Read:
    document = json.loads(data)
    known = document["version"] == "https://jsonfeed.org/version/1.1"
    refuse(not known or not document["title"], "no JSON Feed 1.1 with a title")
    entries = document["items"]
    ids, urls = ([entry[key] for entry in entries] for key in ("id", "url"))
    dates = [datetime.fromisoformat(entry["date_published"]) for entry in entries]
    return ids, urls, dates, [entry.get("content_html", "") for entry in entries]


def _ticker(data: bytes) -> Read:
    """ticker/1 by its schema's required fields; the schema itself is applied in the tests."""
    refuse(any(sign in data for sign in (b"<", b">", b"&")), "holds <, > or & unescaped")
    document = json.loads(data)
    updated, stale_after = (datetime.fromisoformat(document[name]) for name in ("updated", "stale_after"))
    refuse(document["version"] != 1 or document["ttl"] < 1 or updated > stale_after, "version, ttl or stale_after is wrong")
    entries = document["items"]
    for entry in entries:
        whole = 0 < len(entry["title"]) <= 200 and web_url(entry["url"]) and entry["source"]
        refuse(not whole, f"item {entry['id']} has no title, address or source")
    urls, dates = [entry["url"] for entry in entries], [datetime.fromisoformat(entry["time"]) for entry in entries]
    return [str(entry["id"]) for entry in entries], urls, dates, []


READERS: Mapping[str, Callable[[bytes], Read]] = {"rss": _rss, "atom": _atom, "json": _json_feed, "ticker": _ticker}

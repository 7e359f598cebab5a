"""The bytes of a feed and where they came from in; a `Document` of clean entries out."""

import re
from dataclasses import replace

from crawler.read.item import Origin, document, entry, refuse
from crawler.read.jsonfeed import read_json
from crawler.read.text import LARGEST
from crawler.read.xml import read_xml
from tickerwire.config.model import Source
from tickerwire.model import Document

HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)


def read_feed(body: bytes, content_type: str, origin: Origin, _: Source | None = None) -> Document:
    """The entries of an RSS 0.9x/1.0/2.0, Atom 0.3/1.0 or JSON Feed document.

    One unreadable item is a reason in `rejected`, never the loss of the others. Raises `Unreadable` when it is no feed.
    """
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} and b"\0" in body[:64]:  # feedparser takes it for ASCII unless told
        body = body.decode("utf-16" if any(body[2:4]) else "utf-32", "replace").encode()
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n\0")
    refuse(not start, "empty document")
    refuse(len(body) > LARGEST, "not a feed (larger than 10 MiB)")
    refuse(start.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh")), "not a feed (compressed data)")
    refuse(HTML.match(start) or (HTML.search(start) and not FEED.search(start)), "HTML page instead of a feed")
    json = start.startswith((b"{", b"["))
    title, ttl, items = read_json(body) if json else read_xml(body.lstrip(), origin.url, content_type)
    return replace(document(items, origin, entry, len(items) + 1), title=title, ttl=ttl)

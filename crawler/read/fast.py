"""The bytes of a well-formed RSS 2.0 or Atom 1.0 feed in; exactly what feedparser would give of it, or None on any oddity, out.

feedparser takes some six times as long. Nothing is guessed here: only elements and attributes whose treatment by feedparser is plain
are known; whatever else a document holds, feedparser reads all of it.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from lxml import etree

ATOM, CONTENT, DC = (
    "{http://www.w3.org/2005/Atom}",
    "{http://purl.org/rss/1.0/modules/content/}",
    "{http://purl.org/dc/elements/1.1/}",
)
MEDIA, SY = "{http://search.yahoo.com/mrss/}", "{http://purl.org/rss/1.0/modules/syndication/}"
XML = "{http://www.w3.org/XML/1998/namespace}"
# What is read of nothing else, and does not change what is read.
IGNORED = {
    "comments",
    "{http://wellformedweb.org/CommentAPI/}commentRss",
    "{http://purl.org/rss/1.0/modules/slash/}comments",
    "{com-wordpress:feed-additions:1}post-id",
}
ODD = re.compile(rb"<!(?!\[CDATA\[|--)|<\?(?!xml[\s?])|\sxml:base\b|\sxml:space\b")
CHARSET = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["'](?i:utf-8)["']""")
SIMPLE = {"text", "html", None}
Said = dict[str, Any]


class Odd(Exception):  # named for the document
    """Something here whose treatment is not plain."""


def read(body: bytes, url: str, content_type: str) -> tuple[Said, list[Said], str] | None:
    """The feed, its entries and version as feedparser's dictionaries, as far as `crawler.read.xml` uses them; None when it is odd."""
    declared = body[:200].startswith(b"<?xml") and b"encoding" in body[:200].partition(b"?>")[0]
    if (
        ODD.search(body)
        or (declared and not CHARSET.match(body))
        or "charset" in content_type.lower().replace("charset=utf-8", "")
    ):
        return None
    try:
        body.decode("utf-8")
        root = etree.fromstring(
            body, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        )
        if root.tag == f"{ATOM}feed":
            return *atom(root, url), "atom10"
        channels = root.findall("channel")
        if (
            root.tag == "rss"
            and root.get("version") == "2.0"
            and len(root) == len(channels) == 1
            and len(root.attrib) == 1
        ):
            return *rss(channels[0], url), "rss20"
    except (Odd, UnicodeDecodeError, etree.XMLSyntaxError, ValueError):
        pass
    return None


def text(element: etree._Element, *attributes: str) -> str:
    """The text of an element without children that has no attributes but these."""
    if len(element) or not set(element.attrib) <= set(attributes):
        raise Odd
    return sound((element.text or "").strip())


def sound(said: str) -> str:
    """`said`, if feedparser would not take it for text read in the wrong charset."""
    if said.isascii():
        return said
    if re.search(r"[\x80-\x9f]", said):
        raise Odd
    try:
        said.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return said
    raise Odd


def address(said: str, url: str) -> str:
    """`said`, if resolving it against the document's address leaves it as it is."""
    if "&amp;" in said or re.match(r"https?:///", said) or urljoin(url, said) != said:
        raise Odd
    return said


def once(into: Said, key: str, value: str) -> None:
    if key in into:
        raise Odd
    into[key] = value


def rss(channel: etree._Element, url: str) -> tuple[Said, list[Said]]:
    """An RSS channel. What stands beside its items and is not read may be whatever it likes, unless it speaks of language."""
    feed: Said = {}
    keys = {
        "title": "title",
        "ttl": "ttl",
        "language": "language",
        f"{SY}updatePeriod": "sy_updateperiod",
        f"{SY}updateFrequency": "sy_updatefrequency",
    }
    late = False
    for child in channel:
        if child.tag == "item":
            late = True
        elif child.tag in keys:
            if late:
                raise Odd
            once(feed, keys[child.tag], text(child))
        elif child.tag not in CHANNEL:
            raise Odd
    if any(f"{XML}lang" in element.attrib for element in channel.iter()):
        raise Odd
    return feed, [rss_item(item, url) for item in channel.iterchildren("item")]


LEAVES = {
    "title": "title",
    "pubDate": "published",
    "description": "summary",
    f"{CONTENT}encoded": "encoded",
    "author": "author",
    f"{DC}creator": "author",
}
CHANNEL = {
    "link",
    "description",
    f"{ATOM}link",
    "lastBuildDate",
    "pubDate",
    "generator",
    "image",
    "copyright",
    "category",
    "docs",
    "managingEditor",
    "webMaster",
}


def rss_item(item: etree._Element, url: str) -> Said:
    said: Said = {}
    for child in item:
        if child.tag in LEAVES:
            once(said, LEAVES[child.tag], text(child))
        elif child.tag == "link":
            once(said, "link", address(text(child), url))
        elif child.tag == "guid":
            once(said, "id", text(child, "isPermaLink"))
        elif child.tag == "category":
            tag(said, text(child, "domain"), child.get("domain"), late=True)
        elif child.tag == "enclosure":
            attached(said, child.get("url"), child)
        elif (
            child.tag in (f"{MEDIA}content", f"{MEDIA}thumbnail")
            and child.get("url")
            and not text(child, *child.attrib)
        ):
            said.setdefault("media_" + child.tag.partition("}")[2], []).append(dict(child.attrib))
        elif child.tag not in IGNORED:
            raise Odd
    permalink(said, item.find("guid"), url)
    return bodied(said, said.pop("encoded", None), url)


def permalink(said: Said, guid: etree._Element | None, url: str) -> None:
    """A guid is a link, too, unless it says that it is none (RSS 2.0); feedparser holds an Atom id for one as well."""
    permanent = "false" if guid is None else guid.get("isPermaLink", "true")
    if permanent == "true":
        said.setdefault("link", address(said["id"], url))
        address(said["id"], url)
    elif permanent != "false":
        raise Odd


def bodied(said: Said, content: str | None, url: str) -> Said:
    """`said` with its content, which stands for a missing summary, and the base of its addresses."""
    if content is not None:
        said["content"] = [{"type": "text/html", "value": content, "base": url}]
        said.setdefault("summary", content)
    return said | ({"summary_detail": {"base": url}} if "summary" in said else {})


def tag(said: Said, term: str, scheme: str | None, label: str | None = None, late: bool = False) -> None:
    """One more category; feedparser drops those said before, but not where it sees the term only after the scheme (`late`, RSS)."""
    known = said.setdefault("tags", [])
    if not term or scheme == "":
        raise Odd
    made = {"term": term, "scheme": scheme, "label": label}
    if made not in known or (scheme and late):
        known.append(made)


def attached(said: Said, href: str | None, element: etree._Element) -> None:
    if not href or not element.get("type") or text(element, *element.attrib):
        raise Odd
    said.setdefault("links", []).append(
        {"rel": "enclosure", "href": href, "type": element.get("type"), "length": element.get("length")}
    )


def person(element: etree._Element) -> str:
    """An Atom person with a name and no mail address."""
    if any(child.tag not in (f"{ATOM}name", f"{ATOM}uri") for child in element) or element.attrib:
        raise Odd
    names = [text(child) for child in element.iterchildren(f"{ATOM}name")]
    if len(names) != 1 or not names[0]:
        raise Odd
    return names[0]


def people(elements: Iterable[etree._Element]) -> Said:
    names = [person(element) for element in elements]
    return {"author": names[-1], "authors": [{"name": name} for name in names]} if names else {}


def atom(root: etree._Element, url: str) -> tuple[Said, list[Said]]:
    """An Atom feed; only its root may name a language."""
    language = root.get(f"{XML}lang", "")
    titles = root.findall(f"{ATOM}title")
    spoken = [element for element in root.iter() if f"{XML}lang" in element.attrib]
    if len(titles) > 1 or set(root.attrib) - {f"{XML}lang"} or "_" in language or spoken not in ([], [root]):
        raise Odd
    known = {
        "title",
        "subtitle",
        "id",
        "updated",
        "link",
        "author",
        "entry",
        "generator",
        "icon",
        "logo",
        "rights",
        "category",
    }
    if any(child.tag not in {f"{ATOM}{name}" for name in known} for child in root):
        raise Odd
    feed: Said = {"language": language} | people(root.iterchildren(f"{ATOM}author"))
    for title in titles:
        feed["title"] = text(title, "type")
    return feed, [atom_entry(entry, url) for entry in root.iterchildren(f"{ATOM}entry")]


def atom_entry(entry: etree._Element, url: str) -> Said:
    said: Said = people(entry.iterchildren(f"{ATOM}author"))
    for child in entry:
        match child.tag.removeprefix(ATOM):
            case "id" | "published" | "updated" as name:
                once(said, name, text(child))
            case "title" | "summary" | "content" as name:
                if child.get("type") not in SIMPLE:
                    raise Odd
                once(said, "encoded" if name == "content" else name, text(child, "type"))
            case "link":
                linked(said, child, url)
            case "category":
                if text(child, "term", "scheme", "label"):
                    raise Odd
                tag(said, sound(child.get("term", "")), child.get("scheme"), sound(child.get("label") or "") or None)
            case name if name not in ("author", "rights"):
                raise Odd
    permalink(said, entry.find(f"{ATOM}id"), url)
    return bodied(said, said.pop("encoded", None), url)


def linked(said: Said, link: etree._Element, url: str) -> None:
    rel, href = link.get("rel", "alternate"), address(link.get("href") or "", url)
    if not href or text(link, *link.attrib):
        raise Odd
    if rel == "enclosure":
        attached(said, href, link)
    elif rel == "alternate":
        if link.get("type", "text/html") not in ("text/html", "application/xhtml+xml"):
            raise Odd
        once(said, "link", href)

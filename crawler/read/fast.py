"""The bytes of a well-formed RSS or Atom 1.0 feed in; exactly what feedparser would give of it, or None on any oddity, out.

feedparser joins the usual prefix of a namespace and a local name (`dc_creator`) and acts upon the names it knows; all others do
nothing but store themselves. Where what it does is not plain, it is asked itself, for the whole document.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from crawler.clean import USUAL
from tickerwire.tables import table

Said = dict[str, Any]
Element = Any  # lxml states no types
Given = dict[str, str]
Name = Callable[[str], str]
RDF, LANGUAGE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://www.w3.org/XML/1998/namespace}lang"
ATOM, RSS10 = "http://www.w3.org/2005/atom", "http://purl.org/rss/1.0/"
TABLES = table("crawler.read", "fast")
FAMILIES: dict[str, str] = {uri: prefix for prefix, uris in TABLES["families"].items() for uri in uris.split()}
ALIASES = {"atom", "atom10", "a10", "syn"}  # common, and nobody's usual prefix
USED = ALIASES | {*FAMILIES.values(), "cc", "creativecommons", "gml", "psc", "xhtml", "xml"}
REFUSED = re.compile("|".join(TABLES["refused"]))
DONE: dict[str, str] = {name: how for how, names in TABLES["elements"].items() for name in names.split()}
ITEM = {*DONE.values(), None} - {"odd", "item", "box", "owner"}
CHANNEL = ITEM - {"content", "enclosure", "media_content", "group"} | {"item", "box", "owner"}
GROUP = {"title", "summary", "tag", "words", "media_content", "media_thumbnail", "group", "plain", None}
PERSON = {"name", "uri", "email"}
INSIDE = {how: set(names.split()) for how, names in TABLES["inside"].items()}
READ = {*"href url uri rel type mode src term scheme domain label text ispermalink medium length base lang about".split()}  # fmt: skip
ENCODING = re.compile(rb"encoding\s*=\s*['\"]?([^'\"?>]*)")
XMLNS = re.compile(rb"(?::([\w.-]+))?\s*=\s*[\"']([^\"'<>]*)")
SUPERSETS = {"", *"utf-8 utf8 us-ascii ascii iso-8859-1 iso-8859-15 latin1 windows-1252 windows-1251".split()}
ROOT_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
# 100,000 attributes kept feedparser busy for over a minute: it takes the square of their number.
START_TAG = re.compile(rb"""<[A-Za-z](?:[^<>]{65536}|(?:[^<>"'=]*+=\s*+(?:"[^<"]*+"|'[^<']*+')){500})""")
C1 = re.compile(rb"\xc2[\x80-\x9f]"), re.compile(rb"&#(?:0*1[2-5]\d|[xX]0*[89][0-9a-fA-F]);")


class Odd(Exception):  # named for the document
    """Something here whose treatment is not plain."""


def odd(sign: object) -> None:
    """Leave the document to feedparser where there is a `sign` of what is not plain."""
    if sign:
        raise Odd


def read(body: bytes, url: str, content_type: str) -> tuple[Said, list[Said], str] | None:
    """The feed, its entries and version as feedparser's dictionaries, as far as `crawler.read.xml` uses them; None when it is odd."""
    with suppress(Odd, ValueError, LookupError, etree.XMLSyntaxError):
        odd(not re.match("https?://[^/]", url) or not url.isascii() or urljoin(url, url) != url)
        parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, remove_comments=True, remove_pis=True)
        return document(etree.fromstring(bare(body, content_type), parser), url, *named(body))
    return None


def bare(body: bytes, content_type: str) -> bytes:
    """The document in UTF-8 without its declaration, provided that no charset is to be weighed and nothing to be mended."""
    body = body.removeprefix(b"\xef\xbb\xbf")
    body.decode()
    said = re.findall(r"charset\W*([\w.-]*)", content_type.lower())
    said += [found.decode("latin-1").strip().lower() for found in ENCODING.findall(body[: body.find(b"\n")])]
    clear = not body.isascii() or SUPERSETS.issuperset(said)
    whole = ROOT_END.match(body, max(0, body.rfind(b"</"))) and not START_TAG.search(body)
    odd(not clear or not whole or b"<!DOCTYPE" in body or b"<!ENTITY" in body or any(sign.search(body) for sign in C1))
    return body[body.index(b">") + 1 :] if body.startswith(b"<?xml") else body


def named(body: bytes) -> tuple[Name, set[str]]:
    """How feedparser calls a tag, and the namespaces declared. Odd when a prefix or a namespace has two meanings."""
    spaces: dict[str, str] = {}
    bound: dict[str, str] = {}
    declared = set()
    for found in filter(None, map(XMLNS.match, body.split(b"xmlns")[1:])):
        prefix, uri = (found[1] or b"").decode().lower(), found[2].decode()
        family = FAMILIES.get(uri.lower())
        declared.add(uri.lower())
        fits = prefix in {"", family} | ALIASES if family is not None else not prefix or prefix not in USED
        twice = bound.setdefault(prefix, uri) != uri and prefix
        odd(not fits or twice or REFUSED.search(uri.lower()) or (family is None and spaces.setdefault(uri, prefix) != prefix))

    @cache
    def name(tag: str) -> str:
        uri, local = tag[1:].lower().rsplit("}", 1) if tag[0] == "{" else ("", tag.lower())
        prefix = FAMILIES[uri] if uri in FAMILIES else spaces[tag[1:].rsplit("}", 1)[0]] if uri else ""
        odd(not tag.isascii() or (not prefix and local.split("_")[0] in USED and "_" in local))
        return f"{prefix}_{local}" if prefix else local

    return name, declared


def document(root: Element, url: str, name: Name, declared: set[str]) -> tuple[Said, list[Said], str]:
    """Feed, entries and version. Only the root may speak of language (`xml:lang`)."""
    kind, language, beside = name(root.tag), root.get(LANGUAGE, "").replace("_", "-"), list(root)
    odd(any(not key.isascii() or (key != LANGUAGE and key.lower().endswith(("base", "lang"))) for key in root.attrib))
    atom = root.tag.lower() == f"{{{ATOM}}}feed" and RSS10 not in declared
    if not atom:
        plain = kind == "rss" and len(root) == 1
        odd(not plain and not (kind == "rdf_rdf" and RSS10 in declared and ATOM not in declared))
        head, *beside = beside
        odd(name(head.tag) != "channel" or {"href", "lastmod"} & attributes(head).keys())
    feed = Made(name, url, language)
    feed.said["language"] = language if kind != "rdf_rdf" else ""
    feed.fill(root if atom else head, CHANNEL - {"owner"} if atom else CHANNEL)
    feed.fill([] if atom else beside, {"item", "source", "box", None})
    entries = [Made(name, url, language).entry(item) for item in feed.items]
    return (feed.finished(), entries, "atom10") if atom else (feed.said | {"authors": []}, entries, "rss20")


def attributes(element: Element) -> Given:
    """Its attributes, names in lower case; Odd when one changes base or language, or could stand for another."""
    found: Given = {}
    for key, value in element.items():
        low = key.replace(RDF, "rdf:").lower()
        local = low.rsplit("}", 1)[-1]
        if low in found or local in {"base", "lang"} or (local != low and local in READ) or not low.isascii():
            raise Odd
        found[low] = value.lower() if low in {"rel", "type"} else value
    return found


def text(element: Element, given: Given | None = None) -> str:
    """Its text, unless its attributes call for decoding it or feedparser would take it for UTF-8 read as Latin-1."""
    if given and (given.get("type", "text") not in {"text", "plain", "html", "text/plain", "text/html"} or "mode" in given):
        raise Odd
    said: str = (element.text or "").strip()
    if not said.isascii():
        with suppress(UnicodeError):
            said.encode("latin-1").decode()
            raise Odd
    return said


class Made:
    """A feed or an entry as feedparser fills it, element by element, each by the method its kind is named for."""

    def __init__(self, name: Name, url: str, language: str) -> None:
        self.name, self.url, self.items = name, url, list[Element]()
        self.detail = {"language": language, "base": url}
        self.titled = self.told = self.summed = 99  # depth of the title nothing may replace, of the last title, of the summary
        self.spoken = self.full = self.written = False
        self.said: Said = {key: [] for key in ("tags", "links", "content", "media_content", "media_thumbnail", "authors")}

    def entry(self, element: Element) -> Said:
        given = attributes(element)
        odd({"href", "lastmod"} & given.keys())
        if given.get("rdf:about"):
            self.said["id"] = given["rdf:about"]
        self.fill(element, ITEM)
        return self.finished()

    def finished(self) -> Said:
        odd(len(self.said["authors"]) > 1 and any(one["name"] is None for one in self.said["authors"]))
        return self.said

    def fill(self, parts: Iterable[Element], known: set[str | None], depth: int = 0) -> None:
        for child in parts:
            name = self.name(child.tag)
            how, given = DONE.get(name), attributes(child)
            if how not in known or (name == "source" and known is not ITEM):
                raise Odd
            if how in {"published", "updated", "language"}:
                self.said[how] = text(child)
            elif how in {"source", "box"}:
                self.titled = 99
            elif how == "kept":
                self.said[name] = None if given else text(child)
            elif how == "summary" and "item" in known:
                # a description after a summary would count as content of the first entry
                odd(self.spoken)
                self.spoken = name.endswith("summary")
            elif how == "item":
                self.items.append(child)
                self.titled = 99
            elif how and (method := getattr(self, how, None)):
                method(child, given, name, depth)
            if len(child) and how not in {"item", "author"}:
                self.inside(child, how, known, depth)

    def inside(self, element: Element, how: str | None, known: set[str | None], depth: int) -> None:
        """What an element holds: more of Media RSS, what is known to stay within, or what feedparser does not know either."""
        if how in {"media_content", "group"}:
            self.fill(element, GROUP, depth + 1)
            return
        held = {self.name(one.tag) for one in element.iterdescendants()}
        odd((not how and held & DONE.keys()) or (how and (held - INSIDE[how] or any(map(len, element)))))
        odd(how and known is ITEM and how != "contributor")

    def title(self, element: Element, given: Given, name: str, depth: int) -> None:
        value = text(element, given)
        if self.titled > depth:
            self.said["title_detail"] = self.detail
            if depth <= self.told:
                self.said["title"], self.told = value, depth
        if value and name != "media_title":
            self.titled = depth

    def resolved(self, address: str) -> str:
        if USUAL.fullmatch(address) and ";" not in address and address[-1] != "?":
            return address
        joined = urljoin(self.url, address)
        odd(":///" in address or (joined != address and not address.isascii()))
        return joined

    def link(self, element: Element, given: Given, *_: object) -> None:
        odd({"url", "uri"} & given.keys() or (given and "href" not in given))
        if not given:
            value = text(element) and self.resolved(text(element)).replace("&amp;", "&")
            self.said["link"] = re.sub("&([A-Za-z0-9_]+);", r"&\1", value)
            return
        rel, kind, href = given.get("rel", "alternate"), given.get("type", "text/html"), self.resolved(given["href"])
        if rel == "enclosure":
            self.said["links"].append({"rel": rel, "href": href, "type": kind, "length": given.get("length")})
        elif rel == "alternate" and kind in {"text/html", "html", "application/xhtml+xml", "xhtml"}:
            self.said["link"] = href

    def guid(self, element: Element, given: Given, *_: object) -> None:
        value, permanent = text(element), given.get("ispermalink", "true") == "true"
        self.said["id"] = value = self.resolved(value) if value and permanent else value
        if permanent:
            self.said.setdefault("link", value)

    def author(self, element: Element, *_: object) -> None:
        """Text, or a person's name and address. Of several, only those with a name and no more are sure to be told apart."""
        if not len(element):
            name = value = text(element)
            sure, self.written = "@" not in value, True
        else:
            held = {self.name(one.tag): (one.text or "").strip() for one in element}
            loose = [element.text, *(one.tail for one in element), *(held[one] for one in held.keys() - PERSON)]
            other = (held.keys() - PERSON) & DONE.keys() or len(held) < len(element) or any(map(len, element))
            odd(self.written or other or any((said or "").strip() for said in loose))
            name, mail = held.get("name", ""), held.get("email", "")
            value, sure = f"{name} ({mail})" if name and mail else name or mail, bool(name)
        self.said["author"] = value
        self.said["authors"].append({"name": name if sure else None})

    def summary(self, element: Element, given: Given, _: str, depth: int) -> None:
        if "summary" in self.said and not self.full:
            self.content(element, given)
        else:
            self.said["summary_detail"], value = self.detail, text(element, given)
            if depth <= self.summed:
                self.said["summary"], self.summed = value, depth

    def content(self, element: Element, given: Given, *_: object) -> None:
        odd("src" in given)
        self.said["content"].append({"type": "text/html", "value": text(element, given), "base": self.url})
        self.said.setdefault("summary", self.said["content"][-1]["value"])
        self.full = True

    def tagged(self, term: str | None, scheme: str | None = None, label: str | None = None) -> None:
        made = {"term": term, "scheme": scheme, "label": label}
        if any(made.values()) and len(self.said["tags"]) < 1_000 and made not in self.said["tags"]:
            self.said["tags"].append(made)

    def tag(self, element: Element, given: Given, name: str, _: int) -> None:
        scheme = given.get("scheme", "http://search.yahoo.com/mrss/category_schema" if "media" in name else given.get("domain"))
        if name == "itunes_category":
            self.tagged(given.get("text"), "http://www.itunes.com/")
        else:
            self.tagged(given.get("term"), scheme, given.get("label"))
        tags, value = self.said["tags"], text(element)
        if value and tags and not tags[-1]["term"]:
            tags[-1]["term"] = value
        else:
            self.tagged(value)

    def words(self, element: Element, given: Given, name: str, _: int) -> None:
        for term in text(element).split(",") if not given else ():
            if term.strip():
                self.tagged(term.strip(), "http://www.itunes.com/" if name == "itunes_keywords" else None)

    def enclosure(self, _: Element, given: Given, *__: object) -> None:
        odd({"uri", "href"} & given.keys())
        self.said["links"].append(given | {"rel": "enclosure", "href": given.get("url")})

    def image(self, _: Element, given: Given, *__: object) -> None:
        if href := given.get("href") or given.get("url"):
            self.said["image"] = {"href": href}

    def media_content(self, element: Element, given: Given, name: str, _: int) -> None:
        odd(name == "media_thumbnail" and text(element))
        self.said[name].append(given)

    media_thumbnail = media_content

"""A published feed in; what the grammar of RFC 4287 and the W3C's feed validator have against it, out.

The validator cannot be installed; these are those of its rules that published feeds could break, as its documentation
(https://validator.w3.org/feed/docs/) has them. Each complaint begins with the name of its page there.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from html.entities import name2codepoint
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from syndicate.text import LANGUAGE

A, C, DC, M = (
    f"{{{uri}}}"
    for uri in (
        "http://www.w3.org/2005/Atom",
        "http://purl.org/rss/1.0/modules/content/",
        "http://purl.org/dc/elements/1.1/",
        "http://search.yahoo.com/mrss/",
    )
)
XML = "{http://www.w3.org/XML/1998/namespace}"
STRICT = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
# RFC 3986; the validator knows no IPv6.
ADDRESS = re.compile(r"https?://(?:[^/?#@\[\]]*@)?(?:\[[0-9a-fA-F:.]+(?:%[0-9a-zA-Z]+)?\])?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]*")
MEDIA_TYPE = r"[^\s()<>,;:\\\"/\[\]?=]+/[^\s()<>,;:\\\"/\[\]?=]+"
PLAIN = {
    "rss": ("title", "description", "category", "source", f"{DC}rights", f"{DC}creator"),
    "atom": (f"{A}title", f"{A}subtitle", f"{A}summary", f"{A}rights", f"{A}name"),
}


@cache
def grammar() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(Path(__file__).parent / "schemas/atom.rng"))


def complaints(kind: str, data: bytes) -> list[str]:
    """All there is against `data`, a feed of format `kind` (rss or atom)."""
    root = etree.fromstring(data, STRICT)
    return [*texts(kind, data, root), *(rss(root) if kind == "rss" else atom(root))]


def texts(kind: str, data: bytes, root: Any) -> Iterator[str]:
    """Of characters, addresses and signs that could be taken for mark-up, wherever they stand."""
    profiled = ["&#x" in line for line in data.decode().split("\n")]
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for said in (element.text or "", *element.attrib.values()):
            if re.search("[\x80-\x9f\ufffd]", said):
                yield f"BadCharacters: {said!r:.90}"
        yield from attributes(element)
        html = element.tag == "description" and element.getparent().tag == "item"
        told = [element.text or ""] if element.tag in PLAIN[kind] and not html else []
        for said in (*told, element.get("title", "")):
            if re.search(r"</\w+>", said) or (not profiled[element.sourceline - 1] and marked(said)):
                yield f"ContainsHTML: {said!r:.90}"


def attributes(element: Any) -> Iterator[str]:
    for name in ("href", "url"):
        if (url := element.get(name)) is not None and not ADDRESS.fullmatch(url):
            yield f"InvalidUriChar: {url!r:.90}"
    if not re.fullmatch(rf"html|{MEDIA_TYPE}", element.get("type", "html")):
        yield f"InvalidMIMEType: {element.get('type')!r:.90}"
    if not LANGUAGE.fullmatch(tag := element.get(f"{XML}lang", "en")):
        yield f"InvalidLanguage: {tag}"


def marked(text: str) -> bool:
    """Whether plain text holds what a careless reader takes for mark-up."""
    named = (name in name2codepoint or name == "apos" or not name.isalpha() for name in re.findall(r"&(#?\w+)", text))
    return any(named) or bool(re.search("<[/a-zA-Z]", text))


def rss(root: Any) -> Iterator[str]:
    channel = root[0]
    if [link.get("rel") for link in channel.findall(f"{A}link")].count("self") != 1:
        yield "MissingAtomSelfLink"
    tags = [child.tag for child in channel]
    if "item" in tags and set(tags[tags.index("item") :]) != {"item"}:
        yield "MisplacedItem"
    for one in (channel, *channel.findall("item")):
        names = Counter(child.tag for child in one if child.tag not in {"item", "category", f"{A}link"})
        yield from (f"DuplicateElement: {name}" for name, number in names.items() if number > 1)
    for item in channel.findall("item"):
        order = [child.tag for child in item]
        if f"{C}encoded" in order and order.index(f"{C}encoded") < order.index("description"):
            yield "NeedDescriptionBeforeContent"
        if item.find("author") is not None and item.find(f"{DC}creator") is not None:
            yield "DuplicateItemSemantics"
        if (tag := item.findtext(f"{DC}language")) is not None and not LANGUAGE.fullmatch(tag):
            yield f"InvalidLanguage: {tag}"
        for file in item.findall("enclosure"):
            if int(file.get("length")) < 0:
                yield "UseZeroForUnknown"
        yield from (f"InvalidLink: {link.text!r:.90}" for link in item.findall("link") if not ADDRESS.fullmatch(link.text))
        yield from relative(item.findtext("description") + item.findtext(f"{C}encoded", ""))


def atom(root: Any) -> Iterator[str]:
    if not grammar().validate(root):
        yield f"RFC 4287: {grammar().error_log.last_error}"
    entries = root.findall(f"{A}entry")
    moments = Counter(entry.findtext(f"{A}updated") for entry in entries)
    yield from (f"DuplicateUpdated: {moment}" for moment, number in moments.items() if number > 1)
    if moments and root.findtext(f"{A}updated") < max(moments):
        yield "the feed is older than its newest entry"
    if [link.get("rel") for link in root.findall(f"{A}link")].count("self") != 1:
        yield "MissingSelf"
    for entry in entries:
        if entry.find(f"{A}author") is None and entry.find(f"{A}source/{A}author") is None:
            yield "RFC 4287: an entry without author"
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in entry.findall(f"{A}link")]
        if [link[0] for link in links].count("alternate") != 1:
            yield "DuplicateAtomLink"
        if not entry.findtext(f"{A}published") <= entry.findtext(f"{A}updated"):
            yield "updated before it was published"
        yield from (
            f"MissingSourceElement: {name}" for name in ("id", "title", "updated") if not entry.findtext(f"{A}source/{A}{name}")
        )
        yield from relative(entry.findtext(f"{A}content", ""))
    for name in root.iter(f"{A}id"):
        if not re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[0-9a-zA-Z/._~-]+", name.text) and name.text != canonical(
            name.text
        ):
            yield f"NonCanonicalURI: {name.text}"


def canonical(url: str) -> str:
    """`url` as RFC 3986 section 6.2.2 and 6.2.3 spell it, as far as addresses of sites can differ from that."""
    parts = urlsplit(url)
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return parts._replace(netloc=parts.netloc.lower().removesuffix(usual), path=parts.path or "/").geturl()


def relative(html: str) -> Iterator[str]:
    for address in re.findall(r"<(?:a\s+|img\s+[^>]*)(?:href|src)=[\"'](.*?)[\"']", html):
        if not re.match(r"\w+:", address):
            yield f"ContainsRelRef: {address!r:.90}"

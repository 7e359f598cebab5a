"""A channel and its items in; RSS 2.0 or Atom 1.0 bytes, the same for the same input, out: all that feeds of articles need of feedgen.

What feedgen 1.0.0 leaves out or gets wrong is added to the finished elements by an extension of our own (its public way
in): entry links with their relations, several channel links, a complete atom:source, languages.
"""

import re
from threading import Lock
from typing import Any
from xml.sax.saxutils import quoteattr

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree
from lxml.builder import E

from syndicate.channel import FORMATS, Channel, stamp
from syndicate.item import Item

TTL_MINUTES = 5  # as long as HTTP caches may keep a feed
BYLINE_CHARACTERS = 300
ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# Of mark-up in plain text the RSS Advisory Board's profile knows: more readers take "&#x26;" for a plain sign than "&amp;".
PROFILE = {b"&amp;": b"&#x26;", b"&lt;": b"&#x3C;"}
_PLAIN = re.compile(rb"<content[ :][^<]*|&amp;|&lt;")  # bodies are HTML and stay as they are
_REFERENCE = re.compile("&(?=[#0-9A-Za-z])")
_locale = Lock()  # feedgen calls setlocale() for each RSS date, which is the whole process's


class _ChannelExtension(BaseExtension):  # type: ignore[misc]
    """Links of the RSS channel: feedgen writes rel=self alone."""

    channel: Channel

    def extend_rss(self, feed: Any) -> Any:
        for attributes in _links(self.channel, "rss")[1:]:
            etree.SubElement(feed[0], f"{ATOM}link", attributes)
        return feed


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc]
    """What feedgen has no call for, or writes incompletely, on one entry."""

    item: Item
    language: str

    def extend_rss(self, entry: Any) -> Any:
        etree.SubElement(entry, f"{ATOM}updated").text = self.item.modified.isoformat()
        return entry

    def extend_atom(self, entry: Any) -> Any:
        item = self.item
        for link in entry.findall("link"):  # written without rel, type and length
            entry.remove(link)
        entry.append(E.link(rel="alternate", type="text/html", href=item.url))
        for name, title, url in item.also:
            entry.append(E.link(rel="related", type="text/html", href=url, title=f"{name}: {title}"))
        if item.licence:
            entry.append(E.link(rel="license", href=item.licence))  # RFC 4946
        for file in item.enclosures:
            entry.append(E.link(rel="enclosure", type=file.type, length=str(file.length), href=file.url))
        authority = item.guid.rpartition(":")[0]  # an id, unlike an address, stays and has one spelling
        source = E.source(E.id(f"{authority}:{item.outlet}"), E.title(item.outlet_name), E.updated(stamp(item.updated)))
        source.append(E.link(rel="alternate", type="text/html", href=item.outlet_url))
        source.append(E.author(E.name(item.outlet_name)))
        entry.append(source)
        if item.language not in {"", self.language}:
            entry.set(LANG, item.language)
        return entry


def rss(channel: Channel, items: tuple[Item, ...]) -> bytes:
    """RSS 2.0 as the RSS Advisory Board's profile has it, with Dublin Core, Media RSS and content:encoded."""
    generator = _generator(channel, "rss")
    generator.ttl(TTL_MINUTES)
    for item in items:
        entry = _entry(generator, channel, item)
        entry.summary(_as_html(item.summary))  # who else has the story stands in content:encoded, which readers prefer
        entry.source(item.outlet_url, item.outlet_name)
        entry.dc.dc_creator(byline(item.authors) or None)
        entry.dc.dc_rights(item.rights or None)
        if item.language not in {"", channel.language}:
            entry.dc.dc_language(item.language)
        for file in item.enclosures[:1]:  # the profile allows one
            entry.enclosure(file.url, str(file.length), file.type)
    with _locale:
        return _styled(generator.rss_str(pretty=True), channel)


def atom(channel: Channel, items: tuple[Item, ...]) -> bytes:
    """Atom 1.0 (RFC 4287). An entry without authors has those of its source, the outlet (section 4.2.1)."""
    generator = _generator(channel, "atom")
    generator.author({"name": channel.site})
    generator.updated(max((item.modified for item in items), default=channel.updated))
    for item in items:
        entry = _entry(generator, channel, item)
        entry.summary(item.summary)
        entry.updated(item.modified)
        entry.rights(item.rights or None)
        if item.authors:
            entry.author([{"name": name} for name in item.authors])
    return _styled(generator.atom_str(pretty=True), channel)


def byline(authors: tuple[str, ...]) -> str:
    """All names in one string: of several dc:creator readers show the first, or the last."""
    line = ", ".join(authors)
    while len(line) > BYLINE_CHARACTERS:
        authors = authors[:-1]
        line = ", ".join(authors) + " …"
    return line


def _links(channel: Channel, kind: str) -> list[dict[str, str]]:
    """Who the feed is, where its hub is, and its web page last: feedgen takes the last for RSS's own link."""
    own = {"rel": "self", "type": FORMATS[kind][2], "href": channel.address(kind)}
    hub = [{"rel": "hub", "href": channel.hub}] if channel.hub else []
    return [own, *hub, {"rel": "alternate", "type": "text/html", "href": channel.home}]


def _generator(channel: Channel, kind: str) -> Any:
    generator = FeedGenerator()
    generator.load_extension("dc")
    generator.register_extension("tickerwire", _ChannelExtension, _EntryExtension)
    generator.load_extension("media")
    generator.tickerwire.channel = channel
    generator.id(channel.home)
    generator.title(channel.title)
    generator.description(channel.description)
    generator.link(_links(channel, kind))
    generator.language(channel.language)
    generator.updated(channel.updated)
    generator.generator("Tickerwire")
    return generator


def _entry(generator: Any, channel: Channel, item: Item) -> Any:
    entry = generator.add_entry(order="append")
    entry.tickerwire.item, entry.tickerwire.language = item, channel.language
    entry.title(item.title)
    entry.link(href=item.url, rel="alternate")
    entry.published(item.date)
    entry.category([{"term": tag} for tag in item.tags])
    if shown := shown_html(item):
        entry.content(shown, type="html")
    entry.guid(item.guid, permalink=False)
    if item.image:
        entry.media.content(url=item.image, medium="image", group=None)
        entry.media.thumbnail(url=item.image, group=None)
    return entry


def shown_html(item: Item) -> str:
    """The body, or the excerpt where other outlets are to be named below it, with credits; "" when the summary says all."""
    body = item.content_html or (_as_html(item.summary) if item.also else "")
    tagged = body if "<" in body else body and f"<p>{body}</p>"  # see _as_html
    return tagged and tagged + item.covered


def _as_html(text: str) -> str:
    """Plain text for an element readers take for HTML; one with "<" gets a tag, else some of them unescape it twice. An ampersand that
    begins no reference stands for itself, so that it is right also where the text is shown as it is, as in browsers."""
    escaped = _REFERENCE.sub("&amp;", text).replace("<", "&lt;")
    return f"<p>{escaped}</p>" if "<" in text else escaped


def _styled(document: bytes, channel: Channel) -> bytes:
    """The document with the instruction that names its style sheet, and signs of mark-up in plain texts as the profile wants them:
    feedgen has no call for either."""
    style = f'<?xml-stylesheet type="text/css" href={quoteattr(channel.base + "/assets/feed.css")}?>'
    return _PLAIN.sub(lambda found: PROFILE.get(found[0], found[0]), document).replace(b"\n", f"\n{style}\n".encode(), 1)

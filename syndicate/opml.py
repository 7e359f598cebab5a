"""The configured feeds, or outlets, in; an OPML 2.0 subscription list (opml.org/spec2.opml) out, byte-stable."""

from collections.abc import Iterable

from lxml import etree

from syndicate.channel import PATHS
from syndicate.text import plain
from tickerwire.config import Config

Outline = tuple[str, str, str]  # title, address of the feed, address of its web page or ""


def opml(config: Config) -> bytes:
    """Every published feed, in the order of the configuration; a ticker alone is nothing to subscribe to."""
    base = config.site.base_url
    chosen = (
        (feed, next((kind for kind in ("rss", "atom", "json") if kind in feed.formats), "")) for feed in config.feeds
    )
    outlines = (
        (feed.title, f"{base}/{PATHS[kind].format(feed.id)}", f"{base}/feeds/{feed.id}/")
        for feed, kind in chosen
        if kind
    )
    return _document(config.site.title, outlines)


def outlets_opml(config: Config) -> bytes:
    """The source feeds of every outlet: what a person would subscribe to instead. Other kinds of source have no place in OPML."""
    outlines = (
        (outlet.name, source.url, outlet.homepage)
        for outlet in config.outlets
        for source in outlet.sources
        if source.kind == "feed"
    )
    return _document(config.site.title, outlines)


def _document(title: str, outlines: Iterable[Outline]) -> bytes:
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = plain(title, 200)
    body = etree.SubElement(root, "body")
    for name, address, home in outlines:
        text = plain(name, 200)
        outline = etree.SubElement(body, "outline", type="rss", text=text, title=text, xmlUrl=address)
        if home:
            outline.set("htmlUrl", home)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))

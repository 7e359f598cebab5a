"""The configured feeds, or outlets, in; an OPML 2.0 subscription list (opml.org/spec2.opml) out, byte-stable."""

from lxml import etree
from lxml.builder import E

from syndicate.channel import PATHS
from syndicate.text import plain
from tickerwire.config import Config


def opml(config: Config) -> bytes:
    """Every published feed, in the order of the configuration; a ticker alone is nothing to subscribe to."""
    base = config.site.base_url
    outlines = []
    for feed in config.feeds:
        if kind := next((kind for kind in ("rss", "atom", "json") if kind in feed.formats), ""):
            address = f"{base}/{PATHS[kind].format(feed.id)}"
            outlines.append((feed.title, {"xmlUrl": address, "htmlUrl": f"{base}/feeds/{feed.id}/"}))
    return _document(config.site.title, outlines)


def outlets_opml(config: Config) -> bytes:
    """The source feeds of every outlet: what a person would subscribe to instead. Other kinds of source have no place in OPML."""
    feeds = [(outlet, source.url) for outlet in config.outlets for source in outlet.sources if source.kind == "feed"]
    outlines = [(outlet.name, {"xmlUrl": url} | ({"htmlUrl": outlet.homepage} if outlet.homepage else {})) for outlet, url in feeds]
    return _document(config.site.title, outlines)


def _document(title: str, outlines: list[tuple[str, dict[str, str]]]) -> bytes:
    """`outlines` are names, each with the addresses of its feed and, where there is one, of its web page."""
    named = ((plain(name, 200), addresses) for name, addresses in outlines)
    body = E.body(*(E.outline(type="rss", text=name, title=name, **addresses) for name, addresses in named))
    root = E.opml(E.head(E.title(plain(title, 200))), body, version="2.0")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True))

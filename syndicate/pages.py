"""Configuration and items in; the site's HTML pages, style sheets and scripts as bytes out. Pure and byte-stable."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from syndicate.channel import FORMATS, stamp
from syndicate.item import Item
from tickerwire.config import Config, FeedSpec
from tickerwire.query.highlight import highlighted

# A published version of the component never changes: pages carry its hash. Another byte in ticker.min.js is another version.
TICKER_VERSION = "1.1.2"
LATEST = 24  # headlines on the landing page: two screens on a desktop
FALLBACK = 8  # headlines a ticker shows before, or instead of, the script
QUOTED = 5  # headlines that other sites keep with their article (oEmbed)
FRAME = (600, 400)  # pixels of the frame, unless the other site has less room
# Languages written from right to left: a story in one of them is set from the right as a whole, byline included.
RIGHT_TO_LEFT = frozenset(("ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"))
EMBED = Path(__file__).parent / "embed"
PLAIN_ASSETS = ("site.css", "feed.css", "page.js", "builder.js", "ticker.js", "icon.svg")  # ticker.js is there to be read


@cache
def _templates() -> Environment:
    files = FileSystemLoader(EMBED / "templates")
    environment = Environment(loader=files, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(utc=_utc, iso=stamp, direction=_direction)
    environment.globals.update(formats=FORMATS, fresh=_fresh)
    environment.globals.update(ticker_version=TICKER_VERSION, ticker_integrity=_integrity(_ticker()))
    return environment


def site_pages(config: Config) -> dict[str, bytes]:
    """The directory of all feeds, the embed builder and robots.txt, by path: nothing in them depends on articles."""
    directory = _render("feeds.html", config, root="../", feeds=config.feeds)
    builder = _render("builder.html", config, root="../", tickers=[feed for feed in config.feeds if "ticker" in feed.formats])
    return {"feeds/index.html": directory, "embed/index.html": builder, "robots.txt": b"User-agent: *\nDisallow:\n"}


def front_page(config: Config, feeds: Mapping[str, Sequence[Item]]) -> dict[str, bytes]:
    """The landing page over all feeds, by path: of each story the newest copy. `feeds` maps feed ids to items, newest first."""
    distinct = {item.id: item for items in feeds.values() for item in _linkable(items)}
    told = {item.story or item.id: item for item in sorted(distinct.values(), key=lambda item: (item.date, item.id))}
    latest = sorted(told.values(), key=lambda item: (item.date, item.id), reverse=True)[:LATEST]
    moving = next((feed for feed in config.feeds if "ticker" in feed.formats), None)
    moved = _linkable(feeds.get(moving.id, ()))[:FALLBACK] if moving else []
    return {"index.html": _render("site.html", config, root="", feeds=config.feeds, latest=latest, moving=moving, moved=moved)}


def feed_pages(config: Config, feed: FeedSpec, items: Sequence[Item]) -> dict[str, bytes]:
    """The page of one feed and its script-free page for an iframe, by path. `items` are newest first."""
    shown = _linkable(items)
    page = _render("feed.html", config, root="../../", feed=feed, items=shown, fallback=shown[:FALLBACK])
    embed = _render("embed.html", config, root="../../", feed=feed, items=shown)
    return {f"feeds/{feed.id}/index.html": page, f"embed/{feed.id}/index.html": embed}


def assets() -> dict[str, bytes]:
    """Style sheets, scripts and the manifest with the hashes for `integrity` (sha384), by path."""
    ticker, versioned = _ticker(), f"assets/ticker-{TICKER_VERSION}.js"
    manifest = {"ticker": {"version": TICKER_VERSION, "path": versioned, "integrity": _integrity(ticker)}}
    named = {versioned: ticker, "assets/ticker-1.js": ticker}
    named["assets/manifest.json"] = json.dumps(manifest, indent=1).encode() + b"\n"
    return named | {f"assets/{name}": (EMBED / name).read_bytes() for name in PLAIN_ASSETS}


def oembed(ticker: bytes, feed: str, base: str, width: int, height: int) -> dict[str, object]:
    """The oEmbed answer for a feed of which `ticker` is the ticker/1 document: a quotation with links, then the list in a frame.

    WordPress keeps nothing else of an answer: <a>, <blockquote>, <iframe>. `width` and `height` are the most there is room for.
    """
    said = json.loads(ticker)
    fitting = {"width": min(FRAME[0], width), "height": min(FRAME[1], height)}
    items = [item for item in said["items"] if item["url"].startswith(("http://", "https://"))][:QUOTED]
    html = _templates().get_template("oembed.html").render(base=base, id=feed, title=said["title"], items=items, **fitting)
    known = {"version": "1.0", "type": "rich", "title": said["title"], "provider_name": urlsplit(base).netloc, "provider_url": base}
    return known | {"cache_age": 300, "html": html} | fitting


def search_page(config: Config, root: str, values: Mapping[str, Any]) -> bytes:
    """One page of results: `text`, `page` and what was `found`, the words asked for marked. `root` is the path of the landing page."""
    found = values["found"]
    title = {item.id: highlighted(found.query, item.title, ("anywhere", "title")) for item in found.items}
    body = {item.id: highlighted(found.query, item.summary, ("anywhere", "body")) for item in found.items}
    return _render("search.html", config, root=root, title=title, body=body, limits=config.search, **values)


def status_page(status: Mapping[str, Any], root: str) -> str:
    """The status document as a page for people. `root` is the path of the landing page."""
    return _templates().get_template("status.html").render(status=status, root=root)


def message_page(code: int, root: str, detail: str = "") -> str:
    """A small page for an answer that is not 200; what `detail` says beyond the name of the code is told as the reason."""
    return _templates().get_template("message.html").render(status=HTTPStatus(code), root=root, detail=detail)


def _integrity(script: bytes) -> str:
    """The value of an `integrity` attribute (Subresource Integrity, sha384)."""
    return "sha384-" + b64encode(hashlib.sha384(script).digest()).decode()


def _ticker() -> bytes:
    """The component as visitors download it, made of ticker.js by `./run.sh ticker`."""
    return (EMBED / "ticker.min.js").read_bytes()


def _render(template: str, config: Config, **values: object) -> bytes:
    page = _templates().get_template(template)
    return page.render(site=config.site, base=config.site.base_url, searchable=config.search.enabled, **values).encode()


def _fresh(name: str) -> str:
    """The address of an asset with a mark of its content, so that a new release never meets an old copy in a cache."""
    return f"assets/{name}?{hashlib.sha256((EMBED / name).read_bytes()).hexdigest()[:8]}"


def _linkable(items: Iterable[Item]) -> list[Item]:
    # The store's door lets only http(s) in; asserted again here because one escape would be a script on our own pages.
    return [item for item in items if item.url.startswith(("http://", "https://"))]


def _direction(language: str) -> str:
    return "rtl" if language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def _utc(moment: datetime) -> str:
    """ "22 Nov 2026 11:57 UTC" whatever the process's locale: strftime would translate the month."""
    return format_datetime(moment.astimezone(UTC))[5:22] + " UTC"

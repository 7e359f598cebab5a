"""A path of the published tree in; its media type, lifetime and security headers out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

FEED_LIFE = "public, max-age=300"
TICKER_LIFE = "public, max-age=30, stale-while-revalidate=60, stale-if-error=86400"
PAGE_LIFE = "public, max-age=60"
IMMUTABLE = "public, max-age=31536000, immutable"

# Scripts run in a feed that is sent as application/xml (seen in Chromium, Firefox and WebKit): the sandbox forbids it.
FEED_POLICY = "default-src 'none'; style-src 'self'; sandbox"
DATA_POLICY = "default-src 'none'; sandbox"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
EMBED_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors *; base-uri 'none'; form-action 'none'"
SHARED = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After",
    "Timing-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file is sent. `navigated` is the media type when a person opens it as a page, empty for the same.

    `shared` files may be used by any other site's pages.
    """

    type: str
    life: str
    policy: str = DATA_POLICY
    navigated: str = ""
    shared: bool = False


# A path that fits none is not served: temporary files, compressed siblings and whatever else lies there by accident.
KINDS: Mapping[str, Kind] = {
    r"feeds/[^/]+\.rss": Kind("application/rss+xml", FEED_LIFE, FEED_POLICY, "application/xml"),
    r"feeds/[^/]+\.atom": Kind("application/atom+xml", FEED_LIFE, FEED_POLICY, "application/xml"),
    r"feeds/[^/]+\.json": Kind("application/feed+json", FEED_LIFE, shared=True),
    r"ticker/[^/]+\.json": Kind("application/json", TICKER_LIFE, shared=True),
    r"schema/[^/]+\.json": Kind("application/schema+json", IMMUTABLE, shared=True),
    r"opml\.xml": Kind("text/x-opml", FEED_LIFE),
    r"robots\.txt": Kind("text/plain", FEED_LIFE),
    r"assets/ticker-\d+\.\d+\.\d+\.js": Kind("text/javascript", IMMUTABLE, shared=True),
    r"assets/[^/]+\.js": Kind("text/javascript", FEED_LIFE, shared=True),
    r"assets/[^/]+\.css": Kind("text/css", FEED_LIFE, shared=True),
    r"assets/[^/]+\.svg": Kind("image/svg+xml", FEED_LIFE, shared=True),
    r"assets/[^/]+\.json": Kind("application/json", FEED_LIFE, shared=True),
    r"embed/[^/]+/index\.html": Kind("text/html", PAGE_LIFE, EMBED_POLICY),
    r"(?:.+/)?index\.html": Kind("text/html", PAGE_LIFE, PAGE_POLICY),
}


def kind(path: str) -> Kind | None:
    """How the file at `path` is sent; None when files of that name are not served."""
    return next((kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, path)), None)

"""Nothing in; outlets that lead a crawler to addresses it must not contact out."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.hostile.behaviour import (
    FEED,
    Behaviour,
    Check,
    Route,
    asks,
    asks_at_most,
    fails,
    keeps,
    nowhere,
    results,
    works,
)
from tests.hostile.server import VAULT, Asked, Host, Reply
from tests.loopback import rss

REFUSED = "not a public address"
HTML = {"Content-Type": "text/html; charset=utf-8"}
FULL = {"full_text": True}
PAGE = "/news/1"


def behaves(host: Host) -> Reply:
    """A feed of two articles whose pages are the host's own."""
    return Reply(rss(("1", "First"), ("2", "Second"), link=host.url("")))


def feed(host: Host, item: str = "", channel: str = "", link: str = "") -> Reply:
    """A feed of one article; `item` and `channel` are further elements there, `link` its page."""
    return Reply(
        f"""<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
        xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"
        xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel><title>T</title><link>{host.url("/")}</link>
        <description>D</description>{channel}<item><title>First</title><link>{link or host.url(PAGE)}</link><guid
        isPermaLink="false">1</guid><description>About First.</description>{item}</item></channel></rss>""".encode()
    )


def page(head: str = "", body: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """An article page with enough text to be one."""
    text = "".join(f"<p>Paragraph {n} of the report tells at some length what happened that day.</p>" for n in range(9))
    html = f"<!doctype html><html><head><title>First</title>{head}</head><body>{body}<article><h1>First</h1>{text}</article>"
    return Reply(html.encode(), headers=HTML | dict(headers or {}))


def configured(name: str, url: str, does: str, reason: str = REFUSED) -> Behaviour:
    """An operator was talked into this address."""
    return Behaviour(
        name, "Addresses", f"is configured as {does}", "refuses to connect", lambda _: {}, (fails(reason), keeps()), url
    )


def redirected(name: str, to: str, does: str, reason: str = REFUSED, status: int = 302) -> Behaviour:
    """A feed that redirects; {canary}, {name}, {port} and {address} (its own) are filled in."""

    def routes(host: Host) -> Mapping[str, Route]:
        known = {"canary": host.canary, "name": host.name, "port": host.port, "address": host.address, "vault": VAULT}
        return {FEED: Reply(status=status, headers={"Location": to.format(**known)})}

    checks = (fails(reason), keeps(), asks(FEED, 3, 3), asks_at_most(4), nowhere("root:x:0"))
    return Behaviour(name, "Redirects", f"redirects ({status}) {does}", "refuses the hop, three times", routes, checks)


def inside(name: str, does: str, make: Callable[[Host, str], Mapping[str, Route]], *checks: Check, **keys: Any) -> Behaviour:
    """A document with an address of the canary in it, which `make` gets."""
    return Behaviour(
        name,
        "Addresses",
        does,
        "reads the document and does not go there",
        lambda host: make(host, f"{host.canary}/{host.name}"),
        checks or (works("First"),),
        **keys,
    )


def proxied(name: str, to: str, does: str) -> Behaviour:
    """An outlet behind a proxy that redirects to an address nearby, which the proxy would be asked for."""

    def routes(host: Host) -> Mapping[str, Route]:
        location = to.format(port=host.port)
        return {"http://news.example/feed.xml": Reply(status=302, headers={"Location": location})}

    def silent(asked_for: Any) -> list[str]:
        own = ("http://news.example/", "/robots.txt")
        return [f"the proxy was asked for {one.path}" for one in asked_for.asked if not one.path.startswith(own)]

    return Behaviour(
        name,
        "Addresses",
        f"has a proxy and redirects to {does}",
        "never asks the proxy for it",
        routes,
        (fails(REFUSED), silent, asks("http://news.example/feed.xml", 3, 3)),
        url="http://news.example/feed.xml",
        outlet={"proxy": "itself"},
    )


def late(host: Host) -> Mapping[str, Route]:
    hops = {FEED: "/a", "/a": "/b", "/b": f"{host.canary}/{host.name}"}
    return {path: Reply(status=302, headers={"Location": to}) for path, to in hops.items()}


def neighbour(host: Host) -> Mapping[str, Route]:
    """The host of another outlet, inside the same permitted network."""

    def to(_: Asked) -> Reply:
        other = next(known for known in host.farm.hosts.values() if known.name == "plain")
        return Reply(status=302, headers={"Location": other.url("/for-others.xml")})

    return {FEED: to}


def atom(host: Host, there: str) -> Mapping[str, Route]:
    relations = (
        "hub",
        "self",
        "next",
        "first",
        "last",
        "prev-archive",
        "current",
        "edit",
        "replies",
        "enclosure",
        "via",
    )
    links = "".join(f'<link rel="{rel}" href="{there}/{rel}"/>' for rel in relations)
    body = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>urn:t</id>{links}
    <icon>{there}/icon</icon><logo>{there}/logo</logo><updated>2026-11-21T00:00:00Z</updated><entry><title>First</title><id>urn:1</id>
    <updated>2026-11-21T00:00:00Z</updated><link href="{host.url(PAGE)}"/>{links}<content src="{there}/content"/></entry></feed>"""
    return {FEED: Reply(body.encode()), PAGE: page()}


def based(host: Host, there: str) -> Mapping[str, Route]:
    body = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xml:base="{there}/"><title>T</title><id>urn:t</id>
    <updated>2026-11-21T00:00:00Z</updated><link rel="next" href="more"/><entry><title>First</title><id>urn:1</id>
    <updated>2026-11-21T00:00:00Z</updated><link href="first"/><summary>About.</summary></entry></feed>"""
    return {FEED: Reply(body.encode())}


def media(host: Host, there: str) -> Mapping[str, Route]:
    item = f"""<enclosure url="{there}/e.mp3" type="audio/mpeg" length="9"/><media:content url="{there}/m.jpg" medium="image"/>
    <media:thumbnail url="{there}/t.jpg"/><itunes:image href="{there}/i.jpg"/><source url="{there}/source">S</source>
    <comments>{there}/comments</comments><wfw:commentRss>{there}/wfw</wfw:commentRss>
    <media:player url="{there}/player"/><description>&lt;img src="{there}/d.png"&gt;</description>"""
    channel = f"""<image><url>{there}/c.png</url><title>T</title><link>{there}/c</link></image><docs>{there}/docs</docs>
    <cloud domain="127.77.0.1" port="80" path="/{host.name}" registerProcedure="" protocol="http-post"/>
    <atom:link rel="hub" href="{there}/hub"/><atom:link rel="self" href="{there}/self"/><atom:link rel="next" href="{there}/next"/>"""
    return {FEED: feed(host, item, channel), PAGE: page()}


def heads(host: Host, there: str) -> Mapping[str, Route]:
    links = "".join(f"<{there}/{rel}>; rel={rel}, " for rel in ("hub", "next", "preload", "canonical", "stylesheet"))
    headers = {
        "Link": links[:-2],
        "Content-Location": there,
        "Refresh": f"0; url={there}",
        "SourceMap": there,
        "Location": there,
    }
    return {FEED: Reply(feed(host).body, headers=headers)}


def stylesheet(host: Host, there: str) -> Mapping[str, Route]:
    xml = feed(host).body.removeprefix(b'<?xml version="1.0"?>')
    intro = f"""<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{there}/x.xsl"?><!DOCTYPE rss SYSTEM "{there}/r.dtd">"""
    return {FEED: Reply(intro.encode() + xml)}


def article(host: Host, there: str) -> Mapping[str, Route]:
    data = {
        "@type": "NewsArticle",
        "headline": "First",
        "image": f"{there}/ld",
        "url": there,
        "mainEntityOfPage": there,
    }
    head = f"""<base href="{there}/"><link rel="canonical" href="{there}/c"><link rel="amphtml" href="{there}/amp">
    <link rel="next" href="{there}/n"><link rel="icon" href="{there}/i"><link rel="stylesheet" href="{there}/s">
    <link rel="alternate" type="application/json+oembed" href="{there}/o"><meta property="og:url" content="{there}/u">
    <meta property="og:image" content="{there}/og"><meta http-equiv="refresh" content="0;url={there}/r">
    <script src="{there}/js"></script><script type="application/ld+json">{json.dumps(data)}</script>"""
    body = f"<iframe src='{there}/f'></iframe><img src='{there}/img' srcset='{there}/2x 2x'><a rel=next href='{there}/p'>Next</a>"
    return {FEED: feed(host), PAGE: page(head, body, {"Link": f"<{there}/h>; rel=canonical"})}


def json_feed(host: Host, there: str) -> Mapping[str, Route]:
    item = {"id": "1", "title": "First", "url": host.url(PAGE), "content_text": "About.", "image": f"{there}/image"}
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "T",
        **{key: f"{there}/{key}" for key in ("next_url", "feed_url", "icon", "favicon", "home_page_url")},
        "hubs": [{"type": "WebSub", "url": f"{there}/hub"}],
        "items": [item | {"attachments": [{"url": f"{there}/a", "mime_type": "audio/mpeg"}], "external_url": f"{there}/x"}],
    }
    return {FEED: Reply(json.dumps(said).encode(), headers={"Content-Type": "application/feed+json"})}


def index(host: Host, there: str) -> Mapping[str, Route]:
    return {"/map.xml": Reply(f"<sitemapindex><sitemap><loc>{there}/child.xml</loc></sitemap></sitemapindex>".encode())}


def listing(next_page: str, link: str) -> Reply:
    html = f"<!doctype html><title>T</title><h2><a href='{link}'>First</a></h2><a class=next href='{next_page}'>More</a>"
    return Reply(html.encode(), headers=HTML)


def api(host: Host, there: str) -> Mapping[str, Route]:
    said = {"list": [{"t": "First", "u": host.url(PAGE)}], "more": f"{there}/2.json"}
    return {"/api": Reply(json.dumps(said).encode(), headers={"Content-Type": "application/json"})}


def to_robots(host: Host, there: str) -> Mapping[str, Route]:
    return {FEED: behaves(host), "/robots.txt": Reply(status=301, headers={"Location": f"{there}/robots.txt"})}


def page_moves(host: Host, there: str) -> Mapping[str, Route]:
    return {FEED: feed(host), PAGE: Reply(status=302, headers={"Location": there})}


API = {"kind": "api", "items": "list", "title": "t", "link": "u", "next": "more"}
LISTING = {"kind": "listing", "links": "h2 a", "next": "a.next"}
HEX, DECIMAL = "0x7f.0x4d.1", int.from_bytes(bytes([127, 77, 0, 1]), "big")
REFRESH = b"<html><head><meta http-equiv='refresh' content='0;url=%s'></head><body>Moved</body></html>"

ADDRESSES: list[Behaviour] = [
    Behaviour(
        "plain",
        "Addresses",
        "behaves",
        "stores both articles once",
        lambda host: {FEED: behaves(host), "/for-others.xml": behaves(host)},
        (works("First", "Second"),),
    ),
    configured("url-dotted", "http://127.77.0.1:{port}/{name}", "an address of the operator's own network"),
    configured("url-dot", "http://127.77.0.1.:{port}/{name}", "an address with a last dot"),
    configured("url-decimal", f"http://{DECIMAL}:{{port}}/{{name}}", "one number"),
    configured("url-octal", "http://0177.0115.0.1:{port}/{name}", "octal numbers"),
    configured("url-hex", f"http://{HEX}:{{port}}/{{name}}", "hexadecimal numbers, one left out"),
    configured("url-wide", "http://１２７。７７。０。１:{port}/{name}", "full-width digits and stops"),
    configured("url-mapped", "http://[::ffff:127.77.0.1]:{port}/{name}", "an IPv4-mapped address"),
    configured("url-nat64", "http://[64:ff9b::7f4d:1]:{port}/{name}", "an address behind NAT64"),
    configured("url-zone", "http://[fe80::1%25lo]:{port}/{name}", "a link-local address with a zone"),
    configured("url-metadata", "http://169.254.169.254/latest/{name}", "the metadata service of a cloud"),
    configured("url-zero", "http://0:{port}/{name}", "0, this very machine"),
    redirected("ssrf-redirect", "{canary}/{name}", "to an address inside the operator's network"),
    *(
        redirected(f"redirect-{status}", "{canary}/{name}", "to an address inside the operator's network", status=status)
        for status in (301, 303, 307, 308)
    ),
    redirected("redirect-relative", "//127.77.0.1:{port}/{name}", "without a scheme"),
    redirected("redirect-backslash", "http:\\\\127.77.0.1:{port}\\{name}", "with backslashes"),
    redirected("redirect-user", "http://{address}:{port}@127.77.0.1:{port}/{name}", "with its own address as user name"),
    redirected("redirect-decimal", f"http://{DECIMAL}:{{port}}/{{name}}", "to one number"),
    redirected("redirect-mapped", "http://[::ffff:7f4d:1]:{port}/{name}", "to an IPv4-mapped address"),
    redirected("redirect-https", "https://127.77.0.1:{port}/{name}", "to https of the operator's network"),
    redirected("redirect-localhost", "http://localhost:{port}/{name}", "to localhost"),
    redirected("redirect-vault", "http://{vault}:{port}/{name}", "into a network permitted to other outlets"),
    redirected("redirect-file", "file:///etc/passwd", "to a file", "HTTP 302"),
    redirected("redirect-ftp", "ftp://127.77.0.1:{port}/{name}", "to FTP", "HTTP 302"),
    redirected("redirect-gopher", "gopher://127.77.0.1:{port}/1{name}", "to Gopher", "HTTP 302"),
    redirected(
        "redirect-data",
        "data:application/rss+xml,<rss><channel><item><title>P</title></item></channel></rss>",
        "to data",
        "HTTP 302",
    ),
    Behaviour(
        "redirect-late",
        "Redirects",
        "redirects twice at home, then to the operator's network",
        "refuses the third hop",
        late,
        (fails(REFUSED), asks("/a", 3, 3), asks("/b", 3, 3), keeps()),
    ),
    Behaviour(
        "redirect-neighbour",
        "Redirects",
        "redirects to another host of its own permitted network",
        "follows and stores what it finds there",
        neighbour,
        (works("First", "Second"), asks(FEED, 3, 3)),
    ),
    inside(
        "refresh",
        "answers with a page that refreshes to the operator's network",
        lambda _, there: {FEED: Reply(REFRESH % there.encode(), headers=HTML | {"Refresh": f"0;url={there}"})},
        fails("HTML|feed"),
    ),
    inside("robots-redirect", "redirects robots.txt there", to_robots, fails("robots.txt could not"), asks(FEED, 0, 0)),
    inside(
        "robots-sitemap",
        "names a sitemap there in robots.txt, which is its source",
        lambda _, there: {"/robots.txt": Reply(f"User-agent: *\nAllow: /\nSitemap: {there}/map.xml\n".encode())},
        fails(REFUSED),
        url="/robots.txt",
        source={"kind": "sitemap"},
    ),
    inside(
        "robots-hint",
        "has a feed, and a robots.txt with a sitemap and a host there",
        lambda host, there: {FEED: behaves(host), "/robots.txt": Reply(f"Sitemap: {there}\nHost: {there}\n".encode())},
        works("First", "Second"),
    ),
    inside("article-link", "links an article there", lambda host, there: {FEED: feed(host, link=there)}, outlet=FULL),
    inside("page-redirect", "redirects an article there", page_moves, works("First"), asks(PAGE, 1, 3), outlet=FULL),
    inside("page-links", "has a page full of addresses there", article, works("First"), asks(PAGE, 1, 3), outlet=FULL),
    inside("feed-media", "has pictures, sounds, hubs and a cloud there", media, outlet=FULL),
    inside("feed-headers", "answers with header fields that lead there", heads),
    inside("feed-stylesheet", "wants a stylesheet and a DTD from there", stylesheet),
    inside("atom-links", "has eleven kinds of links there, the next page among them", atom, outlet=FULL),
    inside("atom-base", "has its base there", based, outlet=FULL),
    inside("json-feed", "has its next page, hubs and icons there", json_feed, outlet=FULL),
    inside("index-child", "names a sitemap there", index, fails(REFUSED), url="/map.xml", source={"kind": "sitemap"}),
    inside(
        "sitemap-loc",
        "lists an article there",
        lambda _, there: {"/map.xml": Reply(f"<urlset><url><loc>{there}/first-report</loc></url></urlset>".encode())},
        works(""),
        url="/map.xml",
        source={"kind": "sitemap"},
        outlet=FULL,
    ),
    inside(
        "listing-next",
        "has its next page there",
        lambda host, there: {"/": listing(there, host.url(PAGE))},
        keeps("First"),
        results("error", "ok", "unchanged"),
        url="/",
        source=LISTING,
    ),
    inside(
        "listing-base",
        "has its base and articles there",
        lambda _, there: {"/": Reply(b"<base href='%s/'>" % there.encode() + listing("2", "first").body, headers=HTML)},
        keeps("First"),
        url="/",
        source=LISTING,
        outlet=FULL,
    ),
    inside(
        "api-next",
        "has its next page there",
        api,
        keeps("First"),
        results("error", "ok", "unchanged"),
        url="/api",
        source=API,
    ),
    proxied("proxy-loopback", "http://127.0.0.1:{port}/", "the proxy's own machine"),
    proxied("proxy-private", "http://10.0.0.1/", "a private address"),
    proxied("proxy-short", "http://127.1:{port}/", "a short form of it"),
    proxied("proxy-decimal", "http://2130706433:{port}/", "one number"),
    proxied("proxy-dot", "http://127.0.0.1.:{port}/", "an address with a last dot"),
    proxied("proxy-escaped", "http://%31%32%37.0.0.1:{port}/", "an escaped address"),
    proxied("proxy-mapped", "http://[::ffff:127.0.0.1]:{port}/", "an IPv4-mapped address"),
]

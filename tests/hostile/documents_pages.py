"""Nothing in; outlets whose front pages, interfaces, sitemaps and article pages attack the parsers out."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.hostile.behaviour import (
    FEED,
    Aftermath,
    Behaviour,
    Check,
    Route,
    asks,
    asks_at_most,
    fails,
    holds,
    keeps,
)
from tests.hostile.documents import MANY, canary, item, quick, reads, recovers, rss, served, within
from tests.hostile.server import Host, Reply

HTML = "text/html; charset=utf-8"
TEXT = "".join(f"<p>Paragraph {n} of the report tells at some length what happened that day.</p>" for n in range(9))
SPACE = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
NEWS = "<n:news><n:title>{}</n:title><n:publication_date>2026-11-20</n:publication_date></n:news>"


def html(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><title>T</title>{head}</head><body>{body}".encode()


def link(host: Host, number: int, title: str) -> str:
    return f"<h2><a href='{host.url('/news/')}{number}'>{title}</a></h2>"


def front(name: str, does: str, correct: str, make: Callable[[Host], bytes], *checks: Check, **source: Any) -> Behaviour:
    """An outlet read off its front page."""
    routes = served(make, HTML)
    return Behaviour(name, "Parsers", does, correct, routes, checks, source={"kind": "listing", "links": "h2 a"} | source)


def structured(name: str, does: str, correct: str, make: Callable[[Host], str], *checks: Check) -> Behaviour:
    """An outlet read off the JSON-LD of its front page."""

    def page(host: Host) -> bytes:
        return html("", f"<script type='application/ld+json'>{make(host)}</script>")

    return front(name, does, correct, page, *checks, quick(3), links="json-ld")


def said(host: Host, number: int, title: str) -> str:
    return json.dumps({"@type": "NewsArticle", "headline": title, "url": host.url(f"/news/{number}")})


def api(name: str, does: str, correct: str, make: Callable[[Host], str], *checks: Check) -> Behaviour:
    """An outlet with an interface."""
    routes = served(lambda host: make(host).encode(), "application/json")
    source = {"kind": "api", "items": "data", "link": "url", "title": "title", "published": "date"}
    return Behaviour(name, "Parsers", does, correct, routes, (*checks, quick(3)), source=source)


def url(host: Host, number: int, title: str = "", more: str = "") -> str:
    return f"<url><loc>{host.url('/news/')}{number}</loc>{NEWS.format(title) if title else ''}{more}</url>"


def urls(*inside: str, root: str = "urlset", before: str = "") -> bytes:
    return f"<?xml version='1.0'?>{before}<{root} {SPACE}>{''.join(inside)}</{root}>".encode()


def sitemap(
    name: str,
    does: str,
    correct: str,
    make: Callable[[Host], bytes],
    *checks: Check,
    more: Mapping[str, Route] | None = None,
    media: str = "application/xml",
) -> Behaviour:
    """An outlet with a sitemap, and what else it serves."""
    routes = served(make, media)
    return Behaviour(
        name, "Parsers", does, correct, lambda host: routes(host) | dict(more or {}), checks, source={"kind": "sitemap"}
    )


def article(name: str, does: str, correct: str, make: Callable[[Host], bytes], *checks: Check, media: str = HTML) -> Behaviour:
    """An outlet whose one article has a hostile page."""

    def routes(host: Host) -> dict[str, Route]:
        feed = Reply(rss(item(host, 1, "Listed", "<description>As listed.</description>")))
        return {FEED: feed, "/news/1": lambda _: Reply(make(host), headers={"Content-Type": media})}

    return Behaviour(
        name,
        "Parsers",
        does,
        correct,
        routes,
        (reads("Listed"), *checks),
        outlet={"full_text": True},
        source={"kind": "feed"},
    )


def story(inside: str = "", head: str = "", after: str = "") -> bytes:
    return html(f"<article><h1>Listed</h1>{TEXT}{inside}</article>{after}", head)


def full(after: Aftermath) -> Iterable[str]:
    """The page's text is stored, asked for once."""
    if any("Paragraph 8" not in row["text"] for row in after.rows):
        yield f"text is {[row['text'][:80] for row in after.rows]}"
    yield from asks("/news/1", 1, 1)(after)


def bare(after: Aftermath) -> Iterable[str]:
    """Nothing but what the feed says is stored, and the page was asked for once."""
    if any((row["text"], row["summary"]) != ("", "As listed.") for row in after.rows):
        yield f"stored {[(row['text'][:80], row['summary'][:80]) for row in after.rows]}"
    yield from asks("/news/1", 1, 1)(after)


def bomb(_: Host) -> bytes:
    return gzip.compress(gzip.compress(urls("<url><loc>http://www.example.org/news/1</loc></url>", " " * 300_000_000), 1))


PACKED: dict[str, bytes] = {}


def packed_once(host: Host) -> bytes:
    """`bomb` made once: it takes a second."""
    return PACKED.setdefault("bomb", bomb(host))


PAGES: list[Behaviour] = [
    front(
        "front-deep",
        "nests 100,000 div",
        "reads the links before, in and after them",
        lambda host: html(link(host, 1, "One") + "<div>" * MANY + link(host, 2, "Two") + "</div>" * MANY + link(host, 3, "Three")),
        reads("One"),
        quick(3),
    ),
    front(
        "front-line",
        "is one line of 9 MB",
        "reads its links",
        lambda host: html(link(host, 1, "One") + "word " * 1_800_000 + link(host, 2, "Two")),
        reads("One", "Two"),
        quick(3),
    ),
    front(
        "front-nested",
        "has 200 cards in each other around 5,000 links",
        "stops looking soon",
        lambda host: html("<div class=c>" * 200 + "".join(link(host, n % 2500, "N") for n in range(5000))),
        holds(1),
        quick(3),
        links=".c",
    ),
    front(
        "front-siblings",
        "has 50,000 siblings for a selector that counts them, once",
        "stops it, says so, reads the next one",
        lambda host: html("<div></div>" * (50_000 if host.farm.crawl == 1 else 3) + link(host, 1, "One")),
        recovers("One"),
        links="div:nth-child(2n+1) ~ h2 a",
    ),
    front(
        "front-refresh",
        "moves on by meta refresh",
        "reads its links, follows nothing",
        lambda host: html(
            link(host, 1, "One"), f"<meta http-equiv=refresh content='0;url={canary(host, 'refresh')}'><base target=x>"
        ),
        reads("One"),
    ),
    front(
        "front-blanks",
        "has a title of 100 kB of blanks and a date of as much",
        "folds it",
        lambda host: html(link(host, 1, "One" + " \n" * 50_000 + "two") + f"<time datetime='{' ' * MANY}'>1{' ' * MANY}2</time>"),
        reads("One two"),
        quick(3),
        date="time",
    ),
    structured(
        "ld-deep",
        "nests its JSON-LD 50,000 times",
        "finds nothing, says so",
        lambda host: "[" * 50_000 + said(host, 1, "One") + "]" * 50_000,
        fails("finds no link"),
        keeps(),
    ),
    structured(
        "ld-long",
        "has JSON-LD of 5 MB",
        "does not read it, says so",
        lambda host: f'[{said(host, 1, "One")}, "{"y" * 5_000_000}"]',
        fails("finds no link"),
        keeps(),
    ),
    structured(
        "ld-semicolons",
        "ends its JSON-LD with 1,900,000 semicolons",
        "reads it",
        lambda host: said(host, 1, "One") + ";" * 1_900_000,
        reads("One"),
    ),
    api(
        "api-deep",
        "nests 4,500,000 lists",
        "fails with the reason",
        lambda _: "[" * 4_500_000,
        fails("JSON nested too deeply"),
        keeps(),
    ),
    api(
        "api-digits",
        "dates an item by a number of 1,000,000 digits",
        "fails with the reason",
        lambda host: f'{{"data": [{{"url": "{host.url("/1")}", "date": {"9" * 1_000_000}}}]}}',
        fails("a number is absurdly long"),
        keeps(),
    ),
    api(
        "api-infinite",
        "dates items 1e999999, NaN and -1e400",
        "stores them undated",
        lambda host: (
            '{"data": ['
            + ",".join(
                f'{{"url": "{host.url("/")}{n}", "title": "N{n}", "date": {date}}}'
                for n, date in enumerate(("1e999999", "NaN", "-1e400"))
            )
            + "]}"
        ),
        reads("N0", "N1", "N2"),
    ),
    sitemap(
        "sitemap-entity",
        "names a file of this machine and an address elsewhere as entities",
        "stores the addresses without them",
        lambda host: urls(
            url(host, 1, "One &x;"),
            url(host, 2, "Two &y;"),
            before=f'<!DOCTYPE urlset [<!ENTITY x SYSTEM "file://{host.secret_path}">'
            f'<!ENTITY y SYSTEM "{canary(host, "entity")}">]>',
        ),
        reads("One &x;", "Two &y;"),
        quick(3),
    ),
    sitemap(
        "sitemap-itself",
        "is an index that names itself",
        "asks for it once a visit",
        lambda host: urls(f"<sitemap><loc>{host.url(FEED)}</loc></sitemap>", root="sitemapindex"),
        asks(FEED, 3, 3),
        keeps(),
    ),
    sitemap(
        "sitemap-index",
        "is an index of 50,000 sitemaps",
        "asks for 49 of them a visit",
        lambda host: urls(
            "".join(f"<sitemap><loc>{host.url('/s/')}{n}</loc></sitemap>" for n in range(50_000)), root="sitemapindex"
        ),
        asks_at_most(147, "/s/"),
        keeps(),
        more={"*": Reply(urls())},
    ),
    sitemap(
        "sitemap-thrice",
        "is packed three times",
        "fails with the reason",
        lambda host: gzip.compress(gzip.compress(gzip.compress(urls(url(host, 1))))),
        fails("not a sitemap"),
        keeps(),
        media="application/gzip",
    ),
    sitemap(
        "sitemap-bomb",
        "is 300 MB packed twice into 1 kB",
        "reads 50 MiB of it",
        packed_once,
        holds(1),
        quick(4),
        media="application/gzip",
    ),
    sitemap(
        "sitemap-fields",
        "has 10,000 elements 200 deep in an entry",
        "reads the entry",
        lambda host: urls(url(host, 1, "One", ("<a>" * 200 + "x" * 200 + "</a>" * 200) * 50)),
        reads("One"),
        quick(3),
    ),
    sitemap(
        "sitemap-blank-lines",
        "is 200,000 blank lines around a word",
        "fails with the reason",
        lambda _: b"x\n" + b" \n" * 200_000 + b"x",
        fails("not a sitemap"),
        keeps(),
        quick(3),
        media="text/plain",
    ),
    sitemap(
        "sitemap-words",
        "is 2,000,000 lines of no address",
        "gives fifty reasons",
        lambda host: f"{host.url('/news/1')}\n".encode() + b"x\n" * 2_000_000,
        holds(1),
        quick(3),
        media="text/plain",
    ),
    article("page-unclosed", "leaves 200,000 tags open", "reads the article", lambda _: story(after="<b>x" * 200_000), full),
    article(
        "page-elements",
        "has 200,000 paragraphs",
        "keeps what the feed says",
        lambda _: story("<p>x</p>" * 200_000),
        bare,
    ),
    article(
        "page-long",
        "has a paragraph of 9 MB",
        "keeps what the feed says",
        lambda _: story(f"<p>{'word ' * 1_800_000}</p>"),
        bare,
    ),
    article(
        "page-blanks",
        "has 100 kB of blanks in title, by-line and date",
        "reads the article",
        lambda _: story(
            f"<time datetime='{' ' * MANY}'>1{' ' * MANY}2</time><i class=byline>by{' ' * MANY}Ann</i>",
            f"<meta name=author content='Ann{' ' * MANY}Lee'><meta property='og:title' content='a{' ' * MANY}b'>",
        ),
        full,
        within("authors", 20, 9),
    ),
    article(
        "page-refresh",
        "moves on by meta refresh, loads scripts",
        "reads the article, follows nothing",
        lambda host: story(
            f"<script src='{canary(host, 'js')}'></script>",
            f"<meta http-equiv=refresh content='0;url={canary(host, 'refresh')}'>",
        ),
        full,
    ),
    article(
        "page-charset",
        "declares a charset that is none of text",
        "reads the article",
        lambda _: story("<p>M\xfcller</p>").decode().encode("latin-1"),
        full,
        media="text/html; charset=hex",
    ),
    article(
        "page-ld",
        "has JSON-LD 50,000 deep and 5 MB long",
        "reads the article",
        lambda _: story(
            head=f"<script type='application/ld+json'>{'[' * 50_000}</script>"
            f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'articleBody': 'w ' * 2_500_000})}</script>"
        ),
        full,
    ),
]

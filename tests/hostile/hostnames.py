"""Nothing in; outlets known by host names, whose name servers mean harm, out."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.hostile.addresses import FULL, HTML, REFUSED, behaves
from tests.hostile.behaviour import (
    FEED,
    Aftermath,
    Behaviour,
    Check,
    Route,
    asks,
    fails,
    keeps,
    questions,
    results,
    works,
)
from tests.hostile.nameserver import Answer
from tests.hostile.server import CANARY, VAULT, Asked, Host, Reply
from tests.loopback import rss

URL = "http://{name}.test:{port}/feed.xml"
NOT_FOUND = "the host name could not be found"
AWAY = [f"A {CANARY}"]
ITEMS = [(str(n), f"Report {n}") for n in range(8)]


def turning(host: Host) -> Answer:
    """The host's address to the first question of each crawl, the canary's ever after: what is checked is not what is found next."""
    seen: list[int] = []

    def answer(_: int) -> Sequence[str]:
        seen.append(host.farm.crawl)
        return [f"A {host.address}"] if seen.count(host.farm.crawl) == 1 else AWAY

    return answer


def named(name: str, does: str, correct: str, answer: Answer, *checks: Check, **keys: Any) -> Behaviour:
    """An outlet whose name is answered so; {} stands for its own address. Its feed behaves."""

    def zone(host: Host) -> Mapping[str, Answer]:
        if callable(answer):
            return {f"{name}.test": answer}
        return {f"{name}.test": [text.format(host.address) for text in answer]}

    return Behaviour(name, "Names", does, correct, lambda host: {FEED: behaves(host)}, checks, URL, names=zone, **keys)


def lost(name: str, answer: Answer, does: str, asked: int = 3) -> Behaviour:
    """An outlet that cannot be found."""
    checks = (fails(NOT_FOUND), keeps(), questions(asked), asks("/robots.txt", 0, 0))
    return named(name, does, "says that it is not found, after one question a crawl", answer, *checks)


def turns(
    name: str,
    does: str,
    routes: Callable[[Host, str], Mapping[str, Route]],
    *checks: Check,
    asked: int = 3,
    **keys: Any,
) -> Behaviour:
    """An outlet whose name turns to the canary after the first question of each crawl; `routes` get its address by name."""
    return Behaviour(
        name,
        "Names",
        f"{does}, and its name turns to the operator's network as soon as it was asked",
        "asks once a crawl and connects to nothing but that answer",
        lambda host: routes(host, f"http://{name}.test:{host.port}"),
        (*checks, questions(asked)),
        names=lambda host: {f"{name}.test": turning(host)},
        **keys,
    )


def canary_too(after: Aftermath) -> list[str]:
    """Any question at all means that the redirect was seen."""
    return [] if after.questions else ["the name was never asked for: this proves nothing"]


def index(there: str) -> Reply:
    """A sitemap index with eight children."""
    children = "".join(f"<sitemap><loc>{there}/map{n}.xml</loc></sitemap>" for n in range(8))
    return Reply(f"<sitemapindex>{children}</sitemapindex>".encode())


def child(host: Host) -> Callable[[Asked], Reply]:
    """A sitemap of one article, named after the request."""
    return lambda asked: Reply(f"<urlset><url><loc>{host.url('/from' + asked.path)}</loc></url></urlset>".encode())


def race(host: Host, there: str) -> Mapping[str, Route]:
    return {"/index.xml": index(there)} | {f"/map{n}.xml": child(host) for n in range(8)}


def article(number: str, title: str) -> Reply:
    text = "".join(f"<p>Paragraph {n} of {title} tells at some length what happened there.</p>" for n in range(9))
    html = f"<!doctype html><title>{title}</title><article><h1>{title} {number}</h1>{text}</article>"
    return Reply(html.encode(), headers=HTML)


def pages(_: Host, there: str) -> Mapping[str, Route]:
    return {FEED: Reply(rss(*ITEMS, link=there))} | {f"/news/{n}": article(n, title) for n, title in ITEMS}


def to(where: str) -> Callable[[Host, str], Mapping[str, Route]]:
    """A feed that redirects; {there} is the host by name."""

    def routes(host: Host, there: str) -> Mapping[str, Route]:
        location = where.format(there=there, upper=there.upper().replace("HTTP:", "http:"), canary=host.canary)
        return {FEED: Reply(status=302, headers={"Location": location}), "/real.xml": behaves(host)}

    return routes


async def slowly_away(host: Host, _: Asked) -> None:
    """Redirect to a name while every thread that could look one up may be waiting."""
    await asyncio.sleep(1.5)
    await host.send(Reply(status=302, headers={"Location": f"http://{host.name}.test:{host.port}/real.xml"}).wire())


def mute(host: Host) -> Mapping[str, Route]:
    """An index that names forty hosts."""
    children = "".join(f"<sitemap><loc>http://n{n}.{host.name}.test/map.xml</loc></sitemap>" for n in range(40))
    return {FEED: Reply(f"<sitemapindex>{children}</sitemapindex>".encode())}


HOSTNAMES: list[Behaviour] = [
    named(
        "name-plain",
        "is known by a name",
        "stores both",
        ["A {}"],
        works("First", "Second"),
        questions(3),
        asks(FEED, 3, 3),
    ),
    turns("rebind-feed", "has its feed by name", lambda host, _: {FEED: behaves(host)}, works("First", "Second"), url=URL),
    turns("rebind-redirect", "redirects to its name", to("{there}/real.xml"), works("First", "Second")),
    turns("rebind-upper", "redirects to its name in capitals", to("{upper}/real.xml"), works("First", "Second")),
    turns(
        "rebind-race",
        "names eight sitemaps by name at once",
        race,
        works(*[""] * 8),
        asks("/map0.xml", 3, 3),
        asks("/map7.xml", 3, 3),
        url="/index.xml",
        source={"kind": "sitemap"},
    ),
    turns(
        "rebind-pages",
        "has its articles by name",
        pages,
        works(*[title for _, title in ITEMS]),
        *(asks(f"/news/{n}", 1, 1) for n in (0, 7)),
        asked=1,  # the articles are read by then
        outlet=FULL,
    ),
    Behaviour(
        "rebind-later",
        "Names",
        "moves into the operator's network after its first crawl",
        "refuses it from then on",
        lambda host: {FEED: behaves(host)},
        (results("ok", "error", "error"), keeps("First", "Second"), asks(FEED, 1, 1), questions(3)),
        URL,
        names=lambda host: {f"{host.name}.test": lambda n: AWAY if n else [f"A {host.address}"]},
    ),
    Behaviour(
        "rebind-robots",
        "Names",
        "redirects robots.txt to a name in the operator's network",
        "takes it for a refusal",
        lambda host: {
            FEED: behaves(host),
            "/robots.txt": Reply(status=302, headers={"Location": f"http://cdn.{host.name}.test:{host.port}/robots.txt"}),
        },
        (fails("robots.txt could not be fetched: .*" + REFUSED), asks(FEED, 0, 0), questions(3)),
        names=lambda host: {f"cdn.{host.name}.test": AWAY},
    ),
    named("name-inside", "has a name for the operator's network", "refuses", AWAY, fails(REFUSED), questions(3)),
    named("name-private", "has a name for a private address", "refuses", ["A 10.0.0.1"], fails(REFUSED), questions(3)),
    named("name-zero", "has a name for 0.0.0.0", "refuses", ["A 0.0.0.0"], fails(REFUSED), questions(3)),
    named(
        "name-metadata",
        "has a name for a cloud's metadata",
        "refuses",
        ["A 169.254.169.254"],
        fails(REFUSED),
        questions(3),
    ),
    named(
        "name-mixed",
        "has a second, private address",
        "asks the first",
        ["A {}", *AWAY],
        works("First", "Second"),
        questions(3),
    ),
    named("name-mixed-first", "has a private address first", "refuses", [*AWAY, "A {}"], fails(REFUSED), questions(3)),
    named(
        "name-mixed-dead",
        "has an address where nobody is, then a private one",
        "fails and does not try the second",
        ["A 127.66.250.250", *AWAY],
        fails("refused"),
        questions(3),
    ),
    named(
        "name-six-too",
        "has an IPv6 address beside",
        "asks the IPv4 one",
        ["AAAA ::1", "A {}"],
        works("First", "Second"),
    ),
    named("name-six-away", "has a private IPv4 address beside IPv6", "refuses", ["AAAA ::1", *AWAY], fails(REFUSED)),
    lost("name-six-only", ["AAAA ::1"], "has an IPv6 address alone"),
    lost("name-six-mapped", [f"AAAA ::ffff:{CANARY}"], "has an IPv4-mapped address alone"),
    lost("name-gone", ["NXDOMAIN"], "does not exist"),
    lost("name-ill", ["SERVFAIL"], "has a broken name server"),
    lost("name-empty", [], "has no address"),
    lost("name-mute", ["SILENT"], "has a name server that never answers"),
    lost("name-loop", lambda _: ["CNAME name-loop.test"], "is its own canonical name", 24),
    named("name-slow", "has a name server that takes two seconds", "waits", ["SLOW 2", "A {}"], works("First", "Second")),
    Behaviour(
        "name-alias",
        "Names",
        "has a canonical name at home",
        "follows it",
        lambda host: {FEED: behaves(host)},
        (works("First", "Second"), questions(6)),
        URL,
        names=lambda host: {
            f"{host.name}.test": [f"CNAME cdn.{host.name}.test"],
            f"cdn.{host.name}.test": [f"A {host.address}"],
        },
    ),
    Behaviour(
        "name-alias-away",
        "Names",
        "has a canonical name in the operator's network",
        "refuses",
        lambda host: {FEED: behaves(host)},
        (fails(REFUSED), keeps(), questions(6)),
        URL,
        names=lambda host: {f"{host.name}.test": [f"CNAME in.{host.name}.test"], f"in.{host.name}.test": AWAY},
    ),
    Behaviour(
        "name-idn",
        "Names",
        "has a name with letters beyond ASCII",
        "asks for its ASCII form",
        lambda host: {FEED: behaves(host)},
        (works("First", "Second"), questions(3)),
        "http://bücher.{name}.test:{port}/feed.xml",
        names=lambda host: {f"xn--bcher-kva.{host.name}.test": [f"A {host.address}"]},
    ),
    Behaviour(
        "name-vault-page",
        "Names",
        "has articles at a name in a network permitted to others",
        "keeps the headlines and does not go there",
        lambda host: {FEED: Reply(rss(*ITEMS, link=f"http://cdn.{host.name}.test:{host.port}"))},
        (works(*[title for _, title in ITEMS]), canary_too, questions(3)),
        outlet=FULL,
        names=lambda host: {f"cdn.{host.name}.test": [f"A {VAULT}"]},
    ),
    Behaviour(
        "name-mute-pages",
        "Names",
        "has articles at a name that is never answered",
        "asks for it once a crawl, not once an article",
        lambda host: {FEED: Reply(rss(*ITEMS, link=f"http://cdn.{host.name}.test"))},
        (works(*[title for _, title in ITEMS]), questions(3)),
        outlet=FULL,
        names=lambda host: {f"cdn.{host.name}.test": ["SILENT"]},
    ),
    Behaviour(
        "name-mute-many",
        "Names",
        "names forty sitemaps at names that are never answered",
        "costs nobody else a name (name-late is asked for meanwhile)",
        mute,
        (fails(NOT_FOUND), keeps(), questions(120)),
        source={"kind": "sitemap"},
        names=lambda host: {f"n{n}.{host.name}.test": ["SILENT"] for n in range(40)},
    ),
    Behaviour(
        "name-late",
        "Names",
        "redirects to its name while others keep the name server busy",
        "finds it all the same",
        lambda host: {FEED: slowly_away, "/real.xml": behaves(host)},
        (works("First", "Second"), questions(3)),
    ),
]

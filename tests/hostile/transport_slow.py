"""Nothing in; outlets that take their time, and robots.txt files that cost a crawl more than they should, out."""

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
    holds,
    keeps,
    results,
    works,
)
from tests.hostile.server import Host, Reply
from tests.hostile.transport import LATE, NOTHING, OK, ROBOTS, feed, lazily, prompt, says, wire
from tests.loopback import rss

ALLOWED = b"User-agent: *\nDisallow:\n"
Routes = Callable[[Host], Mapping[str, Route]]


def slow(name: str, does: str, answer: Route, **keys: Any) -> Behaviour:
    """An outlet whose feed never ends."""
    checks = (fails(LATE), NOTHING, asks(FEED, 3, 3))
    return wire(name, does, "gives it 12 seconds and says so", answer, *checks, threat="Delays", **keys)


def timely(name: str, does: str, routes: Routes, *checks: Check, **keys: Any) -> Behaviour:
    """An outlet whose answers take longer than 12 seconds together."""
    correct = "gives each document 12 seconds in all, robots.txt and redirects included"
    return Behaviour(name, "Delays", does, correct, routes, (prompt(), *checks), **keys)


def moves(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def hops(host: Host) -> dict[str, Route]:
    """Five hops of five seconds, and a feed."""
    found: dict[str, Route] = {f"/hop{n}": says(5.0, moves(f"/hop{n + 1}")) for n in range(1, 5)}
    return found | {FEED: says(5.0, moves("/hop1")), "/hop5": Reply(feed("Too late"))}


def elsewhere(host: Host) -> dict[str, Route]:
    """A redirect after five seconds to another name of the host, whose robots.txt hangs."""
    at = f"http://b.{host.name}.test:{host.port}/moved"

    async def robots(asked_at: Host, asked: Any) -> None:
        await says(*((30.0,) if asked.headers["host"].startswith("b.") else (Reply(ALLOWED).wire(),)))(asked_at, asked)

    return {FEED: says(5.0, moves(at)), ROBOTS: robots, "/moved": Reply(feed("No"))}


DELAYS = [
    slow("trickle-head", "sends its header at a byte a second", says(again=b"H", every=1.0)),
    slow("trickle-body", "sends its body at a byte a second", says(OK + b"\r\n<rss>", again=b" ", every=1.0)),
    slow("hang-before", "takes the request and says nothing", says(30.0)),
    slow("hang-after", "says nothing after its header", says(OK + b"Content-Length: 500\r\n\r\n", 30.0)),
    timely("hop-by-hop", "redirects five times, five seconds each", hops, fails(LATE), NOTHING, asks("/hop3", 0, 0)),
    timely(
        "hop-trickle",
        "redirects with bodies that trickle for five seconds",
        lambda host: hops(host) | {FEED: says(moves("/hop1").replace(b"h: 0", b"h: 5"), again=b"a", every=1.0, times=5)},
        fails(LATE),
        NOTHING,
        asks("/hop3", 0, 0),
    ),
    timely(
        "robots-then-feed",
        "answers robots.txt after nine seconds and its feed after nine more",
        lambda _: {ROBOTS: says(9.0, Reply(ALLOWED).wire()), FEED: says(9.0, Reply(feed("Known rules")).wire())},
        results("error", "ok", "unchanged"),  # robots.txt is known from the second crawl on
        keeps("Known rules"),
        asks(ROBOTS, 1, 1),
    ),
    timely(
        "robots-hangs",
        "says nothing about robots.txt",
        lambda _: {ROBOTS: says(30.0), FEED: Reply(feed("No"))},
        fails(f"robots.txt could not be fetched: .*({LATE})"),
        asks(FEED, 0, 0),
    ),
    timely(
        "robots-elsewhere",
        "redirects after five seconds to a host whose robots.txt hangs",
        elsewhere,
        fails(f"robots.txt could not be fetched: .*({LATE})"),
        asks("/moved", 0, 0),
        url="http://{name}.test:{port}/feed.xml",
        names=lambda host: {f"b.{host.name}.test": [f"A {host.address}"]},
    ),
]


def rules(name: str, does: str, correct: str, robots: Route, *checks: Check) -> Behaviour:
    """An outlet with this robots.txt and a good feed at an address of 2,000 characters."""
    at = FEED + "?" + "a" * 2000
    routes: dict[str, Route] = {ROBOTS: robots, FEED: Reply(feed("Allowed"))}
    return Behaviour(name, "Parsers", does, correct, lambda _: routes, (prompt(), *checks), at)


def lines(*pieces: str) -> Route:
    return lazily(lambda: Reply("\n".join(pieces).encode()))


ALLOWS = (works("Allowed"), asks(ROBOTS, 1, 1))
FORBIDS = (fails("robots.txt of .* forbids"), NOTHING, asks_at_most(0, FEED))
MANY = [f"Disallow: /{n}/" for n in range(100_000)]
FAR = [(str(n), f"Far {n}") for n in range(60)]
LATER = ["User-agent: Tickerwire", "Disallow: /"]

RULES = [
    rules("robots-rules", "has 100,000 rules", "reads them once", lines("User-agent: *", *MANY), *ALLOWS),
    rules(
        "robots-agents",
        "names 12,000 crawlers and then 15,000 rules for all of them",
        "counts the crawlers that it is not as one",
        lines(*(f"User-agent: c{n}" for n in range(12_000)), "User-agent: tickerwire", *MANY[:15_000]),
        *ALLOWS,
    ),
    rules(
        "robots-agents-wild",
        "names 6,000 crawlers with wildcards, in every spelling, and then 15,000 rules",
        "counts the crawlers that it is not as one, and obeys what is said to all",
        lines(
            *(f"{word}*c{n}*" for n in range(2_000) for word in ("useragent:", "USER AGENT ", "User-Agent :")),
            "User-agent: * # all",
            *MANY[:15_000],
            "Disallow: /feed",
        ),
        *FORBIDS,
    ),
    rules(
        "robots-groups",
        "has 20,000 groups, ours among them",
        "obeys ours",
        lines(*(f"User-agent: c{n}\nAllow: /{n}" for n in range(15_000)), *LATER),
        *FORBIDS,
    ),
    rules(
        "robots-stars",
        "has 5,000 patterns that backtrack: /*a*a*a*a…b",
        "matches them in linear time",
        lines("User-agent: *", *("Disallow: /" + "*a" * 45 + f"b{n}$" for n in range(5_000))),
        *ALLOWS,
    ),
    Behaviour(
        "robots-needles",
        "Parsers",
        "has 13,000 patterns that search long, and 60 articles at addresses of 4,000 characters",
        "spends a second of CPU on it, then asks no further page",
        lambda host: {
            ROBOTS: lines("User-agent: *", *(f"Disallow: /*{'a' * 20}b{n}" for n in range(13_000))),
            FEED: Reply(rss(*FAR, link=host.url("")).replace(b"/news/", b"/news/" + b"a" * 4000)),
            "*": Reply(b"<p>A page.</p>", headers={"Content-Type": "text/html"}),
        },
        (holds(60), results("ok", "unchanged", "unchanged"), asks_at_most(40, "/news/")),
        outlet={"full_text": True},
    ),
    rules(
        "robots-late",
        "writes 2 MB of comments before the group for us",
        "reads the first 512 KiB, as RFC 9309 permits",
        lines("# " + "x" * 2_000_000, *LATER),
        *ALLOWS,
    ),
    rules(
        "robots-one-line",
        "has a rule of 400 KB",
        "matches nothing by it",
        lines("User-agent: *", "Disallow: /" + "%" * 400_000),
        *ALLOWS,
    ),
    rules(
        "robots-huge",
        "sends robots.txt without end",
        "hangs up after 10 MiB; without robots.txt nothing is fetched",
        says(OK + b"\r\nUser-agent: *\nAllow: /\n", again=b"#" * 65_536),
        fails("robots.txt could not be fetched: "),
        asks(FEED, 0, 0),
    ),
    rules(
        "robots-delay",
        "asks for delays that are no numbers",
        "waits for nothing",
        lines(
            "User-agent: *",
            "Crawl-delay: nan",
            "Crawl-delay: -1",
            "Crawl-delay: 1e999",
            "Request-rate: 1/9" + "9" * 5000,
        ),
        *ALLOWS,
    ),
    rules(
        "robots-binary",
        "sends 300 KB of NUL, controls and broken UTF-8 around a rule",
        "obeys the rule",
        Reply(b"\xef\xbb\xbf" + b"\0\xff\x1b\x85" * 75_000 + b"\nUser-agent: *\nDisallow: /\n"),
        *FORBIDS,
    ),
    rules(
        "robots-loop",
        "redirects robots.txt to itself",
        "follows five times; without robots.txt nothing is fetched",
        Reply(status=301, headers={"Location": ROBOTS}),
        fails("robots.txt could not be fetched"),
        asks(ROBOTS, 18, 18),
        asks(FEED, 0, 0),
    ),
    rules(
        "robots-html",
        "answers robots.txt with a page that sends rules as text",
        "finds no rules in it",
        Reply(b"<html><p>User-agent: *<br>Disallow: /</p></html>", headers={"Content-Type": "text/html"}),
        *ALLOWS,
    ),
    rules("robots-401", "guards robots.txt with a password", "takes it for none", Reply(status=401), *ALLOWS),
    rules(
        "robots-500",
        "fails at robots.txt",
        "fetches nothing",
        Reply(status=500),
        fails("answered 500"),
        asks(FEED, 0, 0),
    ),
]

TRANSPORT_SLOW: list[Behaviour] = [*DELAYS, *RULES]

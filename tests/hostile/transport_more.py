"""Nothing in; outlets that abuse what a crawler follows and remembers: redirects, validators, waits, what was good once, out."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.hostile.behaviour import (
    FEED,
    Aftermath,
    Behaviour,
    Check,
    Route,
    fails,
    keeps,
    results,
    works,
)
from tests.hostile.server import Asked, Host, Reply
from tests.hostile.transport import OK, ROBOTS, feed, prompt, says, wire

Routes = Callable[[Host], Mapping[str, Route]]


def each(test: Callable[[Asked], bool], what: str) -> Check:
    """Every request that the host got passes."""

    def check(after: Aftermath) -> Iterable[str]:
        yield from (f"{what}: {asked.path[:80]} with {asked.headers}" for asked in after.asked if not test(asked))

    return check


def lacks(*names: str) -> Check:
    return each(lambda asked: not set(names) & set(asked.headers), f"a request with one of {names}")


def sends(crawl: int, header: str, value: str | None) -> Check:
    """The feed's first request of that crawl carried the header with exactly this value, or (None) did not carry it."""

    def check(after: Aftermath) -> Iterable[str]:
        asked = next((one for one in after.asked if one.crawl == crawl and one.path == FEED), None)
        if asked is None or asked.headers.get(header) != value:
            yield f"crawl {crawl}: {header}: {asked and asked.headers.get(header)!r}, expected {value!r}"

    return check


def goes(*patterns: str) -> Check:
    """What each crawl came to, and why."""

    def check(after: Aftermath) -> Iterable[str]:
        for number, (result, pattern) in enumerate(zip(after.results, patterns, strict=True), 1):
            if not re.match(pattern, said := f"{result['result']} {result['error']}"):
                yield f"crawl {number}: {said!r}, expected {pattern!r}"

    return check


def hops(most: int) -> Check:
    """So many requests a crawl at the most, robots.txt left out."""

    def check(after: Aftermath) -> Iterable[str]:
        for crawl in (1, 2, 3):
            got = [asked.path[:60] for asked in after.asked if asked.crawl == crawl and asked.path != ROBOTS]
            if len(got) > most:
                yield f"crawl {crawl}: {len(got)} requests, at most {most} expected: {got[:8]}"

    return check


def due_within(most: timedelta, least: timedelta = timedelta(0)) -> Check:
    """When it is asked again, from now."""

    def check(after: Aftermath) -> Iterable[str]:
        wait = datetime.fromisoformat(after.status["next_due"]) - datetime.now(UTC)
        if not least <= wait <= most:
            yield f"asked again in {wait}, expected {least} to {most}"

    return check


def by_crawl(*replies: Reply) -> Route:
    return lambda asked: replies[asked.crawl - 1]


def raw(*headers: bytes, body: bytes = b"") -> Route:
    """A good answer with these bytes among its header lines."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return says(OK + lines + b"Content-Length: %d\r\n\r\n" % len(body) + body)


# --- redirects ----------------------------------------------------------------------------------------------------


def leads(name: str, does: str, reason: str, location: bytes, most: int = 1, status: int = 302, **keys: Any) -> Behaviour:
    """An outlet that sends everybody to `location`; {} stands for its own address."""

    def routes(host: Host) -> Mapping[str, Route]:
        to = location.replace(b"{}", host.url("").encode())
        answer = says(b"HTTP/1.1 %d Go\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, to))
        return {"*": answer, ROBOTS: Reply(b"User-agent: *\nDisallow:\n")}

    checks = (fails(reason), keeps(), hops(most), prompt(), lacks("referer", "cookie", "x-injected"))
    return Behaviour(name, "Redirects", does, "follows at most five times and says why not further", routes, checks, **keys)


def further(asked: Asked) -> Reply:
    return Reply(status=307, headers={"Location": asked.path + "x", "Set-Cookie": f"at={asked.path}; Path=/"})


REDIRECTS = [
    leads("redirect-self", "redirects to itself", "max redirections", b"/feed.xml", 6),
    leads("redirect-self-301", "redirects to itself for good", "max redirections", b"/feed.xml", 6, 301),
    Behaviour(
        "redirect-pair",
        "Redirects",
        "redirects there and back",
        "follows five times",
        lambda _: {
            FEED: Reply(status=302, headers={"Location": "/b", "Set-Cookie": "seen=1"}),
            "/b": Reply(status=302, headers={"Location": FEED}),
        },
        (fails("max redirections"), hops(6), lacks("cookie", "referer")),
    ),
    Behaviour(
        "redirect-on",
        "Redirects",
        "redirects to ever new addresses, with cookies",
        "follows five times",
        lambda _: {"*": further, ROBOTS: Reply(status=404)},
        (fails("max redirections"), hops(6), lacks("cookie", "referer")),
    ),
    leads("redirect-long", "redirects to an address of 100 KB", "", b"/" + b"a" * 100_000),
    leads("redirect-longish", "redirects to an address of 10 KB", "4096 characters", b"/" + b"a" * 10_000),
    leads(
        "redirect-split",
        "injects a header with a line break",
        "HTTP 404|max redirections",
        b"/x%0d%0aX-Injected: 1\r\nX-Injected: 2",
        6,
    ),
    leads("redirect-folded", "folds its Location", "HTTP 404|max redirections", b"/x\r\n\tX-Injected: 1", 6),
    leads("redirect-control", "redirects to control characters", "", b"/\x00\x1b[2J\x7f", 6),
    leads("redirect-umlaut", "redirects to bytes that are no UTF-8", "", b"/\xff\xfe\xe4", 6),
    leads("redirect-empty", "redirects to nothing", "max redirections", b"", 6),
    leads("redirect-script", "redirects to javascript:", "Missing scheme", b"javascript:alert(1)"),
    leads("hop-file", "redirects to a file", "HTTP 302", b"file:///etc/passwd"),
    leads("hop-data", "redirects to data:", "HTTP 302", b"data:text/xml,<rss/>"),
    leads("redirect-bracket", "redirects to a broken address", "", b"http://[::1/"),
    leads("redirect-port", "redirects to port 99999", "", b"http://127.0.0.1:99999/"),
    leads("redirect-300", "offers choices", "HTTP 300", b"/elsewhere", status=300),
    leads("redirect-305", "names a proxy", "HTTP 305", b"/elsewhere", status=305),
    leads("redirect-201", "has created something", "HTTP 201", b"/elsewhere", status=201),
    wire(
        "redirect-nowhere",
        "redirects without a Location",
        "says so",
        Reply(status=302),
        fails("HTTP 302"),
        hops(1),
        threat="Redirects",
    ),
    wire(
        "unasked-304",
        "says that nothing has changed since never",
        "says so",
        Reply(status=304),
        fails("without validators"),
        keeps(),
        threat="Headers",
    ),
    wire(
        "refresh-header",
        "asks to be asked again by a header and a page",
        "does not",
        Reply(b"<meta http-equiv=refresh content=0>", headers={"Refresh": "0; url=/more", "Content-Type": "text/html"}),
        fails(),
        hops(1),
        threat="Redirects",
    ),
    wire(
        "links",
        "names other documents in Link headers",
        "asks for none",
        Reply(
            feed("Plain"),
            headers={
                "Link": "</a>; rel=preload, </b>; rel=next",
                "Content-Location": "/c",
                "Alt-Svc": 'h2="127.77.0.1:80"',
            },
        ),
        works("Plain"),
        hops(1),
        threat="Redirects",
    ),
]

# --- validators, caches and waits -----------------------------------------------------------------------------------

ECHO = Reply(feed("One"), headers={"ETag": 'W/"a!#~\xe9"', "Last-Modified": "Sat, 21 Nov 2026 10:00:00 GMT"})


def tagged(name: str, does: str, line: bytes, etag: str | None = None, date: str | None = None) -> Behaviour:
    """An outlet with this header line; what the second request is expected to echo."""
    checks = (works("One"), lacks("x-injected"), sends(2, "if-none-match", etag), sends(2, "if-modified-since", date))
    correct = "echoes it byte for byte" if etag or date else "does not echo it"
    return wire(name, does, correct, raw(line, body=feed("One")), *checks, threat="Headers")


def asking(name: str, does: str, headers: dict[str, str], *checks: Check, status: int = 200) -> Behaviour:
    """An outlet that says when to come back."""
    told = works("One") if status == 200 else fails(f"HTTP {status}")
    answer = Reply(feed("One"), status, headers)
    return wire(name, does, "takes what makes sense and comes back", answer, told, *checks, threat="Dates")


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
USUAL = due_within(1.1 * DAY)

VALIDATORS = [
    tagged("etag-good", "has odd but valid validators", b'ETag: W/"a!#~\xe9\xff"', 'W/"a!#~\xe9\xff"'),
    tagged("etag-folded", "folds a header into its ETag", b'ETag: "a\r\n X-Injected: 1"'),
    tagged("etag-split", "ends its ETag with a bare carriage return", b'ETag: "a\rX-Injected: 1"'),
    tagged("etag-control", "puts controls into its ETag", b'ETag: "a\x00\x1b\x7f"'),
    tagged("etag-long", "has an ETag of 10 KB", b'ETag: "' + b"a" * 10_000 + b'"'),
    tagged("etag-bare", "has an ETag without quotes", b"ETag: abc, def"),
    tagged("etag-many", "has two tags in one", b'ETag: "a", "b"'),
    tagged("etag-star", "has the ETag *", b"ETag: *"),
    tagged("modified-odd", "has a date that is none", b"Last-Modified: yesterday; X-Injected=1"),
    tagged(
        "modified-folded",
        "folds a header into its date",
        b"Last-Modified: Sat, 21 Nov 2026\r\n X-In: 1",
        date="Sat, 21 Nov 2026 X-In: 1",
    ),
    tagged("modified-long", "has a date of 10 KB", b"Last-Modified: " + b"1" * 10_000),
    wire(
        "etag-liar",
        "keeps its ETag while its feed changes",
        "stores the new article",
        by_crawl(
            *(
                Reply(feed("Old", "New")[:end] + b"</channel></rss>" * bool(end), headers={"ETag": '"same"'})
                for end in (312, None, None)
            )
        ),
        works("Old", "New"),
        sends(2, "if-none-match", '"same"'),
        threat="Reliability",
    ),
    wire(
        "etag-new",
        "has a new ETag each time",
        "knows the same bytes by their hash",
        lambda asked: Reply(feed("One"), headers={"ETag": f'"{asked.at}"'}),
        results("ok", "unchanged", "unchanged"),
        keeps("One"),
        threat="Reliability",
    ),
    wire(
        "body-304",
        "answers 304 with a body",
        "takes no byte of it",
        by_crawl(Reply(feed("One"), headers={"ETag": '"1"'}), *[Reply(feed("Other"), 304)] * 2),
        results("ok", "unchanged", "unchanged"),
        keeps("One"),
        threat="Reliability",
    ),
    wire(
        "tag-304",
        "poisons the validators in a 304",
        "keeps only valid ones",
        by_crawl(ECHO, Reply(status=304, headers={"ETag": "evil, *", "Last-Modified": "x" * 99}), ECHO),
        works("One"),
        sends(2, "if-none-match", 'W/"a!#~\xe9"'),
        sends(3, "if-none-match", None),
        threat="Headers",
    ),
    asking(
        "retry-huge",
        "asks to be left alone for 10^30 seconds",
        {"Retry-After": "1" + "0" * 30},
        due_within(32 * DAY, 29 * DAY),
        status=503,
    ),
    asking("retry-digits", "asks so with 10,000 digits", {"Retry-After": "9" * 10_000}, due_within(32 * DAY), status=429),
    asking(
        "retry-9999",
        "asks to be left alone until 9999",
        {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"},
        due_within(32 * DAY, 29 * DAY),
        status=503,
    ),
    asking("retry-negative", "asks to be asked 5 seconds ago", {"Retry-After": "-5"}, USUAL, status=503),
    asking("retry-script", "asks in superscript digits", {"Retry-After": "\xb2\xb3"}, USUAL, status=503),
    asking("age-huge", "is fresh for 10^12 seconds", {"Cache-Control": "max-age=1000000000000"}, USUAL),
    asking(
        "age-negative",
        "has been fresh for long",
        {"Cache-Control": "max-age=-1, s-maxage=x", "Age": "-99999999999"},
        USUAL,
    ),
    asking(
        "age-odd",
        "says max-age in every way",
        {"Cache-Control": 'max-age="99999999999999", MAX-AGE = 1e9, no-store'},
        USUAL,
    ),
    asking("expires-odd", "expires on the 99th", {"Expires": "Fri, 99 Dec 99999 99:99:99 +9999"}, USUAL),
    asking("expires-zone", "expires in an impossible zone", {"Expires": "Fri, 31 Dec 9999 23:59:59 -2359"}, USUAL),
    asking("date-odd", "has a Date of the year 0", {"Date": "Mon, 00 Jan 0000 00:00:00 GMT", "Age": "1" * 5000}, USUAL),
]

# --- flapping: good once, then not ----------------------------------------------------------------------------------

GOOD = Reply(feed("Here", "To stay"))


def flaps(name: str, does: str, second: Reply, third: Reply, *patterns: str) -> Behaviour:
    """An outlet that is good in its first crawl only; what the second and third come to."""
    checks = (goes("ok", *patterns), keeps("Here", "To stay"))
    return wire(
        name,
        does,
        "keeps its articles and says what was wrong",
        by_crawl(GOOD, second, third),
        *checks,
        threat="Reliability",
    )


HTML = {"Content-Type": "text/html"}
FLAPS = [
    flaps("flap-empty", "is empty, then good", Reply(), GOOD, "error .*empty", "unchanged"),
    flaps("flap-blank", "sends blanks, then NULs", Reply(b" " * 5000), Reply(b"\0" * 5000), "error", "error"),
    flaps(
        "flap-html",
        "sends an error page as 200",
        Reply(b"<html><h1>Down</h1></html>", 200, HTML),
        GOOD,
        "error .*HTML",
        "unchanged",
    ),
    flaps(
        "flap-gone",
        "is not found, then gone",
        Reply(status=404),
        Reply(status=410),
        "error .*HTTP 404",
        "error .*HTTP 410",
    ),
    flaps(
        "flap-500",
        "fails, then asks for money",
        Reply(status=500),
        Reply(status=402),
        "error .*HTTP 500",
        "error .*HTTP 402",
    ),
    flaps(
        "flap-no-body",
        "answers 204, then 205",
        Reply(status=204),
        Reply(status=205),
        "error .*HTTP 204",
        "error .*HTTP 205",
    ),
    flaps("flap-wiped", "lists nothing any more", Reply(feed()), Reply(feed()), "ok", "unchanged"),
    flaps(
        "flap-half",
        "breaks off, its length unsaid",
        Reply(GOOD.body[:430], headers={"Content-Length": "9999"}),
        GOOD,
        "error .*broke off",
        "unchanged",
    ),
    flaps(
        "flap-type",
        "calls its feed a picture, then a film",
        Reply(GOOD.body + b" ", headers={"Content-Type": "image/png"}),
        Reply(GOOD.body + b"  ", headers={"Content-Type": "video/mp4; charset=klingon"}),
        "ok",
        "ok",
    ),
]

TRANSPORT_MORE: list[Behaviour] = [*REDIRECTS, *VALIDATORS, *FLAPS]

"""Nothing in; outlets that abuse HTTP itself: bombs, endless bodies, broken framing, out."""

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import brotli
from backports import zstd

from tests.hostile.behaviour import FEED, Aftermath, Behaviour, Check, Route, asks, fails, keeps, works
from tests.hostile.server import Asked, Host, Reply
from tests.loopback import rss

MIB = 1 << 20
# Whichever limit is reached first.
LARGE = "larger than 10 MiB|exceeded DOWNLOAD_MAXSIZE|no answer within the time limit"
LATE = "no answer within the time limit|took longer than"
PIECES = "compressed|no answer within the time limit"
ROBOTS = "/robots.txt"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Content-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
Wire = Callable[[Host, Asked], Any]


def feed(*titles: str) -> bytes:
    """A good feed with these titles."""
    return rss(*((str(n), title) for n, title in enumerate(titles)))


def says(*parts: bytes | float, again: bytes = b"", every: float = 0.0, times: int = 1 << 30) -> Wire:
    """Raw bytes and pauses (seconds) in order, then `again` so often; and the end of the connection."""

    async def answer(host: Host, asked: Asked) -> None:
        for part in parts:
            await (host.send(part) if isinstance(part, bytes) else asyncio.sleep(part))
        for _ in range(times if again else 0):
            await host.send(again)
            await asyncio.sleep(every)

    return answer


def lazily(make: Callable[[], Reply]) -> Callable[[Asked], Reply]:
    """A reply that is made when it is asked for, once."""
    made = cache(make)
    return lambda _: made()


def prompt(seconds: float = 14.0) -> Check:
    """Each crawl's outcome was there so soon after the outlet's first request of that crawl; a busy machine gets three times that."""

    def check(after: Aftermath) -> Iterable[str]:
        for number, ended in enumerate(after.ended, 1):
            began = min((asked.at for asked in after.asked if asked.crawl == number), default=ended)
            if ended - began > 3 * seconds:
                yield f"crawl {number}: {ended - began:.1f} s until the outcome, at most {seconds} expected"

    return check


# --- bombs: a few kilobytes that become a gibibyte ----------------------------------------------------------------


def packed(coding: str, make: Callable[[], bytes]) -> Callable[[Asked], Reply]:
    return lazily(lambda: Reply(make(), headers={"Content-Encoding": coding, "Content-Type": "text/xml"}))


@cache
def deflated() -> bytes:
    """A gibibyte of zeros as raw deflate: one piece after a full flush, again and again."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = press.compress(bytes(10 * MIB)) + press.flush(zlib.Z_FULL_FLUSH)
    return piece * 102 + b"\x03\x00"


@cache
def gzipped() -> bytes:
    return gzip.compress(b"")[:10] + deflated() + bytes(8)


def brotlied() -> bytes:
    press = brotli.Compressor(quality=1)
    return b"".join(press.process(bytes(MIB)) for _ in range(256)) + bytes(press.finish())


def zstandard() -> bytes:
    press = zstd.ZstdCompressor()
    return b"".join(press.compress(bytes(10 * MIB)) for _ in range(102)) + press.flush()


def nested() -> bytes:
    """2 MiB, stored uncompressed in gzip 40 times over."""
    body = bytes(2 * MIB)
    for _ in range(40):
        body = gzip.compress(body, 0)
    return body


def bomb(name: str, does: str, coding: str, make: Callable[[], bytes], reason: str = LARGE) -> Behaviour:
    checks = (fails(reason), keeps(), asks(FEED, 3, 3), prompt(6))
    correct = "stops unpacking after 10 MiB and says so"
    return Behaviour(name, "Sizes", does, correct, lambda _: {FEED: packed(coding, make)}, checks)


BOMBS = [
    bomb("bomb-gzip", "sends a gibibyte of zeros as 1 MiB of gzip", "gzip", gzipped),
    bomb("bomb-x-gzip", "does so under gzip's old name", "x-gzip", gzipped),
    bomb("bomb-zlib", "does so as zlib", "deflate", lambda: b"\x78\x9c" + deflated()),
    bomb("bomb-deflate", "does so as raw deflate", "deflate", deflated),
    bomb("bomb-brotli", "does so as Brotli", "br", brotlied),
    bomb("bomb-zstd", "does so as Zstandard", "zstd", zstandard),
    bomb("bomb-twice", "packs the bomb into gzip again", "gzip, gzip", lambda: gzip.compress(gzipped()), PIECES),
    bomb("bomb-mixed", "packs the bomb into Brotli", "gzip, br", lambda: brotli.compress(gzipped(), quality=1), PIECES),
    bomb("bomb-layers", "packs its feed 40 times over", ", ".join(["gzip"] * 40), nested, PIECES),
    bomb("bomb-members", "sends 100,000 empty gzip members", "gzip", lambda: gzip.compress(b"") * 100_000, PIECES),
    bomb("bomb-frames", "sends 200,000 empty Zstandard frames", "zstd", lambda: zstd.compress(b"") * 200_000, PIECES),
    bomb("bomb-skipped", "sends 250,000 frames to skip", "zstd", lambda: b"P*M\x18\0\0\0\0" * 250_000, PIECES),
    Behaviour(
        "bomb-robots",
        "Sizes",
        "sends the bomb as robots.txt",
        "asks nothing further of it",
        lambda _: {ROBOTS: packed("gzip", gzipped), FEED: Reply(feed("One"))},
        (fails(f"robots.txt could not be fetched.*({LARGE})"), keeps(), asks(FEED, 0, 0), asks(ROBOTS, 3, 3)),
    ),
    Behaviour(
        "bomb-page",
        "Sizes",
        "sends the bomb as its article's page",
        "keeps the article from the feed and says nothing worse of the outlet",
        lambda host: {
            FEED: Reply(rss(("1", "Kept"), link=host.url(""))),
            "/news/1": packed("gzip", gzipped),
        },
        (works("Kept"), asks("/news/1", 1, 3)),
        outlet={"full_text": True},
    ),
    Behaviour(
        "bomb-sitemap",
        "Sizes",
        "sends the bomb as a packed sitemap without saying so in a header",
        "unpacks 50 MiB of it where memory is bounded, and finds nothing there",
        lambda _: {"/sitemap.xml.gz": lazily(lambda: Reply(gzipped()))},
        (fails("empty document"), keeps()),
        "/sitemap.xml.gz",
        source={"kind": "sitemap"},
    ),
]

# --- sizes and framing: what Content-Length says, and what comes ---------------------------------------------------


def wire(name: str, does: str, correct: str, answer: Route, *checks: Check, threat: str = "Sizes", **keys: Any) -> Behaviour:
    """An outlet whose feed is answered so."""
    return Behaviour(name, threat, does, correct, lambda _: {FEED: answer}, (*checks, prompt()), **keys)


def length(value: str, body: bytes) -> Wire:
    return says(OK + f"Content-Length: {value}\r\n\r\n".encode() + body)


NOTHING = keeps()
BLOCK = b"x" * 65_536
HEADERS = b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100_000))
STOP = "hangs up and says why"
SEALED: dict[str, Any] = {
    "url": "https://header-flood-sealed.tls.test:{port}/feed.xml",
    "certificate": "good",
    "names": lambda host: {"header-flood-sealed.tls.test": [f"A {host.address}"]},
}

FRAMING = [
    wire(
        "endless-chunks",
        "sends chunks without end",
        STOP,
        says(CHUNKED, again=b"10000\r\n" + BLOCK + b"\r\n"),
        fails(LARGE),
        NOTHING,
    ),
    wire(
        "endless-close",
        "sends a body without a length or an end",
        STOP,
        says(OK + b"\r\n", again=BLOCK),
        fails(LARGE),
        NOTHING,
    ),
    wire(
        "endless-length",
        "announces a terabyte",
        STOP,
        says(OK + b"Content-Length: 1000000000000\r\n\r\n", again=BLOCK, every=0.1),
        fails(LARGE),
        NOTHING,
    ),
    wire(
        "just-over",
        "sends a feed of one byte more than 10 MiB",
        STOP,
        lazily(lambda: Reply(feed("Big").ljust(10 * MIB + 1))),
        fails(LARGE),
        NOTHING,
    ),
    wire(
        "tiny-chunks",
        "sends its feed in chunks of one byte",
        "reads it",
        says(CHUNKED + b"".join(b"1\r\n%c\r\n" % b for b in feed("Crumbs")) + b"0\r\n\r\n"),
        works("Crumbs"),
        threat="Reliability",
    ),
    wire(
        "chunk-huge",
        "sends a chunk of 2^64 bytes",
        STOP,
        says(CHUNKED + b"ffffffffffffffff\r\n" + feed("No")),
        fails("broke off|failed"),
        NOTHING,
    ),
    wire(
        "chunk-negative",
        "sends a chunk of -1 bytes",
        STOP,
        says(CHUNKED + b"-1\r\n" + feed("No")),
        fails("broke off|failed"),
        NOTHING,
    ),
    wire(
        "length-short",
        "announces fewer bytes than it sends: the length of one article and a half",
        "takes what was announced, and the whole article in it",
        length("430", feed("Whole", "Half", "Beyond")),
        works("Whole"),
        threat="Reliability",
    ),
    wire(
        "length-long",
        "announces more bytes than it sends",
        "stores nothing of half a document",
        length("90000", feed("No")),
        fails("broke off"),
        NOTHING,
        threat="Reliability",
    ),
    wire("length-negative", "announces -5 bytes", STOP, length("-5", feed("No")), fails("failed"), NOTHING),
    wire(
        "length-two",
        "announces two lengths",
        STOP,
        length("5\r\nContent-Length: 500", feed("No")),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "length-word",
        "announces a length of 1e3 bytes",
        STOP,
        length("1e3", feed("No")),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "half-packed",
        "breaks off in the middle of gzip",
        "stores nothing of half a document",
        length("70000\r\nContent-Encoding: gzip", gzip.compress(feed("No"))[:150]),
        fails("broke off"),
        NOTHING,
        threat="Reliability",
    ),
    wire(
        "header-huge",
        "sends a header of 1 MB",
        STOP,
        says(OK + b"X-Long: " + b"a" * 10**6 + b"\r\n\r\n" + feed("No")),
        fails("failed|longer than 64 KiB"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "header-many",
        "sends 100,000 headers",
        STOP,
        says(OK + HEADERS + b"\r\n" + feed("No")),
        fails("longer than 64 KiB"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "header-endless",
        "sends headers without end",
        STOP,
        says(OK, again=HEADERS[: MIB // 4], every=0.5),
        fails("longer than 64 KiB"),
        NOTHING,
        threat="Headers",
    ),
    *(
        wire(
            *(name, does, STOP, says(OK, again=HEADERS[: MIB // 4], every=0), fails("longer than 64 KiB"), NOTHING),
            threat="Headers",
            **more,
        )
        for name, does, more in (
            ("header-flood", "sends headers without end as fast as it can", {}),
            ("header-flood-sealed", "does the same over TLS", SEALED),
        )
    ),
    wire(
        "header-unended",
        "ends in the middle of its headers",
        STOP,
        says(OK + b"Content-Type: text/xml\r\nX-Half"),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "header-folded",
        "folds a line without end into one header",
        STOP,
        says(OK + b"X-Fold: a\r\n", again=b" b\r\n" * 5_000, every=0.2),
        fails("longer than 64 KiB"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "status-garbage",
        "answers in another language",
        STOP,
        says(b"EHLO \x00\xff\x1b[31m mail\r\n\r\n" + feed("No")),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "status-word",
        "answers with the status OK",
        STOP,
        says(b"HTTP/1.1 OK fine\r\n\r\n" + feed("No")),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "status-none",
        "answers by HTTP/0.9: no status line",
        STOP,
        says(feed("No")),
        fails("failed"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "status-999",
        "answers with status 999",
        "says so",
        Reply(feed("No"), 999),
        fails("answered HTTP 999"),
        NOTHING,
        threat="Headers",
    ),
    wire(
        "status-206",
        "answers with a part of it",
        "stores no part",
        Reply(feed("No"), 206, {"Content-Range": "bytes 0-9/999"}),
        fails("answered HTTP 206"),
        NOTHING,
        threat="Reliability",
    ),
    wire(
        "continues",
        "says Continue 1,000 times first",
        "waits for what follows",
        says(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000 + Reply(feed("After")).wire()),
        works("After"),
        threat="Headers",
    ),
    wire(
        "continues-on",
        "says Early Hints without end",
        STOP,
        says(again=b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" * 100, every=0.1),
        fails("longer than 64 KiB"),
        NOTHING,
        threat="Delays",
    ),
    wire("reset", "resets the connection", "says so", says(), fails("failed|broke off"), NOTHING, threat="Reliability"),
]

TRANSPORT: list[Behaviour] = [*BOMBS, *FRAMING]

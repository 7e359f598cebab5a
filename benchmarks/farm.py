"""A number of outlets in; as many feeds served from loopback addresses, each with an address of its own, out.

Outlet n answers at 127.10.B.C (B = n // 256, C = n % 256), one port for all. A feed lists 30 items of about 1.7 kB as a news site's do;
publishing gives every outlet so many new ones. ETag and If-None-Match are honoured, connections are kept. The farm is far cheaper
than any client: bodies are made once for a generation and an outlet.
"""

import asyncio
import contextlib
import gzip
import multiprocessing
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from multiprocessing.connection import Connection

ITEMS = 30
WORDS = (
    "harbour council ferry budget minister school police court strike bridge museum river election hospital union station market coast "
    "weather island mayor report quarter season festival airport inquiry farmers parliament energy housing drought vaccine orchestra"
).split()
STARTED = datetime.now(UTC) - timedelta(hours=1)


def words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))


@lru_cache(maxsize=200_000)
def item(outlet: int, number: int) -> str:
    """One item of a WordPress kind: title, link, guid, author, date, two categories, an excerpt and four paragraphs."""
    chance = random.Random(outlet * 1_000_003 + number)
    date = STARTED + timedelta(seconds=number)
    url = f"http://127.10.{outlet // 256}.{outlet % 256}/news/{number}/{'-'.join(chance.choices(WORDS, k=5))}"
    body = "".join(f"<p>{words(chance, 40).capitalize()}.</p>" for _ in range(4))
    return (
        f"<item><title>{words(chance, 8).capitalize()} {number}</title><link>{url}</link><guid isPermaLink='true'>{url}</guid>"
        f"<dc:creator>Ann {chance.choice(WORDS).capitalize()}</dc:creator><pubDate>{date:%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<category>{chance.choice(WORDS)}</category><category>{chance.choice(WORDS)}</category>"
        f"<description><![CDATA[<p>{words(chance, 35)} &#8230;</p>]]></description>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
    )


def feed(outlet: int, newest: int) -> bytes:
    """The outlet's RSS with the items up to `newest`, packed."""
    items = "".join(item(outlet, number) for number in range(newest, newest - ITEMS, -1))
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    head += f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Outlet {outlet}</title>'
    head += f"<link>http://127.10.{outlet // 256}.{outlet % 256}/</link><description>News</description><language>en</language>"
    return gzip.compress(f"{head}{items}</channel></rss>".encode(), 6)


@dataclass
class State:
    """What the farm serves now; times in seconds."""

    newest: int = ITEMS
    latency: float = 0.0
    slow: int = 0  # every so many-th outlet takes 5 s
    asked: int = 0
    sent: int = 0  # bytes of bodies
    made: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def answer(self, outlet: int, path: bytes, tag: bytes) -> bytes:
        if path != b"/feed.xml":
            return b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n\r\nUser-agent: *\nDisallow:\n\n"
        self.asked += 1
        now = b'"%d"' % self.newest
        if tag == now:
            return b"HTTP/1.1 304 Not Modified\r\nETag: %s\r\n\r\n" % now
        body = self.made.get((outlet, self.newest)) or feed(outlet, self.newest)
        self.made[outlet, self.newest] = body
        self.sent += len(body)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\n"
        return head + b"ETag: %s\r\nContent-Length: %d\r\n\r\n" % (now, len(body)) + body


class Outlet(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: State) -> None:
        self.state, self.buffer = state, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        _, _, high, low = transport.get_extra_info("sockname")[0].split(".")
        self.outlet = int(high) * 256 + int(low)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            first, *lines = head.split(b"\r\n")
            tags = [line[15:].strip() for line in lines if line[:14].lower() == b"if-none-match:"]
            said = self.state.answer(self.outlet, first.split(b" ")[1], tags[0] if tags else b"")
            slow = self.state.slow and self.outlet % self.state.slow == 0
            wait = 5.0 if slow else self.state.latency
            if wait:
                asyncio.get_running_loop().call_later(wait, self.transport.write, said)
            else:
                self.transport.write(said)


def serve(told: Connection) -> None:
    """The farm's process: takes dicts of what to change in its state, answers with (requests, body bytes) since the last."""
    state = State()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Outlet(state), "0.0.0.0", 0, backlog=4096)
        told.send(server.sockets[0].getsockname()[1])
        ended = asyncio.Event()

        def change() -> None:
            try:
                for name, value in told.recv().items():
                    setattr(state, name, value)
            except EOFError:
                loop.remove_reader(told.fileno())
                ended.set()
                return
            told.send((state.asked, state.sent))
            state.asked = state.sent = 0

        loop.add_reader(told.fileno(), change)
        await ended.wait()
        server.close()

    asyncio.run(run())


@dataclass(frozen=True)
class Farm:
    """A running farm."""

    port: int
    connection: Connection

    def set(self, **changes: float) -> tuple[int, int]:
        """Change what it serves; the feeds asked for and the bytes of bodies sent since the last change."""
        self.connection.send(changes)
        asked, sent = self.connection.recv()
        return int(asked), int(sent)

    def urls(self, outlets: int) -> list[str]:
        return [f"http://127.10.{n // 256}.{n % 256}:{self.port}/feed.xml" for n in range(outlets)]


@contextlib.contextmanager
def running() -> Iterator[Farm]:
    """A farm until the end of the block."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Farm(ours.recv(), ours)
    finally:
        ours.close()
        process.join(5)
        process.kill()

"""Routes by loopback address in; real, badly behaved HTTP servers, and everything they were asked, out."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any

from tests.loopback import rss

CANARY = "127.77.0.1"  # reachable, but no outlet may go there
VAULT = "127.88.0.1"  # in a network that the operator named, but not for any of these outlets
GOOD, ITEMS = 11, 10  # good outlets beside the others, and what each lists
ROBOTS = b"User-agent: *\nAllow: /\n"


@dataclass(frozen=True)
class Asked:
    """One request as it arrived: header names in lower case, `at` by the monotonic clock, `crawl` counts from 1."""

    host: str
    path: str
    headers: dict[str, str]
    crawl: int
    at: float


@dataclass(frozen=True)
class Reply:
    """An ordinary answer; Content-Length is set unless given."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        headers = {"Content-Length": str(len(self.body)), "Connection": "close"} | dict(self.headers)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} X\r\n{head}\r\n".encode("latin-1") + self.body


@dataclass
class Host:
    """One address of the farm: what it is called, where it and the canary are, and the socket while a request is answered."""

    name: str
    address: str
    port: int
    canary: str  # http://127.77.0.1:PORT: reachable, but no outlet may go there
    farm: "Farm"
    write: Callable[[bytes], Awaitable[None]] | None = None
    secret_path: str = ""  # a file on this machine that no document may bring out

    def url(self, path: str) -> str:
        return f"http://{self.address}:{self.port}{path}"

    async def send(self, data: bytes) -> None:
        """Write raw bytes; raises ConnectionError once the client has gone."""
        assert self.write is not None
        await self.write(data)


@dataclass
class Farm:
    """Running servers: one address per outlet, all on one port; `crawl` is the number of the crawl under way. With `alert`, a
    connection without a request is written down too."""

    port: int = 0
    alert: bool = False
    crawl: int = 1
    routes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    tls: dict[str, SSLContext] = field(default_factory=dict)  # by address

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # the last when the farm closes
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        if self.alert:
            self.asked.append(Asked(address, "", {}, self.crawl, time.monotonic()))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if ":" in line)
        path = head[0].split(" ")[1]
        asked = Asked(address, path, {n.strip().lower(): v.strip() for n, _, v in pairs}, self.crawl, time.monotonic())
        self.asked.append(asked)
        routes = self.routes.get(address, {})
        route = routes.get(path, routes.get(path.partition("?")[0], routes.get("*", Reply(b"not here", 404))))
        if path == "/robots.txt" and path not in routes:
            route = Reply(ROBOTS)
        if isinstance(route, Reply):
            writer.write(route.wire())
        else:

            async def write(data: bytes) -> None:
                writer.write(data)
                await writer.drain()

            known = self.hosts[address]
            host = Host(known.name, address, self.port, known.canary, self, write)
            answer = route(host, asked) if asyncio.iscoroutinefunction(route) else route(asked)
            if isinstance(answer, Reply):
                writer.write(answer.wire())
            else:
                await answer
        await writer.drain()


def good_titles(number: int) -> list[str]:
    return [f"Good {number}.{item}" for item in range(ITEMS)]


def good_routes(host: Host, number: int) -> dict[str, Reply]:
    items = [(str(item), title) for item, title in enumerate(good_titles(number))]
    return {"/feed.xml": Reply(rss(*items, link=host.url("")))}


@contextlib.contextmanager
def serving(farm: Farm, addresses: list[str]) -> Iterator[Farm]:
    """Run the farm's servers in a thread; the port (a free one on the first address unless given) is the same on all."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> list[asyncio.Server]:
        started = []
        for address in addresses:
            tls = farm.tls.get(address)
            started.append(await asyncio.start_server(farm.serve, address, farm.port, limit=1 << 20, ssl=tls))
            farm.port = started[0].sockets[0].getsockname()[1]
        return started

    servers = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
    try:
        yield farm
    finally:

        async def stop() -> None:
            for server in servers:
                server.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()

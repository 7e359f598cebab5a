"""A request in; the same request bound to its outlet's proxy, headers and permitted addresses, or a refusal, out."""

import asyncio
import re
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.extensions import remaining
from crawler.guard import Address, Network, allowed, literal, public
from crawler.names import resolved
from crawler.run import Component
from tickerwire.config import Outlet

CODING = re.compile(rb"gzip|deflate|br|zstd", re.IGNORECASE)
PIECES = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x2a\x4d\x18")  # how members of gzip and frames of Zstandard begin
LONGEST = 4096  # characters of an address


class AddressRefused(IgnoreRequest):
    """The address is not public and the operator did not name it; no byte was sent."""


class OutletMiddleware(Component):
    """Runs first, for every request and every redirect hop, robots.txt and article pages included."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.permitted: dict[str, tuple[Network, ...]] = {}

    async def process_request(self, request: Request) -> None:
        outlet: Outlet = request.meta["outlet"]
        if urlsplit(request.url).scheme not in ("http", "https"):
            raise AddressRefused(f"{request.url}: only http and https are fetched")
        self._headers(request, outlet)
        request.meta["proxy"] = outlet.proxy or None  # never one of the environment: past it the guard could not see
        await self._guard(request, outlet)

    def _headers(self, request: Request, outlet: Outlet) -> None:
        """The outlet's own headers (often secrets) go to the origins its operator configured, never to a redirect's target."""
        origins = {origin(source.url) for source in outlet.sources} if outlet.headers else ()
        for name, value in outlet.headers.items():
            if origin(request.url) in origins:
                request.headers[name] = value
            else:
                request.headers.pop(name, None)

    async def _guard(self, request: Request, outlet: Outlet) -> None:
        """Refuse addresses that are not public. Names behind a proxy are resolved there; literal addresses are checked here."""
        host = urlsplit(request.url).hostname or ""
        if outlet.proxy and literal(host) is None:
            return
        address = literal(host) or literal(await resolved(host))
        if address is None or not (public(address) or allowed(address, await self._networks(outlet, host, address))):
            why = f"{host} is {address}, not a public address"
            raise AddressRefused(f"{why}; name its network in [crawl] allow_networks if it is yours")

    async def _networks(self, outlet: Outlet, host: str, address: Address) -> tuple[Network, ...]:
        """The operator's networks that hold one of this outlet's sources: an exception for one outlet is none for the others. `host` is
        known already; a source whose name is not found holds the others up in nothing."""
        if outlet.id not in self.permitted:
            networks = self.run.config.crawl.allow_networks
            hosts = {origin(source.url)[1] for source in outlet.sources} if networks else set()
            found = await asyncio.gather(*map(resolved, hosts - {host}), return_exceptions=True)
            addresses = {literal(one) for one in found if isinstance(one, str)} | ({address} if host in hosts else set())
            self.permitted[outlet.id] = tuple(one for one in networks if any(known in one for known in addresses if known))
        return self.permitted[outlet.id]


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL (RFC 6454), the host as it is asked for: in ASCII."""
    parts = urlsplit(Request(url).url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Redirects(RedirectMiddleware):
    """Scrapy's redirects without a Referer: where we came from is nobody's business. All hops have one time limit."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Without the base class's hook, which only looks for a Referer middleware to ask."""
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # no spider
        """Also refuses, before it is unpacked, what would hold up everybody: 10 MiB of empty pieces take 6 seconds."""
        codings = b",".join(response.headers.getlist("Content-Encoding"))
        if codings and (len(CODING.findall(codings)) > 1 or sum(map(response.body.count, PIECES)) > 1000):
            raise IgnoreRequest("compressed more than once, or in more than 1,000 pieces")
        if codings and response.body:
            # of no class that looks for text in packed bytes: it takes Scrapy 4 ms a feed
            response = Response(**{name: getattr(response, name) for name in Response.attributes} | {"request": request})
        found: Request | Response = super().process_response(request, response)
        if isinstance(found, Request):
            if len(found.url) > LONGEST:
                raise IgnoreRequest(f"redirected to an address of more than {LONGEST} characters")
            found.meta["download_timeout"] = remaining(request)
        return found

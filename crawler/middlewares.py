"""A request in; the same request bound to its outlet's proxy, headers and permitted addresses, or a refusal, out."""

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred

from crawler.guard import Network, allowed, literal
from crawler.run import run_of
from tickerwire.config import Outlet


class AddressRefused(IgnoreRequest):
    """The address is not public and the operator did not name it; no byte was sent."""


class OutletMiddleware:
    """Runs first, for every request and every redirect hop, robots.txt and article pages included."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.permitted: dict[str, tuple[Network, ...]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        outlet: Outlet = request.meta["outlet"]
        if urlsplit(request.url).scheme not in ("http", "https"):
            raise AddressRefused(f"{request.url}: only http and https are fetched")
        self._headers(request, outlet)
        if outlet.proxy:
            request.meta["proxy"] = outlet.proxy
        await self._guard(request, outlet)

    def _headers(self, request: Request, outlet: Outlet) -> None:
        """The outlet's own headers (often secrets) go to the origins its operator configured, never to a redirect's target."""
        origins = {origin(source.url) for source in outlet.sources}
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
        if address is None or not allowed(address, await self._networks(outlet)):
            raise AddressRefused(
                f"{host} is {address}, not a public address; name its network in [crawl] allow_networks if it is yours"
            )

    async def _networks(self, outlet: Outlet) -> tuple[Network, ...]:
        """The operator's networks that hold one of this outlet's sources: an exception for one outlet is none for the others."""
        if outlet.id not in self.permitted:
            networks = run_of(self.crawler).config.crawl.allow_networks
            hosts = {urlsplit(source.url).hostname or "" for source in outlet.sources} if networks else set()
            addresses = [literal(host) or literal(await resolved(host)) for host in hosts]
            self.permitted[outlet.id] = tuple(
                network
                for network in networks
                if any(address and address.version == network.version and address in network for address in addresses)
            )
        return self.permitted[outlet.id]


async def resolved(host: str) -> str:
    """The address the download handler will connect to: the reactor's resolver keeps its answer for the whole crawl
    (DNSCACHE_ENABLED), so what is checked is what is connected, whatever the name server says next."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it installs it; Scrapy has installed ours by now

    found: Deferred[str] = reactor.resolve(host)  # type: ignore[arg-type]  # Twisted's stub wants a sequence of integers
    return await maybe_deferred_to_future(found)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


class Redirects(RedirectMiddleware):
    """Scrapy's redirects without a Referer: where we came from is nobody's business."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Without the base class's hook, which only looks for a Referer middleware to ask."""
        middleware = cls(crawler.settings)
        middleware.crawler = crawler
        return middleware

    def handle_referer(self, request: Request, response: Response) -> None:  # noqa: ARG002  # Scrapy's signature
        request.headers.pop("Referer", None)

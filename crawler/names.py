"""A host name in; the one address that a crawl knows it by out."""

import asyncio
from collections.abc import Sequence
from typing import Any

from scrapy.resolver import CachingThreadedResolver
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred, succeed

from crawler.guard import literal


class OneAnswer(CachingThreadedResolver):
    """The reactor's resolver: asks for a name once in a crawl and keeps what came, a failure too. So the address that was checked is
    the one connected to, whatever the name server says next. Scrapy's own asks twice at once when two requests do, and forgets."""

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        self.answers: dict[str, asyncio.Future[str]] = {}

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802  # Twisted's name
        if name not in self.answers:
            address = literal(name)  # an IPv6 one would not be found
            asked = super().getHostByName(name, timeout) if address is None else succeed(str(address))
            self.answers[name] = asyncio.ensure_future(maybe_deferred_to_future(asked))
        return Deferred.fromFuture(asyncio.shield(self.answers[name]))


async def resolved(host: str) -> str:
    """The address that every connection to `host` goes to in this crawl. Raises DNSLookupError."""
    from twisted.internet import reactor  # noqa: PLC0415  # importing it installs it; Scrapy has installed ours by now

    found: Deferred[str] = reactor.resolve(host)  # type: ignore[arg-type]  # Twisted's stub wants a sequence of integers
    return await maybe_deferred_to_future(found)

"""A request in; whether its host's robots.txt allows it out, by RFC 9309, with the file kept 24 hours in the store.

Scrapy's own middleware lets the third and later requests of a host pass while robots.txt is still on its way
(2.14 to 2.19), reads a 503 as "all allowed", and ignores Crawl-delay: hence this one.
"""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.run import run_of, spaced

KEPT = timedelta(hours=24)  # RFC 9309 section 2.4
READ = 512 * 1024  # bytes; RFC 9309 section 2.5 asks for at least 500 KiB
LONGEST_DELAY = 60.0  # seconds of Crawl-delay that a run can wait between two pages
AGENT = "Tickerwire"


class RobotsRefused(IgnoreRequest):
    """robots.txt forbids the URL, or could not be had; the text is the reason an operator reads."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt came to: parsed rules, or the reason nothing may be fetched."""

    parsed: Protego | None = None
    refusal: str = ""


def rules(status: int, body: str) -> Rules:
    """RFC 9309 section 2.3.1: 4xx means no rules, 5xx means complete disallow; 429 is a server that wants less, too."""
    if status >= 500 or status == 429:
        return Rules(refusal=f"robots.txt answered {status}; nothing may be fetched until it is back")
    return Rules(Protego.parse(body if status < 300 else ""))


class RobotsMiddleware:
    """One lock per origin: whoever comes first fetches the file, everybody else waits for it."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.known: dict[str, Rules] = {}
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.delays: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        middleware = cls(crawler)
        crawler.signals.connect(middleware.opened, signal=signals.spider_opened)
        crawler.signals.connect(middleware.slow_down, signal=signals.request_reached_downloader)
        return middleware

    def opened(self) -> None:
        """Start from the files fetched in the last 24 hours."""
        for origin, (status, body) in run_of(self.crawler).store.robots(datetime.now(UTC) - KEPT).items():
            self.known[origin] = rules(status, body)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        async with self.locks[origin]:
            if origin not in self.known:
                self.known[origin] = await self._fetch(origin, request)
        found = self.known[origin]
        if found.parsed is None:
            raise RobotsRefused(found.refusal)
        if not found.parsed.can_fetch(request.url, AGENT):
            run_of(self.crawler).counts["robots_refused"] += 1
            run_of(self.crawler).receipts[parts.hostname or ""]["robots_refused"] += 1
            raise RobotsRefused(f"robots.txt of {origin} forbids this address")
        self.delays[parts.hostname or ""] = min(found.parsed.crawl_delay(AGENT) or 0.0, LONGEST_DELAY)

    async def _fetch(self, origin: str, request: Request) -> Rules:
        ask = Request(
            f"{origin}/robots.txt",
            priority=1000,
            callback=NO_CALLBACK,
            meta={"dont_obey_robotstxt": True, "outlet": request.meta.get("outlet")},
        )
        try:
            response: Response = await self.crawler.engine.download_async(ask)
        except Exception as error:  # whatever kept it from us, RFC 9309 section 2.3.1.4 says: disallow
            return Rules(refusal=f"robots.txt could not be fetched: {reason(error)}")
        body = response.body[:READ].decode("utf-8-sig", "replace").replace("\0", "")
        found = rules(response.status, body)
        if found.parsed is not None:
            run_of(self.crawler).store.save_robots(
                origin, response.status, body if response.status < 300 else "", datetime.now(UTC)
            )
        return found

    def slow_down(self, request: Request) -> None:
        """Crawl-delay is not in the standard, but it is what the host asked for: it can only lengthen our own delay."""
        delay = spaced(self.delays.get(urlsplit(request.url).hostname or "", 0.0))
        slot = self.crawler.engine.downloader.slots.get(request.meta["download_slot"])
        if slot is not None and delay > slot.delay:
            slot.delay = delay


def reason(error: BaseException) -> str:
    """A download failure as a short phrase, without object addresses or stack traces."""
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split())[:300]

"""A request in; whether its host's robots.txt allows it out, by RFC 9309, with the file kept 24 hours in the store.

Scrapy's own middleware lets the third and later requests of a host pass while robots.txt is still on its way
(2.14 to 2.19), reads a 503 as "all allowed", and ignores Crawl-delay: hence this one.
"""

import asyncio
import re
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from crawler.extensions import remaining
from crawler.run import Component, spaced

KEPT = timedelta(hours=24)  # RFC 9309 section 2.4
READ = 512 * 1024  # bytes; RFC 9309 section 2.5 asks for at least 500 KiB
LONGEST_DELAY = 60.0  # seconds of Crawl-delay that a run can wait between two pages
DEAR = 1.0  # seconds of CPU that the robots.txt files of one outlet may cost a run
AGENT = "Tickerwire"
FAILURE = re.compile(r"\[?<twisted\.python\.failure\.Failure (\S+): (.*)>\]?", re.DOTALL)
OTHERS = re.compile(r"(?is)\s*+user(-|\s*+)agent\b\s*+:?+\s*+(?!(\*|tickerwire\*?)\s*(#|$)).*")


class RobotsRefused(IgnoreRequest):
    """robots.txt forbids the URL, or could not be had; the text is the reason an operator reads."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt came to: its text, or the reason nothing may be fetched."""

    body: str = ""
    refusal: str = ""
    took: float = 0.0  # seconds until it was there


def rules(status: int, body: str) -> Rules:
    """RFC 9309 section 2.3.1: 4xx means no rules, 5xx means complete disallow; 429 is a server that wants less, too."""
    if status >= 500 or status == 429:
        return Rules(refusal=f"robots.txt answered {status}; nothing may be fetched until it is back")
    return Rules(body if status < 300 else "")


@cache
def parsed(body: str) -> Protego:
    """Other crawlers count as one: a rule costs Protego time and memory for each that it is for, 300 million times in 512 KiB."""
    return Protego.parse("\n".join(OTHERS.sub("User-agent: other", line) for line in body.splitlines()))


class RobotsMiddleware(Component):
    """One lock per origin: whoever comes first fetches the file, everybody else waits for it."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.known: dict[str, Rules] = {}
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.delays: dict[str, float] = {}
        crawler.signals.connect(self.opened, signal=signals.spider_opened)
        crawler.signals.connect(self.slow_down, signal=signals.request_reached_downloader)

    def opened(self) -> None:
        """Start from the files fetched in the last 24 hours."""
        self.known = {origin: rules(*said) for origin, said in self.run.store.robots(datetime.now(UTC) - KEPT).items()}

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts, outlet = urlsplit(request.url), request.meta["outlet"].id
        origin = f"{parts.scheme}://{parts.netloc}"
        if self.spent[outlet] > DEAR:
            raise RobotsRefused("its robots.txt takes too long to apply")
        limit: float = self.crawler.settings.getfloat("DOWNLOAD_TIMEOUT")
        left, waits = request.meta.get("download_timeout", limit), origin not in self.known
        async with self.locks[origin]:
            found = self.known.get(origin) or await self._fetch(origin, request, left)
            if not found.refusal or left == limit:  # what had no time to answer is asked again by the next
                self.known[origin] = found
        if waits:
            request.meta["download_timeout"] = max(left - found.took, 0.1)
        if found.refusal:
            raise RobotsRefused(found.refusal)
        began = time.thread_time()
        allowed = parsed(found.body).can_fetch(request.url, AGENT)
        self.spent[outlet] += time.thread_time() - began
        if not allowed:
            self.run.counts["robots_refused"] += 1
            self.run.receipts[parts.hostname or ""]["robots_refused"] += 1
            raise RobotsRefused(f"robots.txt of {origin} forbids this address")
        self.delays[parts.hostname or ""] = min(parsed(found.body).crawl_delay(AGENT) or 0.0, LONGEST_DELAY)

    async def _fetch(self, origin: str, request: Request, seconds: float) -> Rules:
        meta = {"dont_obey_robotstxt": True, "outlet": request.meta.get("outlet"), "download_timeout": seconds}
        ask = Request(f"{origin}/robots.txt", priority=1000, callback=NO_CALLBACK, meta=meta)
        try:
            response: Response = await self.crawler.engine.download_async(ask)
        except Exception as error:  # whatever kept it from us, RFC 9309 section 2.3.1.4 says: disallow
            return Rules(refusal=f"robots.txt could not be fetched: {reason(error)}")
        end = response.body.rfind(b"\n", 0, READ) + 1 if len(response.body) > READ else READ  # half a rule is another
        body = response.body[:end].decode("utf-8-sig", "replace").replace("\0", "")
        found = rules(response.status, body)
        if not found.refusal:
            self.run.store.save_robots(origin, response.status, found.body, datetime.now(UTC))
        return replace(found, took=seconds - remaining(response.request or ask))

    def slow_down(self, request: Request) -> None:
        """Crawl-delay is not in the standard, but it is what the host asked for: it can only lengthen our own delay."""
        if slot := self.crawler.engine.downloader.slots.get(request.meta["download_slot"]):
            slot.delay = max(slot.delay, spaced(self.delays.get(urlsplit(request.url).hostname or "", 0.0)))


def reason(error: BaseException) -> str:
    """A download failure as a short phrase, without object addresses or stack traces."""
    text = FAILURE.sub(r"\2", str(error).strip()) or type(error).__name__
    if "VerificationError" in text:
        return "the certificate is made out to another host"
    return " ".join(text.split())[:300]

"""A crawl's requests, answers and parent in; one politeness receipt per host, added up in the store, and a stop without parent out."""

import asyncio
import os
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.run import SPARE, Component
from tickerwire.errors import StoreError


def remaining(request: Request) -> float:
    """Seconds that a document has left once `request`, on the way to it, was answered: its robots.txt and redirects take from one
    time limit, waits in our own queue do not. Never 0, which Scrapy takes for none."""
    rest: float = request.meta["download_timeout"] + request.meta["left"] - time.monotonic()
    return max(round(rest, 1), 0.1)


class Receipts(Component):
    """Counts what really leaves the house: redirect hops, robots.txt and article pages included."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.sent: defaultdict[str, list[float]] = defaultdict(list)
        self.delays: dict[str, float] = {}
        crawler.signals.connect(self.asked, signal=signals.request_reached_downloader)
        crawler.signals.connect(self.began, signal=signals.headers_received)
        crawler.signals.connect(self.answered, signal=signals.response_downloaded)
        crawler.signals.connect(self.closed, signal=signals.spider_closed)

    def asked(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        self.run.receipts[host]["requests"] += 1
        if slot := self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", "")):
            self.delays[host] = slot.delay / SPARE

    def began(self, request: Request) -> None:
        """When the request left: at `asked` it only joins the queue of its host."""
        left = time.monotonic() - request.meta["download_latency"]
        request.meta["left"] = left
        self.sent[urlsplit(request.url).hostname or ""].append(left)

    def answered(self, response: Response, request: Request) -> None:
        counts = self.run.receipts[urlsplit(request.url).hostname or ""]
        counts.update(bytes=len(response.body), not_modified=int(response.status == 304))

    def closed(self, reason: str) -> None:
        run, receipts = self.run, {}
        run.ended = reason
        for host, counts in run.receipts.items():
            gaps = [later - earlier for earlier, later in pairwise(sorted(self.sent[host]))]
            gap = round(min(gaps), 3) if gaps else None
            receipts[host] = {**counts, "delay_s": round(self.delays.get(host, 0.0), 3), "shortest_gap_s": gap}
        try:
            run.store.save_receipts(receipts, datetime.now(UTC))
        except StoreError as error:
            run.storage_error = run.storage_error or error


class StopWithParent(Component):
    """Active in crawls started by Tickerwire, whose standard input is a pipe held open by the parent."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self.watch, signal=signals.spider_opened)
        crawler.signals.connect(self.unwatch, signal=signals.spider_closed)

    def watch(self) -> None:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._closed)

    def unwatch(self) -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())

    def _closed(self) -> None:
        if not os.read(sys.stdin.fileno(), 1):
            self.unwatch()
            self.stopping = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="parent gone"))

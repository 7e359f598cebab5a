"""The parent's pipe in; a clean stop of the crawl out when that pipe closes: no orphan goes on crawling."""

import asyncio
import os
import sys

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.run import Component


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

"""A file of (address, entity tag) pairs in; the leanest Scrapy spider that asks for each and does nothing with the answer out.

Everything that Tickerwire switches off is off here too; what it adds (robots.txt, address guard, workers, store) is not there.
"""

import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

from crawler import settings

KEPT = (
    "TELNETCONSOLE_ENABLED REMOTE_CONTROL_ENABLED DOWNLOAD_HANDLERS COOKIES_ENABLED REFERER_ENABLED RETRY_ENABLED "
    "METAREFRESH_ENABLED SPIDER_MIDDLEWARES_BASE CONCURRENT_ITEMS WARN_ON_GENERATOR_RETURN_VALUE DUPEFILTER_CLASS "
    "STATS_CLASS CONCURRENT_REQUESTS_PER_DOMAIN"
).split()
OURS = {"EXTENSIONS_BASE": {}, "CONCURRENT_REQUESTS": 100, "LOG_LEVEL": "ERROR"}
ASKED = json.loads(Path(sys.argv[1]).read_text())


class Lean(Spider):
    """Downloads, and that is all."""

    name = "lean"

    async def start(self) -> AsyncIterator[Any]:
        for url, tag in ASKED:
            yield Request(url, headers={"If-None-Match": tag} if tag else {}, meta={"handle_httpstatus_all": True})

    def parse(self, response: Any) -> None:
        """Nothing."""


if __name__ == "__main__":
    middlewares = {
        name: place for name, place in vars(settings)["DOWNLOADER_MIDDLEWARES_BASE"].items() if name.startswith("scrapy.")
    }
    kept = {name: getattr(settings, name) for name in KEPT}
    process = AsyncCrawlerProcess(kept | OURS | {"DOWNLOADER_MIDDLEWARES_BASE": middlewares})
    process.crawl(Lean)
    process.start()

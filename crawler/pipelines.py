"""Finished outlets and pages in; committed rows, and requests for the pages now due, out."""

from datetime import UTC, datetime
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import OutletCrawled, PageCrawled
from crawler.run import run_of

PAGES_PER_RUN = 200  # article pages of one outlet in one run; the rest stays queued


class StorePipeline:
    """The only place where a crawl writes articles: one transaction per outlet, one per page."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_item(self, item: Any) -> Any:
        if isinstance(item, OutletCrawled):
            self._outlet(item)
        elif isinstance(item, PageCrawled):
            self._page(item)
        return item

    def _outlet(self, item: OutletCrawled) -> None:
        run = run_of(self.crawler)
        tally = run.store.commit_outlet(item.outcome, run.authority, item.outlet.full_text)
        failed = [source for source in item.outcome.sources if source.result == "error"]
        run.results[item.outlet.id] = {
            "result": "error"
            if failed
            else "ok"
            if any(s.result == "ok" for s in item.outcome.sources)
            else "unchanged",
            "error": "; ".join(f"{source.url}: {source.error}" for source in failed),
            "new": tally.new,
            "revised": tally.revised,
        }
        run.counts["new"] += tally.new
        run.counts["revised"] += tally.revised
        for task in run.store.pending_pages(item.outlet.id, datetime.now(UTC), PAGES_PER_RUN):
            self.crawler.engine.crawl(self.crawler.spider.ask_page(item.outlet, task))  # type: ignore[union-attr]

    def _page(self, item: PageCrawled) -> None:
        run = run_of(self.crawler)
        run.store.commit_page(item.task, item.read, datetime.now(UTC))
        run.counts["pages" if item.read.entry else "pages_failed"] += 1

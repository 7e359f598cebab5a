"""Finished outlets and pages in; committed rows, and requests for the pages now due, out."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

from scrapy.crawler import Crawler

from crawler.items import OutletCrawled, PageCrawled
from crawler.run import Run, run_of
from tickerwire.errors import StoreError
from tickerwire.model import OutletOutcome
from tickerwire.store.ingest import Tally

logger = logging.getLogger(__name__)

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
        outcome, tally = self._commit(run, item)
        failed = [source for source in outcome.sources if source.result == "error"]
        run.results[item.outlet.id] = {
            "result": "error" if failed else "ok" if any(s.result == "ok" for s in outcome.sources) else "unchanged",
            "error": "; ".join(f"{source.url}: {source.error}" for source in failed),
            "new": tally.new,
            "revised": tally.revised,
        }
        run.counts["new"] += tally.new
        run.counts["revised"] += tally.revised
        for task in run.store.pending_pages(item.outlet.id, datetime.now(UTC), PAGES_PER_RUN):
            self.crawler.engine.crawl(self.crawler.spider.ask_page(item.outlet, task))  # type: ignore[union-attr]

    def _commit(self, run: Run, item: OutletCrawled) -> tuple[OutletOutcome, Tally]:
        """Commit an outlet. Rows the database will not take cost that outlet its crawl, never another one's; a database
        that cannot be written ends the crawl, since nothing more could be kept."""
        try:
            return item.outcome, run.store.commit_outlet(item.outcome, run.authority, item.outlet.full_text)
        except StoreError as error:
            self._stop(run, error)
            raise
        except Exception as error:
            logger.exception("%s: rows refused", item.outlet.id)
            refused = f"what it sent could not be stored: {type(error).__name__}: {error}"
            sources = tuple(
                replace(source, result="error", error=refused, entries=(), validators=None)
                for source in item.outcome.sources
            )
            outcome = replace(item.outcome, sources=sources)
            return outcome, run.store.commit_outlet(outcome, run.authority, item.outlet.full_text)

    def _stop(self, run: Run, error: StoreError) -> None:
        if run.storage_error is None:
            run.storage_error = error
            logger.error("%s", error)
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="storage"))

    def _page(self, item: PageCrawled) -> None:
        run = run_of(self.crawler)
        try:
            run.store.commit_page(item.task, item.read, datetime.now(UTC))
        except StoreError as error:
            self._stop(run, error)
            raise
        run.counts["pages" if item.read.entry else "pages_failed"] += 1

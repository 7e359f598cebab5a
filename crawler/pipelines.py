"""Finished outlets and pages in; committed rows, and requests for the pages now due, out."""

import asyncio
import logging
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from scrapy.crawler import Crawler

from crawler.boilerplate import renew, stripped
from crawler.run import Component, Run
from crawler.visit import OutletCrawled, PageCrawled
from tickerwire.errors import StoreError
from tickerwire.store.ingest import Tally, summary

logger = logging.getLogger(__name__)

GATHER = 0.1  # seconds
PAGES_PER_RUN = 200  # article pages of one outlet in one run; the rest stays queued


class StorePipeline(Component):
    """The only place where a crawl writes articles. Outlets that finish within a tenth of a second share one transaction, each
    whole or not at all; so writing costs a third less."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self.waiting: list[tuple[OutletCrawled, asyncio.Future[None]]] = []

    async def process_item(self, item: Any) -> Any:
        if isinstance(item, OutletCrawled):
            loop = asyncio.get_running_loop()
            if not self.waiting:
                loop.call_later(GATHER, self._commit)
            self.waiting.append((item, loop.create_future()))
            await self.waiting[-1][1]
        elif isinstance(item, PageCrawled):
            await self._page(item)
        return item

    def _commit(self) -> None:
        """Commit all outlets that wait. Rows the database will not take cost their outlet its crawl, never another one's; a database
        that cannot be written ends the crawl, since nothing more could be kept."""
        run, waiting = self.run, self.waiting
        self.waiting = []
        try:
            committed = run.store.commit_outlets([(i.outcome, i.outlet.full_text) for i, _ in waiting], run.authority)
            for (item, done), tally in zip(waiting, committed, strict=True):
                if isinstance(tally, Exception):
                    self._committed(self._refused(item, tally), Tally())
                else:
                    self._committed(item, tally)
                done.set_result(None)
        except Exception as error:
            if isinstance(error, StoreError):
                self._stop(run, error)
            for _, done in waiting:
                if not done.done():
                    done.set_exception(error)

    def _refused(self, item: OutletCrawled, why: Exception) -> OutletCrawled:
        """Commit instead that nothing of what the outlet sent could be kept."""
        logger.error("%s: rows refused", item.outlet.id, exc_info=why)
        run, error = self.run, f"what it sent could not be stored: {type(why).__name__}: {why}"
        told = (replace(one, result="error", error=error, entries=(), validators=None) for one in item.outcome.sources)
        item = replace(item, outcome=replace(item.outcome, sources=tuple(told)))
        run.store.commit_outlets([(item.outcome, False)], run.authority)
        return item

    def _committed(self, item: OutletCrawled, tally: Tally) -> None:
        """Count an outlet that is stored, and ask for its pages."""
        run, now = self.run, datetime.now(UTC)
        run.results[item.outlet.id] = summary(item.outcome.sources) | asdict(tally)
        run.counts.update(asdict(tally))
        for task in [*run.store.pending_pages(item.outlet.id, now, PAGES_PER_RUN), *run.store.pending_checks(item.outlet.id, now)]:
            self.crawler.engine.crawl(self.crawler.spider.ask_page(item.outlet, task))  # type: ignore[union-attr]

    def _stop(self, run: Run, error: StoreError) -> None:
        if run.storage_error is None:
            run.storage_error = error
            logger.error("%s", error)
            self.closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="storage"))

    async def _page(self, item: PageCrawled) -> None:
        run = self.run
        try:
            if run.store.commit_page(item.task, stripped(run.store, item.task.outlet, item.read), datetime.now(UTC)):
                for _ in renew(run.store, run.config.outlet(item.task.outlet)):
                    await asyncio.sleep(0)  # hundreds of articles may change; requests are answered between them
        except StoreError as error:
            self._stop(run, error)
            raise
        run.counts["pages" if item.read.entry else "pages_failed"] += 1

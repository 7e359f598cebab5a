"""Due outlets in; one item per outlet and one per article page out: the spider for every kind of source."""

import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.freshness import ADOPTED, moved, publisher_wait, retry_after, validators
from crawler.robots import RobotsRefused, reason
from crawler.run import Run, plain_headers
from crawler.visit import OutletCrawled, PageCrawled, Visit
from crawler.work import SourceRead, read_article, version
from crawler.workers import WorkerKilled
from tickerwire.config import Outlet, Source
from tickerwire.model import Entry, OutletHealth, PageTask, SourceOutcome, Validators
from tickerwire.store.pages import PageRead
from tickerwire.tables import table

logger = logging.getLogger(__name__)
NEWEST = 10  # sitemaps of an index that every visit asks for; the others take turns
TAKEN_DOWN = {404, 410}
REASONS: dict[str, str] = table("crawler.spiders", "failures")
GONE_FOR_GOOD = {401, 402, 403, 404, 410, 451}  # asking for an article page again would not change the answer


class FeedSpider(Spider):
    """Asks every source of every due outlet once, conditionally, then the article pages still owed."""

    name = "feed"
    run: Run  # as every argument of a spider, set by Scrapy

    async def start(self) -> AsyncIterator[Any]:
        for outlet in self.run.outlets:
            crawl, before = self.run.config.crawl, self.run.health.get(outlet.id, OutletHealth(outlet.id))
            visit = Visit(outlet, datetime.now(UTC), before, (crawl.soonest, crawl.latest))
            for source in outlet.sources:
                yield self.ask(visit, source)

    def ask(self, visit: Visit, source: Source, root: str = "", page: int = 1) -> Request:
        """The conditional request for one document of an outlet's source, or for one that `root`, its `page`th, named."""
        known = self.run.store.validators(visit.outlet.id, version(source)).get(source.url, Validators())
        # as it came: Scrapy would make UTF-8 of text
        echoed = {"If-None-Match": known.etag.encode("latin-1"), "If-Modified-Since": known.last_modified.encode()}
        headers = {name: value for name, value in echoed.items() if value}
        meta = {"outlet": visit.outlet, "visit": visit, "source": source, "known": known, "root": root, "page": page}
        url = known.moved_to if known.moved_times >= ADOPTED else source.url
        return Request(url, callback=self.parse, errback=self.failed, headers=headers, meta=meta)

    async def parse(self, response: Response) -> OutletCrawled | None:
        meta = response.meta
        try:
            outcome = await self.outcome(response, meta["source"])
        except Exception as error:  # else the outlet's other sources would wait for this one, and nobody hear of it
            logger.exception("%s: an answer could not be read", response.url)
            told = begun(meta["source"], meta["known"], meta["root"], response.status, len(response.body))
            outcome = replace(told, error=f"its answer could not be read: {type(error).__name__}: {error}")
        return self.finish(meta["visit"], outcome)

    def failed(self, failure: Failure) -> OutletCrawled | None:
        meta = failure.request.meta  # type: ignore[attr-defined]
        source, told = meta["source"], failing(failure)
        soft = not isinstance(failure.value, RobotsRefused)
        return self.finish(meta["visit"], replace(begun(source, meta["known"], meta["root"]), error=told, soft=soft))

    def finish(self, visit: Visit, outcome: SourceOutcome) -> OutletCrawled | None:
        """Note what came of a source; the outlet's item when it was the last one awaited."""
        if not visit.add(outcome):
            return None
        keys = visit.keys()
        known = self.run.store.known(visit.outlet.id, keys) if keys else {}
        return OutletCrawled(visit.outlet, visit.outcome(datetime.now(UTC), known))

    async def outcome(self, response: Response, source: Source) -> SourceOutcome:
        """What one answer means: unchanged (304, or the same bytes), entries, or an error with its reason."""
        now, headers, status = datetime.now(UTC), plain_headers(response), response.status
        known: Validators = response.meta["known"]
        self.run.counts.update(requests=1, bytes=len(response.body))
        told = begun(source, known, response.meta["root"], status, len(response.body))
        asked = response.meta.get("redirect_urls", [response.url])[0]
        to, times = moved(known, asked, response.url, response.meta.get("redirect_reasons", ()))
        if times == ADOPTED:
            logger.warning("%s has moved for good to %s; write that into outlets.toml", source.url, to)
        if status == 304 and (known.etag or known.last_modified):
            self.run.counts["not_modified"] += 1
            headers = {"etag": known.etag, "last-modified": known.last_modified} | headers
        elif status != 200:
            why = "answered 304 to a request without validators" if status == 304 else f"answered HTTP {status}"
            wait = retry_after(status, headers, now)
            self.run.receipts[urlsplit(response.url).hostname or ""]["retry_after"] += bool(wait)
            return replace(told, error=why, retry_after=wait, soft=status >= 500 or status in (408, 425, 429))
        body_hash = known.body_hash if status == 304 else hashlib.sha256(response.body).hexdigest()
        kept = replace(validators(known, headers, body_hash), moved_to=to, moved_times=times)
        if body_hash == known.body_hash:
            wait = publisher_wait(headers, known.ttl, now)
            return replace(told, result="unchanged", error="", validators=kept, wait=wait, skip=known.skip)
        return await self.read(response, source, told, kept)

    async def read(self, response: Response, source: Source, told: SourceOutcome, kept: Validators) -> SourceOutcome:
        """The failure `told`, or `kept` and what a worker reads from the body. A document that names others is asked without
        validators each time: it may stay the same while what it names changes."""
        now, visit = datetime.now(UTC), response.meta["visit"]
        read = await self.run.read(response, source, response.meta["known"].items)
        visit.cpu_s += read.cpu_s
        if read.error:
            return replace(told, error=read.error)
        kept = replace(kept, ttl=read.ttl, skip=read.skip, items=read.items)
        if self.follow(response, source, read):
            kept = replace(kept, etag="", last_modified="", body_hash="")
        wait = publisher_wait(plain_headers(response), read.ttl, now)
        return replace(told, result="ok", validators=kept, entries=read.entries, rejected=read.rejected, wait=wait, skip=read.skip)

    def follow(self, response: Response, source: Source, read: SourceRead) -> list[str]:
        """Ask for the further documents that one names: the newest sitemaps and in turn all others; the next page of a list only
        while nothing on this one is known, and up to the operator's limit."""
        visit: Visit = response.meta["visit"]
        store, page, outlet = self.run.store, response.meta["page"], visit.outlet.id
        urls = list(read.follow)
        if source.kind == "sitemap":
            turns = store.turns(outlet)
            urls[NEWEST:] = sorted(urls[NEWEST:], key=lambda url: turns.get(url, -1))
        elif urls and (page >= source.pages or store.known(outlet, [key for found in read.entries for key in found.keys])):
            urls = []
        urls = visit.more(urls)
        for url in urls:
            further = source.model_copy(update={"url": url})
            self.crawler.engine.crawl(self.ask(visit, further, response.meta["root"] or source.url, page + 1))
        return urls

    def ask_page(self, outlet: Outlet, task: PageTask) -> Request:
        """The request for an article page: the URL exactly as listed, after every source that still waits."""
        headers = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}
        meta = {"outlet": outlet, "task": task}
        return Request(task.link, callback=self.parse_page, errback=self.page_failed, priority=-10, headers=headers, meta=meta)

    async def parse_page(self, response: Response) -> PageCrawled:
        task: PageTask = response.meta["task"]
        self.run.counts.update(requests=1, bytes=len(response.body))
        return PageCrawled(task, await self.page(response, task, response.meta["outlet"]))

    async def page(self, response: Response, task: PageTask, outlet: Outlet) -> PageRead:
        if task.check:
            return PageRead(error=f"HTTP {response.status}", final=response.status in TAKEN_DOWN, answered=response.status < 500)
        if response.status != 200:
            return PageRead(error=f"HTTP {response.status}", final=response.status in GONE_FOR_GOOD)
        article = self.run.store.articles([task.article])[task.article]
        entry = Entry(**{name: getattr(article, name) for name in Entry.__dataclass_fields__})
        headers = plain_headers(response)
        try:
            about = response.url, headers, article.first_seen, outlet.timezone, outlet.page, entry
            merged, sketch, cpu_s = await self.run.workers.run(read_article, response.body, *about)
        except WorkerKilled as error:
            return PageRead(error=f"reading was stopped: {error}")
        self.run.counts["page_cpu_ms"] += round(cpu_s * 1000)
        return PageRead(merged, sketch)

    def page_failed(self, failure: Failure) -> PageCrawled:
        task = failure.request.meta["task"]  # type: ignore[attr-defined]
        return PageCrawled(task, PageRead(error=failing(failure), final=isinstance(failure.value, RobotsRefused)))


def begun(source: Source, known: Validators, root: str, status: int = 0, size: int = 0) -> SourceOutcome:
    """A source's outcome as it stands until something good is known: a failure, after which an adopted address is given up."""
    kept = replace(known, moved_to="", moved_times=0) if known.moved_times >= ADOPTED else None
    told = SourceOutcome(source.url, source.kind, "error", status, validators=kept, bytes=size)
    return replace(told, parser=version(source), root=root)


def failing(failure: Failure) -> str:
    """A failed request as one line an operator understands."""
    error = failure.value or RuntimeError("failed without a reason")
    told, detail = REASONS.get(type(error).__name__, ""), reason(error)
    return f"{told}: {detail}" if told and detail not in told else told or detail

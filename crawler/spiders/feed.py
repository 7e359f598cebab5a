"""Due outlets in; one item per outlet and one per article page out: the spider for every kind of source."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.freshness import publisher_wait, retry_after, validators
from crawler.items import OutletCrawled, PageCrawled
from crawler.robots import RobotsRefused, reason
from crawler.run import Run
from crawler.visit import Visit
from crawler.work import read_article, read_source, version
from crawler.workers import WorkerKilled
from tickerwire.config import Outlet, Source
from tickerwire.model import Entry, PageTask, SourceOutcome, Validators
from tickerwire.store.pages import PageRead

GONE_FOR_GOOD = {401, 402, 403, 404, 410, 451}  # asking for an article page again would not change the answer


class FeedSpider(Spider):
    """Asks every source of every due outlet once, conditionally, then the article pages still owed."""

    name = "feed"

    def __init__(self, run: Run, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run = run

    async def start(self) -> AsyncIterator[Any]:
        for outlet in self.run.outlets:
            health = self.run.health.get(outlet.id)
            visit = Visit(outlet, datetime.now(UTC), health.consecutive_failures if health else 0)
            for source in outlet.sources:
                yield self.ask(visit, source)

    def ask(self, visit: Visit, source: Source) -> Request:
        """The conditional request for one document of an outlet's source."""
        known = self.run.store.validators(visit.outlet.id, version(source)).get(source.url, Validators())
        headers = {}
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.last_modified:
            headers["If-Modified-Since"] = known.last_modified
        return Request(
            source.url,
            callback=self.parse,
            errback=self.failed,
            headers=headers,
            meta={"outlet": visit.outlet, "visit": visit, "source": source, "known": known},
        )

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        meta = response.meta
        outcome = await self.outcome(response, meta["visit"], meta["source"], meta["known"])
        for item in self.finish(meta["visit"], outcome):
            yield item

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        meta = failure.request.meta  # type: ignore[attr-defined]
        source = meta["source"]
        outcome = SourceOutcome(source.url, source.kind, "error", error=failing(failure), parser=version(source))
        for item in self.finish(meta["visit"], outcome):
            yield item

    def finish(self, visit: Visit, outcome: SourceOutcome) -> list[OutletCrawled]:
        done = visit.add(outcome)
        return [OutletCrawled(visit.outlet, visit.outcome(datetime.now(UTC)))] if done else []

    async def outcome(self, response: Response, visit: Visit, source: Source, known: Validators) -> SourceOutcome:
        """What one answer means: unchanged (304, or the same bytes), entries, or an error with its reason."""
        now, headers, status = datetime.now(UTC), plain_headers(response), response.status
        self.run.counts["requests"] += 1
        self.run.counts["bytes"] += len(response.body)
        told = SourceOutcome(source.url, source.kind, "error", status, bytes=len(response.body), parser=version(source))
        if status == 304 and (known.etag or known.last_modified):
            self.run.counts["not_modified"] += 1
            renewed = validators({"etag": known.etag, "last-modified": known.last_modified} | headers, known.body_hash)
            return replace(told, result="unchanged", validators=renewed, wait=publisher_wait(headers, 0, now))
        if status != 200:
            why = "answered 304 to a request without validators" if status == 304 else f"answered HTTP {status}"
            return replace(told, result="error", error=why, retry_after=retry_after(status, headers, now))
        body_hash = hashlib.sha256(response.body).hexdigest()
        if body_hash == known.body_hash:
            return replace(
                told,
                result="unchanged",
                validators=validators(headers, body_hash),
                wait=publisher_wait(headers, 0, now),
            )
        return await self.read(response, visit, source, replace(told, validators=validators(headers, body_hash)))

    async def read(self, response: Response, visit: Visit, source: Source, told: SourceOutcome) -> SourceOutcome:
        """The outcome `told` with what a worker reads from the body. An index of sitemaps is asked without validators each
        time: it may stay the same while what it names changes."""
        now, headers, outlet = datetime.now(UTC), plain_headers(response), visit.outlet
        content_type = headers.get("content-type", "")
        try:
            read = await self.run.workers.run(
                read_source, response.body, response.url, content_type, now, source, outlet.language, outlet.timezone
            )
        except WorkerKilled as error:
            return replace(told, validators=None, error=f"parsing was stopped: {error}")
        visit.cpu_s += read.cpu_s
        if read.error:
            return replace(told, validators=None, error=read.error)
        follow = visit.more(read.follow) if source.kind == "sitemap" else []
        for url in follow:
            self.crawler.engine.crawl(self.ask(visit, source.model_copy(update={"url": url})))
        return replace(
            told,
            result="ok",
            validators=Validators() if follow else told.validators,
            entries=read.entries,
            rejected=read.rejected,
            wait=publisher_wait(headers, read.ttl, now),
        )

    def ask_page(self, outlet: Outlet, task: PageTask) -> Request:
        """The request for an article page: the URL exactly as listed, after every source that still waits."""
        return Request(
            task.link,
            callback=self.parse_page,
            errback=self.page_failed,
            priority=-10,
            headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"},
            meta={"outlet": outlet, "task": task},
        )

    async def parse_page(self, response: Response) -> AsyncIterator[Any]:
        task: PageTask = response.meta["task"]
        self.run.counts["requests"] += 1
        self.run.counts["bytes"] += len(response.body)
        yield PageCrawled(task, await self.page(response, task, response.meta["outlet"]))

    async def page(self, response: Response, task: PageTask, outlet: Outlet) -> PageRead:
        if response.status != 200:
            return PageRead(error=f"HTTP {response.status}", final=response.status in GONE_FOR_GOOD)
        article = self.run.store.articles([task.article])[task.article]
        entry = Entry(**{name: getattr(article, name) for name in Entry.__dataclass_fields__})
        content_type = plain_headers(response).get("content-type", "")
        try:
            merged, cpu_s = await self.run.workers.run(
                read_article, response.body, response.url, content_type, article.first_seen, outlet.timezone, entry
            )
        except WorkerKilled as error:
            return PageRead(error=f"reading was stopped: {error}")
        self.run.counts["page_cpu_ms"] += round(cpu_s * 1000)
        return PageRead(entry=merged)

    async def page_failed(self, failure: Failure) -> AsyncIterator[Any]:
        task = failure.request.meta["task"]  # type: ignore[attr-defined]
        refused = isinstance(failure.value, RobotsRefused)
        yield PageCrawled(task, PageRead(error=failing(failure), final=refused))


def plain_headers(response: Response) -> dict[str, str]:
    """Response headers by lower-case name, the last value of each, as text (RFC 9110: octets are Latin-1)."""
    return {
        name.decode("latin-1").lower(): values[-1].decode("latin-1")
        for name, values in response.headers.items()
        if values
    }


REASONS = {
    "DownloadTimeoutError": "no answer within the time limit",
    "DNSLookupError": "the host name could not be found",  # from the address guard's own look-up
    "CannotResolveHostError": "the host name could not be found",
    "DownloadConnectionRefusedError": "the connection was refused",
    "DownloadCancelledError": "the document is larger than 10 MiB",
    "ResponseDataLossError": "the answer broke off in the middle",
    "DownloadFailedError": "the download failed",
}


def failing(failure: Failure) -> str:
    """A failed request as one line an operator understands."""
    error = failure.value or RuntimeError("failed without a reason")
    told, detail = REASONS.get(type(error).__name__, ""), reason(error)
    return f"{told}: {detail}" if told and detail not in told else told or detail

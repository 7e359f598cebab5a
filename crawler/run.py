"""What one crawl works with: the due outlets, the open store, the parsing workers, and the counts it reports at the end."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self, cast

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.read.item import Origin
from crawler.work import SourceRead, read_source
from crawler.workers import WorkerKilled, Workers
from tickerwire.config import Config, Outlet, Source
from tickerwire.errors import StoreError
from tickerwire.model import OutletHealth
from tickerwire.store import Store

SPARE = 1.25
LEAST = 0.001  # seconds


@dataclass(slots=True)
class Run:
    """Passed to the one spider of a crawl; middlewares and pipelines reach it as `spider.run`."""

    config: Config
    outlets: tuple[Outlet, ...]
    health: dict[str, OutletHealth]
    store: Store
    workers: Workers
    authority: str
    results: dict[str, dict[str, object]] = field(default_factory=dict)
    storage_error: StoreError | None = None
    ended: str = ""  # Scrapy's word for why
    counts: Counter[str] = field(default_factory=Counter)
    receipts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    async def read(self, response: Response, source: Source, known: bytes = b"") -> SourceRead:
        """What a worker makes of an answer of `source`; `known` are digests of the items that are stored."""
        outlet: Outlet = response.meta["outlet"]
        origin = Origin(response.url, datetime.now(UTC), outlet.language, outlet.timezone, known=known)
        try:
            return await self.workers.run(read_source, response.body, plain_headers(response), origin, source)
        except WorkerKilled as error:
            return SourceRead(error=f"parsing was stopped: {error}")

    def report(self) -> dict[str, object]:
        """The crawl's report as JSON-ready values; outlets the deadline or a signal cut off are named as skipped."""
        state = {"finished": "finished", "closespider_timeout": "deadline"}.get(self.ended, "stopped")
        skipped = [outlet.id for outlet in self.outlets if outlet.id not in self.results]
        return {"state": state, "outlets": self.results, "skipped": skipped, **dict(sorted(self.counts.items()))}


def plain_headers(response: Response) -> dict[str, str]:
    """Response headers by lower-case name, the last value of each, as text (RFC 9110: octets are Latin-1)."""
    return {name.decode("latin-1").lower(): values[-1].decode("latin-1") for name, values in response.headers.items() if values}


class Component:
    """A part that Scrapy makes for each crawl, by the name it has in the settings."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def run(self) -> Run:
        """The run it belongs to."""
        return cast("Run", self.crawler.spider.run)  # type: ignore[union-attr]


def spaced(delay: float) -> float:
    """The slot delay (seconds) whose shortest jittered value (DOWNLOAD_DELAY_JITTER = 0.2) is still `delay`. Never 0: without a delay
    Scrapy 2.19 sends all that waits for a host at once, since it counts a request as under way only a turn of the loop later."""
    return max(delay, LEAST) * SPARE

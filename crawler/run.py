"""What one crawl works with: the due outlets, the open store, the parsing workers, and the counts it reports at the end."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Self, cast

from scrapy.crawler import Crawler

from crawler.workers import Workers
from tickerwire.config import Config, Outlet
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

    def report(self) -> dict[str, object]:
        """The crawl's report as JSON-ready values; outlets the deadline or a signal cut off are named as skipped."""
        state = {"finished": "finished", "closespider_timeout": "deadline"}.get(self.ended, "stopped")
        skipped = [outlet.id for outlet in self.outlets if outlet.id not in self.results]
        return {"state": state, "outlets": self.results, "skipped": skipped, **dict(sorted(self.counts.items()))}


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

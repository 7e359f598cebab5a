"""A job (which outlets, how long) in; one finished crawl and its report out: Scrapy, started and stopped."""

import gc
import json
import logging
import pickle
import sys
import warnings
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urlsplit

from scrapy import Spider
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.settings import Settings
from twisted.python.failure import Failure

from crawler.run import Run, spaced
from crawler.spiders.discover import DiscoverSpider
from crawler.spiders.feed import FeedSpider
from crawler.workers import Workers
from tickerwire import log
from tickerwire.config import Config, Outlet
from tickerwire.errors import StoreError
from tickerwire.model import OutletHealth
from tickerwire.store import Store

NEVER = OutletHealth("")  # of an outlet that was never crawled


def settings(config: Config, deadline: float) -> Settings:
    """The hardened settings of `crawler.settings` with what the operator configured; `deadline` in seconds."""
    said = {
        "USER_AGENT": config.crawl.user_agent,
        "DOWNLOAD_DELAY": spaced(config.crawl.delay),
        "CONCURRENT_REQUESTS": config.crawl.concurrency,
        "CLOSESPIDER_TIMEOUT": deadline,
        "EXTENSIONS": {"crawler.extensions.StopWithParent": 1},  # whoever else uses Scrapy has a terminal for a parent
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
    made = Settings(said, priority="cmdline")
    made.setmodule("crawler.settings", priority="project")
    return made


def crawl(config: Config, wanted: list[str], deadline: float) -> dict[str, Any]:
    """Crawl the outlets named in `wanted` and return the report: those that fail come last, so that whatever they do keeps nobody
    else waiting. The caller's parent holds the write lock."""
    host = urlsplit(config.site.base_url).hostname or "localhost"
    pages = any(outlet.full_text or outlet.sources[0].kind != "feed" for outlet in map(config.outlet, wanted))
    preload = ("crawler.work", "numpy", *["crawler.extract.warm"] * pages)  # what pages take is held once, not once a worker
    with closing(Store.open(config.database)) as store, closing(Workers(config.crawl.workers, preload=preload)) as workers:
        authority = store.authority(config.site.tag_authority, host, datetime.now(UTC))
        store.rename_outlets(config.renamed)
        number = store.start_crawl(datetime.now(UTC))
        health = store.health()
        outlets = sorted(map(config.outlet, wanted), key=lambda outlet: health.get(outlet.id, NEVER).consecutive_failures)
        run = Run(config, tuple(outlets), health, store, workers, authority)
        scrape(config, deadline, FeedSpider, run=run)
        if run.storage_error:
            raise run.storage_error
        report = run.report()
        store.finish_crawl(number, datetime.now(UTC), str(report["state"]), report)
        return report


def scrape(config: Config, deadline: float, spider: type[Spider], **arguments: Any) -> Crawler:
    """Run one spider to its end, `deadline` in seconds at the latest."""
    level = logging.getLogger().level
    warnings.filterwarnings("ignore", "The 'DOWNLOADER_CLIENTCONTEXTFACTORY'")  # the only public way to crawler.tls
    process = CrawlerProcess(settings(config, deadline))
    # Scrapy opens all of them up to DEBUG and leaves filtering to its own handler.
    for name in ("", "scrapy", "twisted"):
        logging.getLogger(name).setLevel(level)
    crawler = process.create_crawler(spider)
    failures: list[Failure] = []
    process.crawl(crawler, **arguments).addErrback(failures.append)
    process.start()
    for failure in failures:
        failure.raiseException()
    return crawler


def discover(config: Config, url: str, deadline: float) -> dict[str, Any]:
    """What the sources found at `url` would give, by the rules of a crawl; the operator's database is not touched."""
    outlet = Outlet.model_validate({"id": "new", "name": "new", "source": [{"kind": "feed", "url": url}]})
    workers = Workers(config.crawl.workers)
    with TemporaryDirectory() as place, closing(Store.open(Path(place) / "db")) as store, closing(workers):
        run = Run(config, (outlet,), {}, store, workers, "")
        spider = cast("DiscoverSpider", scrape(config, deadline, DiscoverSpider, run=run, url=url).spider)
    home = spider.home
    return {"title": home.title, "language": home.language, "reason": home.reason, "tried": spider.tried}


def main() -> None:
    """Read one pickled job from standard input, crawl, write the report as one JSON line to standard output."""
    job = pickle.load(sys.stdin.buffer)  # noqa: S301  # our own parent's
    log.configure(job["log_format"], job["log_level"])
    gc.freeze()  # what is imported stays, and a crawl makes little that refers to itself: a tenth of its CPU
    gc.set_threshold(100_000, 50, 100)
    config, deadline = job["config"], job["deadline"]
    try:
        report = discover(config, job["discover"], deadline) if "discover" in job else crawl(config, job["outlets"], deadline)
    except StoreError as error:
        logging.getLogger(__name__).error("%s", error)
        sys.exit(error.exit_code)
    print(json.dumps(report), flush=True)  # noqa: T201  # the report is this process's result

"""The settings of a real crawl while it runs: what is hardened is in force, has its reason, and nothing overrides it."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from scrapy.spiderloader import SpiderLoader

from crawler import settings
from crawler.process import settings as made
from tests.conftest import ROOT
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import FEED, configure, outlet
from tickerwire.config import load

HARDENED: dict[str, object] = {
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_MAXSIZE": 10 * 1024 * 1024,
    "DOWNLOAD_WARNSIZE": 0,
    "DOWNLOAD_TIMEOUT": 12,
    "DOWNLOAD_FAIL_ON_DATALOSS": True,
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 100 * 1024 * 1024,
    "DNS_TIMEOUT": 5,
    "DNSCACHE_ENABLED": True,
    "REDIRECT_MAX_TIMES": 5,
    "ROBOTSTXT_OBEY": True,
    "COOKIES_ENABLED": False,
    "REFERER_ENABLED": False,
    "RETRY_ENABLED": False,
    "METAREFRESH_ENABLED": False,
    "COMPRESSION_ENABLED": True,
    "HTTPCACHE_ENABLED": False,
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": 100,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_DELAY": 0.00125,  # never 0: see crawler.run.spaced
    "CLOSESPIDER_TIMEOUT": 30.0,
    "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
    "TWISTED_REACTOR": "crawler.reactor.Reactor",
    "ADDONS": {},
    "FEEDS": {},
}

# What Scrapy looks up on a spider before it looks at the settings (Scrapy 2.19, docs/topics/settings.rst and spiders.rst).
OVERRIDES = "custom_settings download_delay download_maxsize download_warnsize download_timeout max_concurrent_requests user_agent"

WATCHED = """
import json, sys
from contextlib import closing
from pathlib import Path
import psutil
from scrapy import signals
from crawler import process
from crawler.run import Run
from crawler.spiders.feed import FeedSpider
from crawler.workers import Workers
from tickerwire.config import load
from tickerwire.store import Store

seen = {}

class Watched(FeedSpider):
    @classmethod
    def from_crawler(cls, crawler, *args, **kwargs):
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.look, signal=signals.response_received)
        return spider

    def look(self):
        downloader, made = self.crawler.engine.downloader, self.crawler.settings
        seen["settings"] = {name: made.get(name) for name in made if name.isupper()}
        seen["frozen"] = made.frozen
        seen["downloader"] = [type(one).__name__ for one in downloader.middleware.middlewares]
        seen["spider"] = [type(one).__name__ for one in self.crawler.engine.scraper.spidermw.middlewares]
        seen["extensions"] = [type(one).__name__ for one in self.crawler.extensions.middlewares]
        seen["total"] = downloader.total_concurrency
        seen["slots"] = {name: [slot.concurrency, slot.delay, slot.jitter] for name, slot in downloader.slots.items()}
        seen["listening"] = [c.laddr for c in psutil.Process().net_connections() if c.status == psutil.CONN_LISTEN]

place = Path(sys.argv[1])
config = load(place / "config", place)
with closing(Store.open(config.database)) as store, closing(Workers(2)) as workers:
    run = Run(config, config.outlets, {}, store, workers, "x,2026")
    process.scrape(config, 30.0, Watched, run=run)
print(json.dumps(seen, default=lambda value: dict(value) if hasattr(value, "keys") else str(value)))
"""


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A crawl that tells its settings, middlewares, slots and open ports while it runs, in an environment that means ill."""
    place = tmp_path_factory.mktemp("settings")
    ill = {"SCRAPY_SETTINGS_MODULE": "tests.ill", "SCRAPY_PROJECT": "ill", "SCRAPY_TELNETCONSOLE_ENABLED": "1"}
    reader, writer = os.pipe()  # a crawl ends when its parent's end is closed
    with loopback({FEED: Answer(rss(("1", "First")))}) as good:
        configure(place, outlet("good", good.url(FEED)))
        (place / "scrapy.cfg").write_text("[settings]\ndefault = tests.ill\n")
        done = subprocess.run(
            [sys.executable, "-c", WATCHED, str(place)],
            capture_output=True,
            text=True,
            cwd=place,
            env=os.environ | ill | {"PYTHONPATH": str(ROOT)},
            stdin=reader,
            check=False,
        )
    os.close(reader)
    os.close(writer)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_what_is_hardened_is_in_force(crawl: dict[str, Any]) -> None:
    assert crawl["frozen"]
    assert {name: crawl["settings"][name] for name in HARDENED} == HARDENED
    assert crawl["total"] == 100
    assert list(crawl["slots"].values()) == [[1, 0.00125, 0.2]]


def test_every_value_of_the_settings_module_is_in_force(crawl: dict[str, Any]) -> None:
    names = [name for name in dir(settings) if name.isupper()]
    plain = [name for name in names if isinstance(getattr(settings, name), str | int | float | bool)]
    assert len(plain) >= 25
    assert {name: crawl["settings"][name] for name in plain} == {name: getattr(settings, name) for name in plain}


def test_only_the_named_parts_run_in_their_order(crawl: dict[str, Any]) -> None:
    assert crawl["downloader"] == [
        "OutletMiddleware",
        "RobotsMiddleware",
        "DownloadTimeoutMiddleware",
        "DefaultHeadersMiddleware",
        "UserAgentMiddleware",
        "HttpCompressionMiddleware",
        "Redirects",
        "HttpProxyMiddleware",
    ]
    assert crawl["spider"] == ["StartSpiderMiddleware"]
    assert crawl["extensions"] == ["CloseSpider", "StopWithParent", "Receipts"]


def test_no_port_is_opened(crawl: dict[str, Any]) -> None:
    assert crawl["listening"] == []


def test_no_spider_overrides_a_setting() -> None:
    loader = SpiderLoader.from_settings(made(load(ROOT / "config", Path("/tmp"), {}), 60.0))
    spiders = [loader.load(name) for name in loader.list()]
    assert sorted(spider.name for spider in spiders) == ["discover", "feed"]
    for spider in spiders:
        assert not [name for name in OVERRIDES.split() if getattr(spider, name, None) is not None], spider


def test_every_setting_has_its_reason() -> None:
    module = Path(settings.__file__)
    lines = [*module.read_text().splitlines(), *module.with_suffix(".toml").read_text().splitlines()]
    said = [(before, line) for before, line in pairwise(lines) if re.match(r"[A-Z_]{2,} = |\[[A-Z_]+\]", line)]
    assert {re.findall("[A-Z_]{2,}", line)[0] for _, line in said} == {name for name in dir(settings) if name.isupper()}
    bare = [line for before, line in said if "#" not in line and not before.startswith("#")]
    assert not bare, bare

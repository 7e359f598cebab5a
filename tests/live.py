"""A headline in; when its outlet was asked for it, when it was published and when each open page showed it, out."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.loopback import Answer, Loopback, loopback, rss
from tests.test_crawl import FEED, configure, outlet
from tests.test_service import free_port, running, shows
from tests.ticker_host import titles, until

SCHEDULE_SECONDS, POLL_SECONDS = 60, 60  # `* * * * *`; ttl of the ticker, which each page takes a tenth longer or shorter
PATIENCE = 2 * SCHEDULE_SECONDS + 2 * POLL_SECONDS


@dataclass(frozen=True, slots=True)
class Way:
    """Seconds since the outlet listed the headline: until it was asked, until the ticker held it, until each page showed it.

    `late` are the seconds between the whole minute, when it was due, and when it was asked.
    """

    late: float
    asked: float
    published: float
    shown: tuple[float, ...]

    @property
    def behind(self) -> float:
        """How much longer the slowest page took than schedule and poll interval together; negative where it was sooner."""
        return max(self.shown) - SCHEDULE_SECONDS - POLL_SECONDS

    def __str__(self) -> str:
        asked = f"asked after {self.asked:.1f} s, {self.late:.1f} late"
        pages = " ".join(f"{each:.1f}" for each in self.shown)
        return f"{asked}, published {self.published - self.asked:.1f} later, shown after {pages}: {self.behind:+.1f} s"


@dataclass(frozen=True, slots=True)
class Site:
    """`tickerwire run` over one outlet that is asked each minute."""

    base: str
    outlet: Loopback
    ticker: Path

    def publish(self, *pages: Any) -> Way:
        """The outlet lists one more headline; wait until every page shows it."""
        number = len(titles(pages[0])) + 1
        headline = f"Headline {number}"
        listed = [(str(each), f"Headline {each}") for each in range(number, 0, -1)]
        asked = self.outlet.paths().count(FEED)
        began = time.monotonic()
        self.outlet.answers[FEED] = Answer(rss(*listed))
        seen: dict[object, float] = {}
        late = 0.0
        marks: dict[object, Callable[[], bool]] = {
            "asked": lambda: self.outlet.paths().count(FEED) > asked,
            "published": lambda: headline in self.ticker.read_text(),
        }
        marks |= {index: partial(_shows, page, headline) for index, page in enumerate(pages)}
        while len(seen) < len(marks):
            passed = time.monotonic() - began
            assert passed < PATIENCE, f"after {passed:.0f} s there is only {seen}"
            for name, holds in marks.items():
                if name not in seen and holds():
                    seen[name] = time.monotonic() - began
                    late = time.time() % 60 if name == "asked" else late
            time.sleep(0.1)
        return Way(late, seen["asked"], seen["published"], tuple(seen[index] for index in range(len(pages))))


def _shows(page: Any, headline: str) -> bool:
    return headline in titles(page)


@contextmanager
def live(place: Path) -> Iterator[Site]:
    """A real outlet, a real service in `place`, with one headline published."""
    with loopback({FEED: Answer(rss(("1", "Headline 1")))}) as host:
        configure(place, outlet("one", host.url(FEED), schedule="* * * * *"))
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        with running("--config", str(place / "config"), "--state", str(place), "run", "--port", str(port)):
            until(shows(f"{base}/feeds/all/", "Headline 1"), 60)
            yield Site(base, host, place / "var/public/ticker/all.json")


def opened(site: Site, pages: Sequence[Any]) -> None:
    """The feed's page in each of `pages`; a mark of each says later that it was not loaded again."""
    for page in pages:
        page.goto(f"{site.base}/feeds/all/")
        until(partial(titles, page))
        page.evaluate("void (window.opened = true)")

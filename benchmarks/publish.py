"""Nothing in; what a publish costs when few of many articles are new, beside publishing everything anew, as a printed table, out.

    .venv/bin/python -m benchmarks.publish [--sizes 100000 1000000] [--feeds 100 1000] [--archive FILE]

CPU seconds of one process, compression and the check of every document included. The archive is that of `benchmarks.search`; feeds are
random queries of its words (RSS, Atom, JSON Feed and ticker, 50 items). "all" fills an empty tree, "hit" renders, checks and writes
into an empty tree only the feeds that the new articles changed, their items in hand. `--archive` keeps the archive between runs.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import TemporaryDirectory

from benchmarks.archive import NOW, VOCABULARY
from benchmarks.search import STEP, fill, template
from syndicate.publish import PublishReport, publish
from tickerwire.config import Config, FeedSpec, Outlet, Site, Source
from tickerwire.config.model import Publish
from tickerwire.store import Store


def word(chance: Random, most: int = 20_000) -> str:
    return VOCABULARY[int(most ** chance.random()) - 1]


def filters(count: int) -> list[str]:
    """What operators write: a topic, some spelling variants, a topic of some outlets, less what they do not want."""
    chance = Random(5)

    def rare() -> str:
        return VOCABULARY[chance.randrange(1_000, 20_000)]

    forms: list[Callable[[], str]] = [
        lambda: f"{rare()} OR {rare()} OR {rare()}",
        lambda: f"{word(chance)} {rare()}",
        lambda: f'title:{rare()} OR "{rare()} {word(chance)}"',
        lambda: f"{rare()} -{word(chance)}",
        lambda: f"{word(chance, 300)} outlet:o{chance.randrange(200)}",
        lambda: f"({rare()} OR {rare()}) age:<90d",
    ]
    return [chance.choice(forms)() for _ in range(count)]


def configuration(state: Path, feeds: int) -> Config:
    source = Source(kind="feed", url="https://x.example/f")
    outlets = (Outlet(id=f"o{n}", name=f"Outlet {n}", homepage="https://x.example/", sources=(source,)) for n in range(200))
    specs = (FeedSpec(id=f"f{n}", title=f"Feed {n}", query=query) for n, query in enumerate(filters(feeds)))
    site = Site(title="News", base_url="https://news.example.org", contact="mailto:desk@news.example.org")
    return Config(
        site=site,
        publish=Publish(directory="public"),
        outlets=tuple(outlets),
        feeds=tuple(specs),
        directory=state / "config",
        state=state,
    )


def spent(config: Config, store: Store, only: frozenset[str] = frozenset()) -> tuple[float, PublishReport]:
    began = time.process_time()
    report = publish(config, store, NOW + timedelta(days=1), only)
    return time.process_time() - began, report


def measure(store: Store, config: Config, have: int) -> int:
    """Print the costs at this size of archive and of configuration; how many articles there are then."""
    rmtree(config.public, ignore_errors=True)
    with store.transaction() as db:
        db.execute("delete from feeds")
    everything, _ = spent(config, store)
    lines = [f"{have:9,} articles, {len(config.feeds):5,} feeds: all {everything:7.2f} s"]
    nothing, report = spent(config, store)
    assert not report.written, report.written[:5]
    lines.append(f"none new {nothing:.3f} ({everything / nothing:,.0f} times less)")
    for new in (1, 100):
        fill(store, have + 1, have + new)
        have += new
        cost, report = spent(config, store)
        hit = frozenset(one.id for one in report.feeds if one.changed)
        lines.append(f"{new} new, {len(hit)} feeds hit: {cost:.3f} ({everything / cost:,.1f} times less)")
    print("; ".join(lines), flush=True)
    return have


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--feeds", type=int, nargs="*", default=[100, 1_000])
    parser.add_argument("--archive", type=Path)
    options = parser.parse_args()
    with TemporaryDirectory() as place, Store.open(options.archive or Path(place) / "publish.db") as store:
        config = configuration(Path(place), max(options.feeds))
        if not (count := store.read("select max(id) from articles")[0][0] or 0):
            template(store)
            count = 1
        for size in options.sizes:
            while count < size:
                fill(store, count + 1, min(count + STEP, size))
                count = min(count + STEP, size)
            for feeds in options.feeds:
                count = measure(store, config.model_copy(update={"feeds": config.feeds[:feeds]}), count)
    print(f"measured {datetime.now(UTC):%Y-%m-%d}")


if __name__ == "__main__":
    main()

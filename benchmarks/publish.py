"""Nothing in; what a publish costs when few of many articles are new, beside publishing everything anew, as a printed table, out.

    .venv/bin/python -m benchmarks.publish [--sizes 100000 1000000] [--feeds 100 1000] [--archives DIRECTORY]

CPU seconds of one process, compression and the check of every document included. The archive is that of `benchmarks.million`; feeds are
random queries of its words (RSS, Atom, JSON Feed and ticker, 50 items). "all" fills an empty tree, "rebuilt" renders everything over
it and must change no file. Then, three times and each time for every archive and configuration in turn, one article arrives, then a
hundred, the same in all of them. "render" is the render of exactly the feeds that were hit, their items in hand: four formats and two
pages, compressed, in memory. "idle" are the fewest feeds and so many more as make the most, none of which lets in what arrives: it
shows what feeds cost that nothing concerns (in the smallest archive). `--archives` keeps the archives between runs.
"""

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from shutil import copyfile
from tempfile import TemporaryDirectory

from benchmarks.archive import VOCABULARY
from benchmarks.million import add, fill, found_at, template
from syndicate import tree
from syndicate.changes import Changes
from syndicate.channel import channel
from syndicate.item import fitted, item
from syndicate.pages import feed_pages
from syndicate.publish import PublishReport, publish
from syndicate.render import RENDERERS
from syndicate.select import select
from tickerwire.config import Config, FeedSpec, Outlet, Site, Source
from tickerwire.config.model import Publish, StoreSettings
from tickerwire.query import Folded, compile_query, parse
from tickerwire.store import Store

ROUNDS, ARRIVING = 3, 100
FURTHER = 5_000_000  # what arrives says the same in every archive


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


def arrivals(which: int, have: int) -> tuple[int, int, int]:
    """The round's articles in an archive that has so many: the first, the last, and how much further on those are that say the same."""
    return have + 1, have + 1 + ARRIVING, FURTHER + which * (1 + ARRIVING) - have


def unconcerned(feeds: Iterable[FeedSpec]) -> Iterable[FeedSpec]:
    """Those of `feeds` that let nothing in that arrives."""
    with TemporaryDirectory() as place, Store.open(Path(place) / "arriving.db") as store:
        template(store)
        add(store, 2, 1 + ROUNDS * (1 + ARRIVING), FURTHER - 1)
        told = [Folded(one) for one in store.export() if one.id > 1]
        now = max(one.article.first_seen for one in told)
        for feed in feeds:
            if not any(compile_query(parse(feed.query))(one, now) for one in told):
                yield feed


@dataclass
class Installation:
    """One archive and one configuration with its own database and tree, and what its publishes cost."""

    name: str
    config: Config
    have: int
    costs: dict[str, list[float]] = field(default_factory=dict)
    hit: tuple[FeedSpec, ...] = ()
    hits: list[int] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return found_at(self.have) + timedelta(hours=1)

    @contextmanager
    def spending(self, what: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.costs.setdefault(what, []).append(time.process_time() - began)

    def publish(self, what: str, store: Store, force: bool = False) -> PublishReport:
        with self.spending(what):
            return publish(self.config, store, self.now, force=force)

    def everything(self, again: bool) -> None:
        with Store.open(self.config.database) as store:
            self.publish("all", store)
            said = f"{self.name}: all {self.costs['all'][0]:.2f} s"
            if again:
                before = snapshot(self.config.public)
                written = self.publish("rebuilt", store, force=True).written
                assert not written, written[:5]
                assert snapshot(self.config.public) == before
                said += f"; rebuilt {self.costs['rebuilt'][0]:.2f}, 0 of {len(before):,} files changed"
        print(said, flush=True)

    def arrive(self, which: int) -> None:
        first, last, further = arrivals(which, self.have)
        with Store.open(self.config.database) as store:
            assert not self.publish("none", store).written
            add(store, first, first, further)
            self.have = first
            self.publish("one", store)
            add(store, first + 1, last, further)
            self.have = last
            with self.spending("matching"):
                Changes(store, self.now).concerning(self.config.feeds)
            changed = {one.id for one in self.publish("hundred", store).feeds if one.changed}
            self.hit = tuple(feed for feed in self.config.feeds if feed.id in changed)
            self.hits.append(len(changed))
            self.render(store)

    def render(self, store: Store) -> None:
        outlets = {outlet.id: outlet for outlet in self.config.outlets}
        told = [(one, fitted([item(a, outlets.get(a.outlet)) for a in select(one, store, self.now)])) for one in self.hit]
        with self.spending("render"):
            for feed, items in told:
                made = [RENDERERS[kind](channel(feed, self.config.site, "", items), items) for kind in feed.formats]
                for data in (*made, *feed_pages(self.config, feed, items).values()):
                    for _, encode, _ in tree.CODINGS.values():
                        encode(data)

    def least(self, what: str) -> float:
        return min(self.costs[what])

    def report(self) -> None:
        everything, none, one, hundred, render = map(self.least, ("all", "none", "one", "hundred", "render"))
        shares = [spent / bare for spent, bare in zip(self.costs["hundred"], self.costs["render"], strict=True)]
        print(
            f"{self.name}: none {none:.3f}; one {one:.3f} ({everything / one:,.0f} times less than all); {ARRIVING} new, "
            f"{'/'.join(map(str, self.hits))} feeds hit, {hundred:.3f} ({everything / hundred:,.1f} times less), "
            f"their render {render:.3f} ({' '.join(f'{share:.2f}' for share in shares)}); "
            f"folding and matching {1000 * self.least('matching'):.1f} ms"
        )


def snapshot(public: Path) -> dict[str, tuple[int, bytes]]:
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in public.rglob("*") if path.is_file()}


def archive(place: Path, size: int) -> Path:
    """A database of so many articles that no feed was published of."""
    path = place / f"archive-{size}.db"
    if not path.exists():
        made = place / "making.db"
        made.unlink(missing_ok=True)
        with Store.open(made) as store:
            fill(store, size)
            with store.transaction() as db:
                db.execute("delete from changes")
        made.rename(path)
    return path


def compared(cells: dict[tuple[int, str], Installation], more: tuple[int, str], less: tuple[int, str], what: str) -> None:
    """The ratio of every round between two installations that were concerned by the same."""
    for kind in ("none", "one", "hundred"):
        pairs = zip(cells[more].costs[kind], cells[less].costs[kind], strict=True)
        print(f"{what}, {kind} new: {' '.join(f'{most / least:.2f}' for most, least in pairs)} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--feeds", type=int, nargs="*", default=[100, 1_000])
    parser.add_argument("--archives", type=Path)
    options = parser.parse_args()
    few, many = min(options.feeds), max(options.feeds)
    with TemporaryDirectory() as temporary:
        place = options.archives or Path(temporary)
        broad = configuration(place, 4 * many)
        quiet = [*unconcerned(broad.feeds[many:])][: many - few]
        sets = {str(count): broad.feeds[:count] for count in options.feeds} | {"idle": (*broad.feeds[:few], *quiet)}
        cells: dict[tuple[int, str], Installation] = {}
        for size in options.sizes:
            kept = archive(place, size)
            for name, feeds in sets.items():
                if name == "idle" and size > min(options.sizes):
                    continue
                state = Path(temporary) / f"{size}-{name}"
                state.mkdir()
                copyfile(kept, state / "publish.db")
                settings = {"feeds": feeds, "state": state, "store": StoreSettings(url="sqlite:///publish.db")}
                title = f"{size:9,} articles, {len(feeds):5,} feeds{' (idle)' * (name == 'idle')}"
                cells[size, name] = Installation(title, broad.model_copy(update=settings), size)
                cells[size, name].everything(again=name != "idle")
        for which in range(ROUNDS):
            for cell in cells.values():
                cell.arrive(which)
        for cell in cells.values():
            cell.report()
        least, most = min(options.sizes), max(options.sizes)
        compared(cells, (least, "idle"), (least, str(few)), f"{least:,} articles, {many:,} feeds in place of {few:,}")
        for count in options.feeds:
            compared(cells, (most, str(count)), (least, str(count)), f"{count:,} feeds, {most:,} articles in place of {least:,}")
    print(f"measured {datetime.now(UTC):%Y-%m-%d}")


if __name__ == "__main__":
    main()

"""Publishing what changed on a real store and a real directory: never anything else than publishing everything anew."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from lxml import html

from crawler.sketch import sketch
from syndicate.changes import MOST
from syndicate.publish import publish
from tests.archive import NOW, commit, config, feed, outlet
from tests.test_publish import titles
from tests.test_stories import text
from tickerwire.config import Config, FeedSpec
from tickerwire.fresh import digest
from tickerwire.model import Entry, Identified, OutletOutcome, SourceOutcome
from tickerwire.store import Store

FORMATS = ("json", "ticker")
WORDS = "ferry budget museum harbour drought".split()
FEEDS = (
    feed(id="all", query="*", limit=12, formats=FORMATS),
    feed(id="ferry", query="ferry OR title:budget", limit=4, formats=FORMATS),
    feed(id="young", query="age:<20h -drought", limit=30, formats=FORMATS),
    feed(id="ageless", query="* -age:<9h", limit=10, formats=FORMATS),
    feed(id="newest", query="museum", max_age="30h", limit=6, formats=("json",)),
    feed(id="told", query="-drought", limit=8, stories="first", formats=FORMATS),
    feed(id="long", query="*", limit=8, stories="longest", prefer=("mole",), formats=FORMATS),
    feed(id="mixed", query="*", limit=6, max_share=0.4, formats=FORMATS),
    feed(id="lead", query="harbour", limit=5, first=("pinned", "urgent"), formats=FORMATS),
    feed(id="urgent", query="is:urgent OR story:size>1", formats=FORMATS),
    feed(id="quay", query="*", outlets=("quay",), limit=5, formats=FORMATS),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def crawl(store: Store, name: str, now: datetime, *entries: Entry) -> None:
    found = (Identified(one, f"{one.link[-8:]:0>16}", one.link, (one.link,), sketch(one.title, one.summary)) for one in entries)
    source = SourceOutcome(f"https://{name}.example/feed", "feed", "ok", 200, entries=tuple(found))
    store.commit_outlets([(OutletOutcome(name, now, now, (source,), now, now), False)], "news.example.org,2026")


class Newsroom:
    """A few outlets and a desk that do what comes to their minds."""

    def __init__(self, store: Store, chance: Random) -> None:
        self.store, self.chance, self.now = store, chance, NOW
        self.entries: dict[int, tuple[str, Entry]] = {}

    def write(self) -> None:
        number, name = len(self.entries), self.chance.choice(("harbour", "quay", "mole"))
        said = f"{self.chance.choice(WORDS)} {self.chance.choice(WORDS)} {number}"
        date = self.now - timedelta(hours=self.chance.choice((0, 1, 5, 19, 26)))
        made = Entry(link=f"https://{name}.example/{number}", title=said, summary=text(number), published=date)
        self.put(number, name, made)

    def copy(self) -> None:
        _, told = self.entries[self.chance.choice(sorted(self.entries)[-5:])]
        number, name = len(self.entries), self.chance.choice(("harbour", "quay", "mole"))
        link = f"https://{name}.example/{number}"
        self.put(number, name, replace(told, link=link, summary=f"{told.summary} more", published=self.now))

    def edit(self) -> None:
        number = self.chance.choice(sorted(self.entries)[-9:])
        name, told = self.entries[number]
        self.put(number, name, replace(told, title=f"{self.chance.choice(WORDS)} {told.title}"[:90]))

    def put(self, number: int, name: str, made: Entry) -> None:
        self.entries[number] = name, made
        crawl(self.store, name, self.now, made)

    def desk(self) -> None:
        word = self.chance.choice(({"desk": "hidden"}, {"desk": ""}, {"pinned": True}, {"urgent": True}, {"urgent": False}))
        self.store.set_desk(self.chance.choice(sorted(one.id for one in self.store.export())[-9:]), self.now, "t", **word)

    def retention(self) -> None:
        oldest = min(one.id for one in self.store.export())
        with self.store.transaction() as db:
            db.execute("update seen set pruned = 1 where article = ?", (oldest,))
            db.execute("delete from articles where id = ?", (oldest,))

    def wait(self) -> None:
        self.now += timedelta(hours=self.chance.choice((1, 3, 8)))


def everything_anew(settings: Config, store: Store, now: datetime) -> tuple[str, ...]:
    """What a publish writes that takes nothing for granted."""
    with store.transaction() as db:
        db.execute("update feeds set settled = ''")
        db.execute("delete from settings where name = 'published'")
    return publish(settings, store, now).written


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_all_feeds_are_as_if_published_anew(tmp_path: Path, store: Store, seed: int) -> None:
    settings = config(tmp_path, *FEEDS)
    room = Newsroom(store, Random(seed))
    for _ in range(8):
        room.write()
    acts = [room.write, room.write, room.write, room.copy, room.copy, room.edit, room.desk, room.desk, room.retention, room.wait]
    for step in range(25):
        for act in room.chance.choices(acts, k=room.chance.randint(1, 3)):
            act()
        publish(settings, store, room.now)
        assert everything_anew(settings, store, room.now) == (), (seed, step)
    assert {one.id: len(titles(settings.public, one.id)) for one in FEEDS}["all"] == 12
    assert any(one.copies > 1 for one in store.export())


def queries(store: Store, settings: Config, now: datetime) -> int:
    """How often a publish asks the archive which articles belong in a feed."""
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    publish(settings, store, now)
    store.connection.set_trace_callback(None)
    return sum("order by a.position desc" in sql or "articles_index match" in sql for sql in asked)


def test_only_the_feeds_that_a_change_concerns_are_looked_at(tmp_path: Path, store: Store) -> None:
    world, rain = feed(id="world", formats=("json",)), feed(id="rain", query="rain", formats=("json",))
    settings = config(tmp_path, world, rain)
    commit(store, "Rain today", NOW - timedelta(hours=2))
    hidden = commit(store, "Snow today", NOW - timedelta(hours=1))
    assert queries(store, settings, NOW) == 2
    assert queries(store, settings, NOW) == 0
    commit(store, "Sun at last", NOW)
    assert queries(store, settings, NOW) == 0, "what came is enough"
    assert titles(settings.public) == ["Sun at last", "Snow today", "Rain today"]
    store.set_desk(hidden, NOW, "t", desk="hidden")
    assert queries(store, settings, NOW) == 1, "what moves up is in the archive; the other feed never showed it"
    assert titles(settings.public) == ["Sun at last", "Rain today"]
    narrower = config(tmp_path, world, feed(id="rain", query="rain today", formats=("json",)))
    assert queries(store, narrower, NOW) == 1, "one feed changed"
    (settings.public / "feeds/rain.json").unlink()
    assert queries(store, narrower, NOW) == 1, "one file is gone"
    assert titles(settings.public, "rain") == ["Rain today"]


def traced(store: Store, settings: Config, now: datetime) -> tuple[int, tuple[str, ...]]:
    """How many statements a publish takes, and what it wrote."""
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    written = publish(settings, store, now).written
    store.connection.set_trace_callback(None)
    return len(asked), written


def test_what_a_publish_asks_does_not_grow_with_the_feeds_that_nothing_concerns(tmp_path: Path) -> None:
    took = {}
    for number in (2, 40):
        feeds = [feed(id=f"f{n}", query=f"word{n} OR title:other{n}", formats=("json",)) for n in range(number)]
        settings = config(tmp_path / str(number), *feeds)
        with Store.open(tmp_path / f"{number}.db") as store:
            commit(store, "Word0", NOW - timedelta(hours=1))
            commit(store, "Word1", NOW - timedelta(hours=1))
            publish(settings, store, NOW)
            idle, written = traced(store, settings, NOW)
            assert not written
            commit(store, "Word1 again", NOW)
            busy, written = traced(store, settings, NOW)
        assert {path for path in written if path.startswith("feeds")} == {"feeds/f1.json", "feeds/f1/index.html"}
        took[number] = idle, busy
    assert took[2] == took[40]


def test_the_landing_page_shows_what_feeds_left_alone_show(tmp_path: Path, store: Store) -> None:
    """The one that moves at its top, whose newest the page shows, too, has most of them and is not looked at."""
    moving = feed(id="ferry", query="ferry", limit=20, first=("pinned",), formats=FORMATS)
    settings = config(tmp_path, moving, feed(id="budget", query="budget", formats=FORMATS))
    for number in range(25):
        commit(store, f"Ferry {number}", NOW - timedelta(hours=30 - number))
    store.set_desk(10, NOW, "t", pinned=True)
    publish(settings, store, NOW)
    commit(store, "Budget", NOW - timedelta(hours=12))
    written = publish(settings, store, NOW).written
    assert "index.html" in written
    assert "feeds/ferry/index.html" not in written
    tree = html.fromstring((settings.public / "index.html").read_bytes())
    assert tree.xpath("//news-ticker//li//a/text()") == ["Ferry 9", *(f"Ferry {n}" for n in range(24, 17, -1))]
    assert len(tree.xpath("//section[@class='latest']//h3")) == 21
    assert everything_anew(settings, store, NOW) == ()


def snapshot(public: Path) -> dict[str, tuple[int, bytes]]:
    return {str(file): (file.stat().st_mtime_ns, file.read_bytes()) for file in public.rglob("*") if file.is_file()}


def test_rebuilding_everything_changes_no_file(tmp_path: Path, store: Store) -> None:
    """Two hundred feeds over what a busy day brings; of every file, compressed variants too, bytes and time stay."""
    chance, room = Random(7), Newsroom(store, Random(7))
    for _ in range(120):
        chance.choice((room.write, room.write, room.write, room.copy, room.edit))() if room.entries else room.write()
    more = [
        feed(
            id=f"f{n}",
            query=f"{chance.choice(WORDS)} OR title:{n}",
            limit=chance.randint(2, 50),
            stories=chance.choice(("all", "first")),
        )
        for n in range(200)
    ]
    settings = config(tmp_path, *FEEDS, *more)
    publish(settings, store, room.now)
    before = snapshot(settings.public)
    assert len(before) > 200 * 18
    assert publish(settings, store, room.now, force=True).written == ()
    assert everything_anew(settings, store, room.now) == ()
    with store.transaction() as db:
        db.execute("update feeds set settled = '', fingerprint = 'none'")
        db.execute("delete from members")
        db.execute("delete from settings where name = 'published'")
    assert publish(settings, store, room.now).written == ()
    assert snapshot(settings.public) == before


@pytest.mark.parametrize(
    "path",
    [
        "index.html",
        "feeds/index.html",
        "opml.xml",
        "gone.json",
        "embed/index.html",
        "embed/rain/index.html",
        "feeds/rain/index.html",
    ],
)
def test_a_page_that_is_gone_comes_back_though_nothing_happened(tmp_path: Path, store: Store, path: str) -> None:
    settings = config(tmp_path, feed(id="world"), feed(id="rain", query="rain"))
    commit(store, "Rain", NOW)
    publish(settings, store, NOW)
    (settings.public / path).unlink()
    assert publish(settings, store, NOW).written == (path,)
    assert publish(settings, store, NOW).written == ()


def test_a_publish_of_one_feed_under_another_configuration_is_seen_by_the_next(tmp_path: Path, store: Store) -> None:
    was, other = feed(id="rain", query="rain", formats=("json",)), feed(id="rain", query="snow", formats=("json",))
    commit(store, "Rain", NOW)
    commit(store, "Snow", NOW)
    publish(config(tmp_path, was), store, NOW)
    publish(config(tmp_path, other), store, NOW, only=["rain"])
    assert titles(tmp_path / "public", "rain") == ["Snow"]
    publish(config(tmp_path, was), store, NOW)
    assert titles(tmp_path / "public", "rain") == ["Rain"]


def test_a_publish_that_is_killed_leaves_all_to_the_next(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every write of the state in turn: what it had not come to is done, what it left in the tree is swept."""
    settings = config(tmp_path, *FEEDS)
    room = Newsroom(store, Random(1))
    for _ in range(12):
        room.write()
    publish(settings, store, room.now)
    died = 0
    for step in range(12):
        for _ in range(3):
            room.write()
        left = step

        def dies(*said: object, kept: object = Store.transaction) -> object:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return kept(*said)  # type: ignore[operator]

        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(Store, "transaction", dies)
            publish(settings, store, room.now)
            died -= 1
        died += 1
        (settings.public / "feeds/.all.json.x.tmp").write_bytes(b"torn")
        publish(settings, store, room.now)
        assert step == 0 or left >= 0 or not (settings.public / "feeds/.all.json.x.tmp").exists(), step
        assert everything_anew(settings, store, room.now) == (), step
    assert died > 3


def test_an_age_is_left_on_time_and_nothing_asked_before(tmp_path: Path, store: Store) -> None:
    settings = config(tmp_path, feed(query="age:<10h", formats=("json",)))
    commit(store, "Old rain", NOW - timedelta(hours=9))
    commit(store, "New rain", NOW - timedelta(hours=1))
    publish(settings, store, NOW)
    assert queries(store, settings, NOW + timedelta(minutes=59)) == 0
    assert titles(settings.public) == ["New rain", "Old rain"]
    assert queries(store, settings, NOW + timedelta(minutes=60)) == 1
    assert titles(settings.public) == ["New rain"]


def test_an_outlet_with_another_policy_changes_its_items(tmp_path: Path, store: Store) -> None:
    settings = config(tmp_path, feed(formats=("json",)))
    commit(store, "Rain", NOW, content_html="<p>Long.</p>")
    publish(settings, store, NOW)
    assert b"Long." in (settings.public / "feeds/world.json").read_bytes()
    publish(config(tmp_path, feed(formats=("json",)), outlets=(outlet(republish="headline"),)), store, NOW)
    assert b"Long." not in (settings.public / "feeds/world.json").read_bytes()


def test_one_digest_tells_all_that_enters_what_is_published(tmp_path: Path) -> None:
    def of(spec: FeedSpec = feed(), **said: Any) -> str:  # noqa: B008  # frozen
        return digest(config(tmp_path, spec, outlets=(outlet(**said),)))

    policies = ({"republish": "excerpt"}, {"excerpt": 99}, {"images": False}, {"credit": "C"}, {"licence": "https://l.example/"})
    others = [of(**one) for one in (*policies, {"embargo": "2h"}, {"homepage": "https://h.example/"})]
    wide, narrow = feed(max_age="30h"), feed(max_age="31h")
    lists = [feed().model_copy(update={"words": {"w": (word,)}}) for word in ("a", "b")]
    held = feed().model_copy(update={"embargoes": {"harbour": timedelta(hours=1)}})
    said = [of(), *others, of(wide), of(narrow), *map(of, lists), of(held), digest(config(tmp_path, outlets=()))]
    assert len(set(said)) == len(said)
    assert of(wide) == of(feed(max_age="30h"))
    assert of(headers={"X-Token": "1"}) == of(), "how an outlet is asked is no reason to publish"


def test_a_publish_of_one_feed_leaves_the_changes_to_the_others(tmp_path: Path, store: Store) -> None:
    settings = config(tmp_path, feed(id="world"), feed(id="rain", query="rain"))
    commit(store, "Rain 1", NOW)
    publish(settings, store, NOW)
    commit(store, "Rain 2", NOW)
    publish(settings, store, NOW, only=["world"])
    assert titles(settings.public, "rain") == ["Rain 1"]
    publish(settings, store, NOW)
    assert titles(settings.public, "rain") == ["Rain 2", "Rain 1"]
    assert not store.changes()


def test_more_changes_than_are_matched_one_by_one(tmp_path: Path, store: Store) -> None:
    settings = config(tmp_path, feed(id="rain", query="rain"))
    commit(store, "Rain 1", NOW)
    publish(settings, store, NOW)
    commit(store, "Rain 2", NOW)
    with store.transaction() as db:
        db.conn.executemany("insert into changes values (?)", [(10_000 + n,) for n in range(MOST)])
    publish(settings, store, NOW)
    assert titles(settings.public, "rain") == ["Rain 2", "Rain 1"]
    assert not store.changes()

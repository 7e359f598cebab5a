"""Copies of a story are found across outlets and told once; what only looks alike is not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from lxml import html

from crawler.sketch import sketch
from crawler.work import sketched
from syndicate.publish import publish
from syndicate.select import select
from tests.archive import NOW, config, feed
from tickerwire.errors import QueryError
from tickerwire.model import Article, Entry, Identified, OutletOutcome, SourceOutcome
from tickerwire.query import parse
from tickerwire.store import Store

WORDS = (
    "harbour council ferry budget minister school police court strike bridge museum river election hospital union station market coast "
    "weather island mayor report quarter season festival airport inquiry farmers parliament energy housing drought vaccine orchestra "
    "villages engineers lawyers ministers opened closed promised denied delayed announced rejected approved visited measured warned"
).split()
DISCLAIMER = (
    "This article may contain links to our partners and we may earn a commission if you buy something through one of them. "
)


def text(seed: int, words: int = 80) -> str:
    return " ".join(Random(seed).choices(WORDS, k=words))


def listed(number: int, title: str, body: str, hours: float = 0, **said: object) -> Identified:
    link = f"https://x.example/{number}"
    entry = Entry(link=link, title=title, summary=body, published=NOW - timedelta(hours=hours), **said)  # type: ignore[arg-type]
    return sketched(Identified(entry, f"{number:020x}", link, (f"u:{number}",)), NOW)


def commit(store: Store, *found: Identified, outlet: str) -> None:
    source = SourceOutcome(f"https://{outlet}.example/feed", "feed", "ok", 200, entries=found)
    outcome = OutletOutcome(outlet, NOW, NOW, (source,), NOW + timedelta(hours=1), NOW)
    store.commit_outlets([(outcome, False)], "news.example.org,2026")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def stories(store: Store) -> list[list[str]]:
    """Outlet and title of every copy, story by story."""
    found: dict[int, list[str]] = {}
    for article in store.export():
        found.setdefault(article.story, []).append(f"{article.outlet}: {article.title}")
    return list(found.values())


def test_a_light_rewrite_elsewhere_is_the_same_story(store: Store) -> None:
    body = text(1)
    commit(store, listed(1, "Harbour council approves budget for ferry", body), outlet="one")
    commit(store, listed(2, "Council approves harbour ferry budget", "On Monday it was said: " + body), outlet="two")
    commit(store, listed(3, "Ferry money", body), outlet="three")  # another headline over the very same text
    commit(store, listed(4, "Orchestra visits island school", text(2)), outlet="four")
    copies = ["one: Harbour council approves budget for ferry", "two: Council approves harbour ferry budget", "three: Ferry money"]
    assert stories(store) == [copies, ["four: Orchestra visits island school"]]


def test_an_excerpt_and_the_whole_text_are_the_same_story(store: Store) -> None:
    body = text(3, 400)
    commit(store, listed(1, "Drought report warns of farmers", " ".join(body.split()[:35])), outlet="one")
    commit(store, listed(2, "Drought report warns farmers", "", text=body), outlet="two")
    assert len(stories(store)) == 1


@pytest.mark.parametrize(
    "language",
    [
        "今日東京都知事選挙投票結果発表候補者会見市民反応街頭演説様子写真撮影記者質問回答",
        "ประกาศผลการเลือกตั้งผู้ว่าราชการจังหวัดอย่างเป็นทางการ",
    ],
)
def test_scripts_without_spaces_have_stories(store: Store, language: str) -> None:
    commit(store, listed(1, language[:12], language * 2), outlet="one")
    commit(store, listed(2, language[:14], "速報" + language * 2), outlet="two")
    commit(store, listed(3, language[:12], "".join(reversed(language)) * 2), outlet="three")
    assert sorted(map(len, stories(store))) == [1, 2]


def test_copies_of_one_outlet_are_no_story(store: Store) -> None:
    """A live blog's posts repeat each other; so does a daily forecast."""
    commit(store, *[listed(n, f"Live: election night, update {n}", text(1) + f" update {n}") for n in range(8)], outlet="one")
    assert len(stories(store)) == 8


def test_a_weekly_column_of_the_same_title_is_no_story(store: Store) -> None:
    for n, name in enumerate(["one", "two", "three"]):
        commit(store, listed(n, "Letters to the editor", "Our readers write. " + text(10 + n)), outlet=name)
    assert len(stories(store)) == 3


def test_what_two_outlets_put_above_everything_is_no_story(store: Store) -> None:
    for name, start in (("one", 0), ("two", 100)):
        for n in range(start, start + 12):
            commit(store, listed(n, " ".join(Random(n).choices(WORDS, k=7)), DISCLAIMER * 2 + text(n, 12)), outlet=name)
    assert [copies for copies in stories(store) if len(copies) > 1] == []


def test_the_same_text_a_week_later_is_another_story(store: Store) -> None:
    commit(store, listed(1, "Museum opens on Sunday", text(4), hours=24 * 6), outlet="one")
    commit(store, listed(2, "Museum opens on Sunday", text(4)), outlet="two")
    assert len(stories(store)) == 2


def test_a_bare_title_tells_no_story() -> None:
    assert sketch("Weather", "Rain.") == b""


def test_sketches_are_forgotten_and_stories_stay(store: Store) -> None:
    commit(store, listed(1, "Museum opens on Sunday", text(4)), outlet="one")
    commit(store, listed(2, "Museum opens Sunday", text(4)), outlet="two")
    store.prune(NOW, timedelta(days=90))
    store.prune(NOW + timedelta(days=20), timedelta(days=90))
    assert store.read("select count(*) n from bands")[0]["n"] == 0
    assert store.read("select count(*) n from sketches")[0]["n"] == 0
    assert len(stories(store)) == 1


def test_the_sizes_of_stories_follow_what_joins_and_leaves_them(store: Store) -> None:
    """Whatever becomes of articles: what a filter is narrowed by is what the archive counts."""
    chance, counted = Random(2), "select story, count(*) + 1 as copies from articles where story != 0 group by story order by story"
    commit(store, *[listed(number, f"Title {number}", text(number)) for number in range(60)], outlet="harbour")
    for _ in range(40):
        with store.transaction() as db:
            for one in chance.sample(range(1, 61), 8):
                db.execute("update articles set story = ? where id = ?", (chance.choice((0, 1, 2, 3, one - 1)), one))
            db.execute("delete from articles where id = ?", (chance.randint(1, 60),))
        sizes = [tuple(row) for row in store.read("select story, copies from sizes order by story")]
        assert sizes == [tuple(row) for row in store.read(counted)]
    assert len(store.read("select id from articles")) < 40


@pytest.fixture
def told(store: Store) -> Store:
    """One story of three outlets and an article that stands alone, newer than its last copy."""
    body = text(1)
    commit(store, listed(1, "Council approves ferry budget", body, 5), outlet="one")
    commit(store, listed(2, "Ferry budget approved by council", body, 3, text=body * 3), outlet="two")
    commit(store, listed(4, "Orchestra visits island school", text(2), 2), outlet="one")
    commit(store, listed(3, "Ferry budget: council approves", body, 1), outlet="three")
    return store


def shown(articles: tuple[Article, ...]) -> list[tuple[int, str, list[str]]]:
    return [(one.id, one.outlet, [other.outlet for other in one.others]) for one in articles]


def test_a_feed_tells_a_story_once_in_the_place_of_the_first(told: Store) -> None:
    assert shown(select(feed(), told, NOW)) == [(4, "three", []), (3, "one", []), (2, "two", []), (1, "one", [])]
    assert shown(select(feed(stories="first"), told, NOW)) == [(3, "one", []), (1, "one", ["two", "three"])]
    assert shown(select(feed(stories="longest"), told, NOW)) == [(3, "one", []), (1, "two", ["one", "three"])]
    assert shown(select(feed(stories="longest", prefer=["three"]), told, NOW)) == [(3, "one", []), (1, "three", ["one", "two"])]
    assert shown(select(feed(stories="first", limit=1), told, NOW)) == [(3, "one", [])]


def test_a_storys_identity_and_dates_are_those_of_its_first(told: Store) -> None:
    first = told.articles([1])[1]
    one = select(feed(stories="longest"), told, NOW)[1]
    assert (one.guid, one.date, one.position) == (first.guid, first.date, first.position)
    assert (one.link, one.title) == ("https://x.example/2", "Ferry budget approved by council")


def test_a_story_that_grows_too_old_does_not_come_back_as_its_later_copy(told: Store) -> None:
    old = feed(stories="first", query="age:<4h")
    assert shown(select(old, told, NOW)) == [(3, "one", [])]


def test_a_copy_the_filter_keeps_out_takes_no_part(told: Store) -> None:
    query = "ferry NOT outlet:one"
    assert str(parse(query))
    assert shown(select(feed(stories="first", query=query), told, NOW)) == [(2, "two", ["three"])]
    assert shown(select(feed(stories="first", outlets=["one", "three"]), told, NOW)) == [(3, "one", []), (1, "one", ["three"])]


def test_a_withdrawn_copy_is_nowhere(told: Store) -> None:
    told.set_desk(2, NOW, "desk", desk="withdrawn")
    assert shown(select(feed(stories="longest"), told, NOW))[1] == (1, "one", ["three"])


def test_a_filter_may_ask_for_the_size_of_the_story(told: Store) -> None:
    assert shown(select(feed(query="story:size>2", stories="first"), told, NOW)) == [(1, "one", ["two", "three"])]
    assert [one.id for one in select(feed(query="story:size<2"), told, NOW)] == [3]
    assert select(feed(query="story:size>3"), told, NOW) == ()
    with pytest.raises(QueryError, match="like story:size>2"):
        parse("story:big")


def test_the_front_page_tells_a_story_once_whichever_feeds_show_its_copies(told: Store, tmp_path: Path) -> None:
    feeds = (feed(id="latest", query="*", stories="first"), feed(id="ferry", query="ferry"), feed(id="all", query="*"))
    settings = config(tmp_path, feeds=feeds)
    page = settings.public / "index.html"

    def headlines() -> list[str]:
        return [str(one) for one in html.parse(page).xpath("//section[@class='latest']//h3/a/text()")]

    publish(settings, told, NOW)
    assert headlines() == ["Ferry budget: council approves", "Orchestra visits island school"]
    commit(told, listed(9, "Orchestra visits an island school", text(2), 0), outlet="four")
    publish(settings, told, NOW)
    assert headlines() == ["Orchestra visits an island school", "Ferry budget: council approves"], "each by its newest copy"
    before = page.read_bytes()
    publish(settings, told, NOW, force=True)
    assert page.read_bytes() == before, "whichever feeds were rendered"

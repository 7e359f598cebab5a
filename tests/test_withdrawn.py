"""Edits that say nothing new are none, and an article its outlet took down leaves every output, though only once that is certain."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback import Answer, loopback
from tests.test_crawl import FEED, Command, configure, crawl, outlet
from tests.test_store import NOW, commit, found
from tickerwire.model import Entry, PageTask
from tickerwire.store import Store
from tickerwire.store.pages import PageRead
from tickerwire.store.rows import entry_hash

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Fire is out. Updated 3 minutes ago", "Fire is out. Updated 2 hours ago"),
        ("Feuer gelöscht (vor 5 Minuten)", "Feuer gelöscht (vor 2 Stunden)"),
        ("Fire is out, 12 comments", "Fire is out, 1,345 comments"),
        ("Incendie éteint il y a 3 heures", "Incendie éteint il y a 4 heures"),
    ],
)
def test_ages_and_counters_are_no_edits(before: str, after: str) -> None:
    assert entry_hash(Entry("", "t", summary=before)) == entry_hash(Entry("", "t", summary=after))


@pytest.mark.parametrize(
    ("before", "after"),
    [("3 dead in fire", "5 dead in fire"), ("Rates up 3 percent", "Rates up 4 percent"), ("After 3 days", "After 4 days")],
)
def test_numbers_that_are_the_news_are_edits(before: str, after: str) -> None:
    assert entry_hash(Entry("", before)) != entry_hash(Entry("", after))


def test_two_titles_in_turn_are_one_edit(store: Store) -> None:
    commit(store, found(1, "Ferry sinks"))
    for hour in range(1, 9):
        title = ("Ferry sinks", "Ferry goes under")[hour % 2]
        commit(store, found(1, title), at=NOW + HOUR * hour)
        (article,) = store.export()
        assert (article.title, article.revision, article.changed_at) == (title, 2, NOW + HOUR)
    commit(store, found(1, "Ferry raised"), at=NOW + HOUR * 9)
    assert next(iter(store.export())).revision == 3


def listing(*numbers: int) -> list[object]:
    return [found(n, published=NOW - HOUR * (20 - n)) for n in sorted(numbers, reverse=True)]


def checks(store: Store, hours: float) -> list[int]:
    return [task.article for task in store.pending_checks("one", NOW + HOUR * hours)]


def answer(store: Store, article: int, status: int, when: timedelta) -> None:
    read = PageRead(error=f"HTTP {status}", final=status in (404, 410), answered=status < 500)
    store.commit_page(PageTask(article, "one", "x", check=True), read, NOW + when)


def test_an_article_missing_from_the_midst_of_the_list_is_asked_for_and_one_from_its_end_is_not(store: Store) -> None:
    commit(store, *listing(1, 2, 3, 4, 5, 6))  # type: ignore[arg-type]
    commit(store, *listing(3, 4, 6, 7), at=NOW + HOUR * 8)  # type: ignore[arg-type]
    assert checks(store, 9) == [5]


def test_a_list_in_another_order_has_no_midst(store: Store) -> None:
    commit(store, *listing(*range(1, 12)))  # type: ignore[arg-type]
    commit(store, *listing(1, 5, 11), at=NOW + HOUR * 8)  # type: ignore[arg-type]
    assert checks(store, 9) == []


def test_what_three_days_of_404_confirm_is_withdrawn_and_comes_back_when_listed_again(store: Store) -> None:
    commit(store, *listing(1, 2, 3, 4))  # type: ignore[arg-type]
    commit(store, *listing(1, 2, 4), at=NOW + HOUR * 8)  # type: ignore[arg-type]
    for hours, status in ((9, 404), (34, 503), (59, 410)):
        assert checks(store, hours) == [3]
        answer(store, 3, status, HOUR * hours)
        assert store.articles([3])[3].desk == "", "one bad answer proves nothing"
    generation = store.generation()
    answer(store, 3, 410, HOUR * 84)
    assert store.articles([3])[3].desk == "withdrawn"
    assert store.generation() > generation
    word = store.history(3)["desk"][-1]
    assert word["who"] == "crawler"
    assert "HTTP 410 3 times" in str(word["word"])
    assert checks(store, 999) == []
    commit(store, *listing(1, 2, 3, 4), at=NOW + DAY * 5)  # type: ignore[arg-type]
    assert store.articles([3])[3].desk == ""


def test_a_page_that_is_there_is_not_asked_again(store: Store) -> None:
    commit(store, *listing(1, 2, 3, 4))  # type: ignore[arg-type]
    commit(store, *listing(1, 2, 4), at=NOW + HOUR * 8)  # type: ignore[arg-type]
    answer(store, 3, 200, HOUR * 9)
    commit(store, *listing(1, 2, 4, 5), at=NOW + HOUR * 16)  # type: ignore[arg-type]
    assert checks(store, 999) == []


def test_the_desks_own_word_stays(store: Store) -> None:
    commit(store, *listing(1, 2, 3, 4))  # type: ignore[arg-type]
    store.set_desk(3, NOW, "Ann", desk="withdrawn")
    commit(store, *listing(1, 2, 3, 4), at=NOW + DAY)  # type: ignore[arg-type]
    assert store.articles([3])[3].desk == "withdrawn"


def test_a_crawl_asks_for_what_vanished_and_takes_it_out_of_the_feed(tickerwire: Command, tmp_path: Path) -> None:
    def feed(*numbers: int) -> Answer:
        items = "".join(
            f"<item><title>Story {n}</title><link>{host.url(f'/{n}')}</link><pubDate>Mon, 23 Nov 2026 0{n}:00:00 +0000</pubDate></item>"
            for n in numbers
        )
        return Answer(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode())

    with loopback({}) as host:
        host.answers[FEED] = feed(4, 3, 2, 1)
        configure(tmp_path, outlet("one", host.url(FEED)))
        crawl(tickerwire)
        host.answers[FEED] = feed(4, 2, 1)
        for _ in range(4):
            earlier(tmp_path, days=1)
            host.answers[FEED].body += b"<!-- changed -->"
            crawl(tickerwire)
        shown = json.loads((tmp_path / "var/public/feeds/all.json").read_text())
        assert [item["title"] for item in shown["items"]] == ["Story 4", "Story 2", "Story 1"]
        assert host.paths().count("/3") == 3


def earlier(place: Path, days: int) -> None:
    """Let so much time have passed since all that is stored."""
    moments = {"articles": ["last_listed"], "checks": ["since", "next_try"]}
    with closing(sqlite3.connect(place / "var/tickerwire.db")) as db, db:
        for table, columns in moments.items():
            for column in columns:
                db.execute(f"update {table} set {column} = strftime('%Y-%m-%dT%H:%M:%SZ', {column}, '-{days} days')")

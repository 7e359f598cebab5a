"""Items that say what they said last time: not read again, never lost, and an article for an article what a full reading gives."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.read.item import DIGEST, Origin
from crawler.work import SourceRead, read_source
from tests.loopback import Answer, Loopback, rss
from tests.test_crawl import FEED, Command, configure, crawl, good, outlet, stored
from tests.test_store import NOW, SOURCE, commit, everything, found, store
from tickerwire.config import Source
from tickerwire.model import Identified, Relisted, Validators
from tickerwire.store import Store

__all__ = ["good", "store"]

HERE = Origin("https://one.example/feed", datetime(2026, 11, 23, 12, tzinfo=UTC), "en")
FIVE = [(str(n), f"Story {n}") for n in range(5)]


def read(*items: tuple[str, str], origin: Origin = HERE, **headers: str) -> SourceRead:
    return read_source(rss(*items), headers, origin, Source(kind="feed", url=origin.url))


def unread(told: SourceRead) -> list[bool]:
    return [isinstance(one.entry, Relisted) for one in told.entries]


def test_what_is_known_is_not_read_again() -> None:
    first = read(*FIVE)
    assert (len(first.items), any(unread(first))) == (5 * DIGEST, False)
    again = read(("9", "New"), *FIVE[:2], ("2", "Corrected"), origin=replace(HERE, known=first.items))
    assert unread(again) == [False, True, True, False]
    assert [one.entry.title for one in again.entries] == ["New", "", "", "Corrected"]
    assert [one.keys for one in again.entries[1:]] == [one.keys for one in first.entries[:3]]


@pytest.mark.parametrize("changed", [{"language": "de"}, {"timezone": "Asia/Tokyo"}, {"url": "https://one.example/moved"}])
def test_what_an_item_means_depends_on_where_it_stands(changed: dict[str, str]) -> None:
    origin = replace(HERE, known=read(*FIVE).items, **changed)  # type: ignore[arg-type]
    assert not any(unread(read(*FIVE, origin=origin)))


def test_a_reservation_in_the_headers_makes_every_item_new_to_read() -> None:
    told = read(*FIVE, origin=replace(HERE, known=read(*FIVE).items), **{"tdm-reservation": "1"})
    assert [one.entry.provenance["optout"] for one in told.entries] == ["tdm"] * 5


def item(link: str, guid: str, title: str) -> str:
    named = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return f"<item><title>{title}</title><link>{link}</link>{named}</item>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            [("https://one.example/a", "g1111", "A")],
            [("https://one.example/a", "g2222", "B")],
        ),  # one link, two articles
        ([("https://one.example/", "", "A"), ("https://one.example/", "", "B")], [("https://one.example/", "", "C")]),
        ([("https://one.example/a", "same", "A")], [("https://one.example/b", "same", "B")]),
        ([("https://one.example/live", "", "At 8:00")], [("https://one.example/live", "", "At 9:00")]),
    ],
)
def test_identity_is_what_a_full_reading_gives(before: list[tuple[str, str, str]], after: list[tuple[str, str, str]]) -> None:
    def listed(items: list[tuple[str, str, str]], known: bytes = b"") -> SourceRead:
        body = "".join(item(*one) for one in items)
        document = f"<rss version='2.0'><channel><title>T</title>{body}</channel></rss>".encode()
        return read_source(document, {}, replace(HERE, known=known), Source(kind="feed", url=HERE.url))

    known = listed(before).items
    whole, quick = listed([*after, *before]), listed([*after, *before], known)
    assert [(one.keys, one.guid_hash, one.url) for one in quick.entries] == [
        (one.keys, one.guid_hash, one.url) for one in whole.entries
    ]


def relisted(number: int) -> Identified:
    full = found(number)
    return replace(full, entry=Relisted(full.entry.link, "", full.entry.source_guid))


def test_what_is_listed_again_is_neither_new_nor_edited_and_kept(store: Store) -> None:
    commit(store, found(1), found(2))
    later = NOW + timedelta(days=40)
    assert commit(store, relisted(1), found(3), at=later) == (1, 0)
    assert [(one.title, one.revision) for one in everything(store)] == [("Story 3", 1), ("Story 1", 1), ("Story 2", 1)]
    assert store.prune(later, timedelta(days=30)) == 1
    assert {one.title for one in everything(store)} == {"Story 1", "Story 3"}


def test_what_is_not_known_after_all_has_its_source_read_anew(store: Store) -> None:
    given = Validators('"1"', body_hash="abc", items=b"12345678")
    commit(store, found(1), validators=given)
    assert store.validators("one", 1) == {SOURCE: given}
    assert commit(store, relisted(1), relisted(2), validators=given) == (0, 0)
    assert store.validators("one", 1) == {SOURCE: Validators()}


def test_an_article_whose_ledger_was_lost_comes_back(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    """Somebody deletes rows by hand, or restores half a backup: within two crawls everything listed is stored again."""
    configure(tmp_path, outlet("good", good.url(FEED)))
    crawl(tickerwire)
    with closing(sqlite3.connect(tmp_path / "var/tickerwire.db", isolation_level=None)) as db:
        db.execute("delete from seen where article = (select id from articles where title = 'Second')")
        db.execute("delete from articles where title = 'Second'")
    titles = []
    for number in range(3, 6):
        good.answers[FEED] = Answer(rss(("1", "First"), ("2", "Second"), (str(number), f"N{number}")))
        crawl(tickerwire)
        titles.append([row["title"] for row in stored(tmp_path)])
    assert "Second" in titles[1]
    assert sorted(titles[2]) == ["First", "N3", "N4", "N5", "Second"]


def test_an_item_that_its_title_alone_tells_apart_is_read_in_full() -> None:
    body = b"<rss version='2.0'><channel><title>T</title><item><title>Only a title</title></item></channel></rss>"
    first = read_source(body, {}, HERE, Source(kind="feed", url=HERE.url))
    again = read_source(body, {}, replace(HERE, known=first.items), Source(kind="feed", url=HERE.url))
    assert again.entries == first.entries
    assert again.entries[0].entry.title == "Only a title"

"""The store on a real file: identity, revisions, ledger, pages, retention, transactions, and what the desk said."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tickerwire.errors import UsageError
from tickerwire.model import Article, Entry, FeedState, Identified, OutletOutcome, SourceOutcome, Validators
from tickerwire.query import parse
from tickerwire.store import Archive, Store
from tickerwire.store.pages import MAX_ATTEMPTS, PageRead

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SOURCE = "https://one.example/feed"
AUTHORITY = "news.example,2026"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def found(number: int, title: str = "", link: str = "", **said: object) -> Identified:
    address = link or f"https://one.example/{number}"
    entry = Entry(link=address, title=title or f"Story {number}", source_guid=f"g{number}", **said)  # type: ignore[arg-type]
    return Identified(entry, f"hash{number}", address, (f"u:{address}", f"g:g{number}"))


def outcome(*entries: Identified, outlet: str = "one", at: datetime = NOW, **source: object) -> OutletOutcome:
    values: dict[str, object] = {
        "url": SOURCE,
        "kind": "feed",
        "result": "ok",
        "status": 200,
        "entries": entries,
    } | source
    return OutletOutcome(outlet, at, at, (SourceOutcome(**values),), at + timedelta(hours=1), at)  # type: ignore[arg-type]


def commit(store: Store, *entries: Identified, full_text: bool = False, **other: object) -> tuple[int, int]:
    (tally,) = store.commit_outlets([(outcome(*entries, **other), full_text)], AUTHORITY)  # type: ignore[arg-type]
    if isinstance(tally, Exception):
        raise tally
    return tally.new, tally.revised


def everything(store: Archive, query: str = "*") -> list[Article]:
    return list(store.candidates(parse(query), NOW))


def test_first_sight_mints_ids_in_order_of_date_and_keeps_them(store: Store) -> None:
    newer = found(2, published=NOW - timedelta(hours=1))
    older = found(1, published=NOW - timedelta(hours=5))
    assert commit(store, newer, older) == (2, 0)
    first, second = everything(store)
    assert (first.title, second.title) == ("Story 2", "Story 1")
    assert first.id > second.id
    assert first.guid == "tag:news.example,2026:one/hash2"
    assert commit(store, newer, older, at=NOW + timedelta(hours=1)) == (0, 0)
    assert [a.id for a in everything(store)] == [first.id, second.id]


def test_edits_make_revisions_and_never_move_dates_or_ids(store: Store) -> None:
    commit(store, found(1, published=NOW - timedelta(hours=5)))
    before = everything(store)[0]
    edited = found(1, "Story 1, corrected", "https://one.example/moved", published=NOW, tags=("x",))
    assert commit(store, edited, at=NOW + timedelta(hours=2)) == (0, 1)
    after = everything(store)[0]
    assert (after.id, after.guid, after.published, after.first_seen) == (
        before.id,
        before.guid,
        before.published,
        before.first_seen,
    )
    assert (after.title, after.revision, after.changed_at) == ("Story 1, corrected", 2, NOW + timedelta(hours=2))
    assert store.read("select revision, was from revisions")[0]["revision"] == 1
    assert "Story 1" in store.read("select was from revisions")[0]["was"]


def test_a_new_guid_for_a_known_address_is_the_same_article(store: Store) -> None:
    commit(store, found(1))
    same = Identified(
        Entry("https://one.example/1", "Story 1", "other-scheme"),
        "x",
        "",
        ("u:https://one.example/1", "g:other-scheme"),
    )
    assert commit(store, same) == (0, 0)
    by_new_guid = Identified(Entry("https://one.example/elsewhere", "Story 1", "other-scheme"), "x", "", ("u:e", "g:other-scheme"))
    assert commit(store, by_new_guid) == (0, 0)


def test_an_article_that_moves_is_found_where_it_is_now(store: Store) -> None:
    here, there, other = (f"https://one.example/{name}" for name in ("1", "moved", "other"))
    commit(store, found(1))
    (before,) = everything(store)
    moved = Identified(found(1, link=there).entry, "hash-moved", there, (f"u:{there}", "g:g1"))
    assert commit(store, moved, at=NOW + timedelta(hours=1)) == (0, 0), "that is no edit"
    (after,) = everything(store)
    assert (after.url, after.link) == (there, there)
    assert [len(list(store.candidates(parse(f"url:{one}"), NOW))) for one in ("example/moved", "example/1")] == [1, 0]
    assert (after.id, after.guid, after.revision, after.changed_at) == (before.id, before.guid, 1, before.changed_at)
    shared = Identified(found(1, link=other).entry, "h", other, ("g:g1",))  # an address that is no identity, as a home page
    bare = Identified(Entry("", "Story 1", "g1"), "h", "", ("g:g1",))
    for one in (shared, bare):
        commit(store, one, at=NOW + timedelta(hours=2))
    commit(store, moved, url="https://one.example/sitemap", at=NOW + timedelta(hours=2))
    amp = Identified(found(1, link=other).entry, "h", other, (f"u:{other}", "g:g1"))
    commit(store, amp, url="https://one.example/sitemap", at=NOW + timedelta(hours=3))  # not the source that listed it first
    assert [(one.url, one.link) for one in everything(store)] == [(there, there)]
    assert commit(store, found(1), at=NOW + timedelta(hours=4)) == (0, 0)
    assert [(one.url, one.link, one.guid) for one in everything(store)] == [(here, here, before.guid)]
    store.connection.execute("insert into articles_index (articles_index) values ('integrity-check')")


def test_an_outlet_owns_its_rows(store: Store) -> None:
    commit(store, found(1))
    assert commit(store, found(1, "Hijacked"), outlet="evil") == (1, 0)
    assert sorted((a.outlet, a.title) for a in everything(store)) == [("evil", "Hijacked"), ("one", "Story 1")]


def test_two_sources_of_one_outlet_do_not_edit_each_other(store: Store) -> None:
    commit(store, found(1, "As the feed words it"))
    for _ in range(2):
        assert commit(store, found(1, "As the sitemap words it"), url="https://one.example/sitemap") == (0, 0)
        assert commit(store, found(1, "As the feed words it")) == (0, 0)
    assert everything(store)[0].revision == 1


def test_validators_come_with_rows_and_stay_through_errors(store: Store) -> None:
    given = Validators('W/"1"', "Sun, 22 Nov 2026 11:00:00 GMT", "abc")
    commit(store, found(1), validators=given)
    assert store.validators("one", 1) == {SOURCE: given}
    commit(store, result="error", status=500, error="answered HTTP 500", entries=())
    assert store.validators("one", 1) == {SOURCE: given}
    assert store.validators("one", 2) == {}, "another parser version reads everything anew"
    health = store.health()["one"]
    assert (health.last_result, health.http_status, health.articles) == ("error", 500, 1)
    assert "HTTP 500" in health.last_error


def test_a_failing_commit_leaves_nothing_behind(store: Store) -> None:
    broken = Identified(Entry("https://one.example/2", None), "h", "", ("u:2",))  # type: ignore[arg-type]
    with pytest.raises(sqlite3.IntegrityError):
        commit(store, found(1), broken, validators=Validators('"new"'))
    assert everything(store) == []
    assert store.validators("one", 1) == {}
    assert commit(store, found(1)) == (1, 0)


def test_page_text_is_not_an_edit_and_may_bring_a_missing_date(store: Store) -> None:
    commit(store, found(1), full_text=True)
    task = store.pending_pages("one", NOW, 10)[0]
    page_date = NOW - timedelta(days=2)
    read = Entry("https://one.example/1", "Story 1", text="Whole text", published=page_date, provenance={"text": "trafilatura"})
    store.commit_page(task, PageRead(entry=read), NOW + timedelta(minutes=1))
    article = everything(store)[0]
    assert (article.revision, article.text, article.published, article.position) == (
        1,
        "Whole text",
        page_date,
        page_date,
    )
    assert article.page == "done"
    assert store.pending_pages("one", NOW, 10) == []
    assert [a.id for a in everything(store, "whole")] == [article.id], "the page's text is searchable"
    read_again = Entry("https://one.example/1", "Story 1", text="x", published=NOW)
    store.commit_page(task, PageRead(entry=read_again), NOW)
    assert everything(store)[0].published == page_date, "a date once stored never moves"


def test_pages_are_retried_later_and_given_up_with_a_reason(store: Store) -> None:
    commit(store, found(1), full_text=True)
    now = NOW
    for attempt in range(MAX_ATTEMPTS):
        task = store.pending_pages("one", now, 10)[0]
        assert task.attempts == attempt
        store.commit_page(task, PageRead(error="HTTP 503"), now)
        assert store.pending_pages("one", now, 10) == []
        now += timedelta(days=1)
    article = everything(store)[0]
    assert (article.page, article.provenance["page"]) == ("failed", "HTTP 503")


def test_retention_deletes_content_but_never_the_ledger(store: Store) -> None:
    commit(store, found(1), found(2))
    much_later = NOW + timedelta(days=20)
    commit(store, found(2), at=much_later)
    assert store.prune(much_later, timedelta(days=10)) == 1
    assert [a.title for a in everything(store)] == ["Story 2"]
    assert commit(store, found(1), at=much_later) == (0, 0), "what was pruned never comes back as new"
    assert everything(store, "1") == [], "and its text has left the index"


def test_retention_spares_what_an_unchanged_source_still_lists(store: Store) -> None:
    commit(store, found(1), validators=Validators('"1"'))
    for day in range(1, 40):
        commit(store, result="unchanged", status=304, entries=(), at=NOW + timedelta(days=day))
    assert store.prune(NOW + timedelta(days=39), timedelta(days=10)) == 0


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(days=900)])
def test_retention_waits_when_the_clock_jumps(store: Store, jump: timedelta) -> None:
    commit(store, found(1))
    store.prune(NOW, timedelta(days=10))
    assert store.prune(NOW + jump, timedelta(days=10)) == 0
    assert len(everything(store)) == 1


def test_ids_are_never_given_twice(store: Store) -> None:
    commit(store, found(1))
    first = everything(store)[0].id
    store.prune(NOW + timedelta(days=20), timedelta(days=1))
    commit(store, found(2), at=NOW + timedelta(days=20))
    assert everything(store)[0].id > first


def test_the_desk_takes_articles_out_of_every_selection(store: Store) -> None:
    commit(store, found(1), found(2))
    number = everything(store)[0].id
    before = store.generation()
    store.set_desk(number, NOW, "ann", desk="withdrawn")
    assert number not in [a.id for a in everything(store)]
    assert store.articles([number])[number].desk == "withdrawn"
    assert store.generation() > before
    with pytest.raises(UsageError, match="no such article"):
        store.set_desk(4711, NOW, "ann", desk="hidden")


def test_every_word_of_the_desk_is_kept_with_who_gave_it(store: Store) -> None:
    commit(store, found(1))
    number = everything(store)[0].id
    store.set_desk(number, NOW, "ann", desk="hidden")
    store.set_desk(number, NOW + timedelta(hours=1), "bob", desk="")
    with pytest.raises(UsageError):
        store.set_desk(4711, NOW, "ann", urgent=True)
    assert store.history(number)["desk"] == [
        {"at": "2026-11-22T12:00:00Z", "who": "ann", "word": 'desk = "hidden"'},
        {"at": "2026-11-22T13:00:00Z", "who": "bob", "word": 'desk = ""'},
    ]
    assert store.history(4711) == {"revisions": [], "desk": []}


def test_history_tells_what_each_edit_changed(store: Store) -> None:
    commit(store, found(1, "First", summary="Old", tags=("a",)))
    commit(store, found(1, "Second", summary="Old", tags=("a",)), at=NOW + timedelta(hours=1))
    commit(store, found(1, "Second", summary="New", tags=("b",)), at=NOW + timedelta(hours=2))
    (article,) = everything(store)
    assert store.history(article.id)["revisions"] == [
        {"revision": 1, "replaced_at": "2026-11-22T13:00:00Z", "was": {"title": "First"}},
        {"revision": 2, "replaced_at": "2026-11-22T14:00:00Z", "was": {"summary": "Old", "tags": '["a"]'}},
    ]


def test_old_records_go_but_the_first_and_the_latest_revisions_stay(store: Store) -> None:
    for hour in range(71):
        commit(store, found(1, f"Edit {hour}"), found(2), at=NOW + timedelta(hours=hour))
    (article,) = [one for one in everything(store) if one.title == "Edit 70"]
    store.finish_crawl(store.start_crawl(NOW), NOW, "finished", {})
    later = NOW + timedelta(days=89)
    store.finish_crawl(store.start_crawl(later), later, "finished", {})
    store.prune(later, timedelta(days=365))
    store.prune(NOW + timedelta(days=91), timedelta(days=365))
    assert [row["started"] for row in store.read("select started from crawls")] == ["2027-02-19T12:00:00Z"]
    kept = [row["revision"] for row in store.read("select revision from revisions where article = ?", (article.id,))]
    assert kept == [1, *range(21, 71)]


def test_authors_are_counted_by_outlet(store: Store) -> None:
    commit(store, found(1, authors=("Ann Lee", "Bo Ek")), found(2, authors=("Ann Lee",)), found(3, authors=("Cy Ng",)))
    commit(store, found(4, authors=("Ann Lee",)), outlet="two")
    hidden = next(article for article in everything(store) if article.authors == ("Cy Ng",))
    store.set_desk(hidden.id, NOW, "ann", desk="hidden")
    counted = [(one["author"], one["outlet"], one["articles"]) for one in store.authors()]
    assert counted == [("Ann Lee", "one", 2), ("Ann Lee", "two", 1), ("Bo Ek", "one", 1)]
    assert [one["author"] for one in store.authors("two")] == ["Ann Lee"]


def test_feed_states_come_back_as_saved(store: Store) -> None:
    state = FeedState("world", "s", "f", (3, 2, 1), NOW, stale=True, reason="kept")
    store.save_feed(state)
    assert store.feed_states() == {"world": state}


def test_the_tag_authority_is_fixed_at_the_first_run(store: Store) -> None:
    assert store.authority("", "news.example", NOW) == "news.example,2026"
    assert store.authority("", "renamed.example", NOW + timedelta(days=400)) == "news.example,2026"
    assert store.authority("own.example,2020", "x", NOW) == "own.example,2020"


def test_robots_are_kept_a_day(store: Store) -> None:
    store.save_robots("https://one.example", 200, "User-agent: *\nDisallow: /x", NOW)
    assert store.robots(NOW - timedelta(hours=24))["https://one.example"] == (200, "User-agent: *\nDisallow: /x")
    assert store.robots(NOW + timedelta(seconds=1)) == {}


def test_a_crawl_left_open_by_a_killed_run_is_closed_as_crashed(store: Store) -> None:
    store.start_crawl(NOW)
    second = store.start_crawl(NOW + timedelta(hours=1))
    store.finish_crawl(second, NOW + timedelta(hours=2), "finished", {"new": 3})
    assert [row["state"] for row in store.read("select state from crawls order by id")] == ["crashed", "finished"]
    assert store.last_crawl()["report"] == {"new": 3}

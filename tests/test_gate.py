"""The gate on real stores and files: what may not replace a good feed, and what may."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest

from syndicate.publish import publish
from tests.archive import NOW, commit, config, feed, outlet
from tests.test_publish import headlines, titles
from tests.test_select import commit_of
from tickerwire.store import Store


def many(tmp_path: Path, count: int = 20, name: str = "many.db") -> Store:
    store = Store.open(tmp_path / name)
    for number in range(count):
        commit(store, f"Storm {number}", NOW - timedelta(hours=count - number), link=f"https://harbour.example/storm-{number}")
    return store


def test_the_loss_of_most_items_is_held_back_unless_newer_ones_pushed_them_out(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(query="storm", limit=20))
    with many(tmp_path) as store:
        publish(settings, store, NOW)
        with store.transaction() as db:
            db.execute("delete from articles where id > 5 and id < 19")
            db.execute("update settings set value = value + 1 where name = 'generation'")
        report = publish(settings, store, NOW)
        assert report.feeds[0].stale
        assert "13 of 20 items vanished" in report.feeds[0].reason
        assert len(titles(tmp_path / "public")) == 20
        assert not publish(settings, store, NOW, force=True).feeds[0].stale
    with many(tmp_path, 20, "other.db") as store:
        publish(replaced := config(tmp_path, feed(id="busy", query="storm", limit=20)), store, NOW)
        for number in range(18):
            commit(store, f"Storm again {number}", NOW, link=f"https://harbour.example/again-{number}")
        report = publish(replaced, store, NOW)
        assert (report.feeds[0].stale, report.feeds[0].changed) == (False, True), "pushed out"


def test_what_the_query_no_longer_wants_may_go(tmp_path: Path) -> None:
    with many(tmp_path) as store:
        publish(config(tmp_path, feed(query="storm")), store, NOW)
        assert not publish(config(tmp_path, feed(query="title:(1 OR 2 OR 3)")), store, NOW).feeds[0].stale, "the operator said so"
        publish(config(tmp_path, feed(query="storm age:<30h")), store, NOW)
        later = publish(config(tmp_path, feed(query="storm age:<30h")), store, NOW + timedelta(hours=25))
        assert (later.feeds[0].stale, later.feeds[0].items) == (False, 4), "age never trips it"


def test_a_rebuilt_database_with_other_identities_or_dates_is_held_back(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(query="storm"))
    with many(tmp_path) as store:
        publish(settings, store, NOW)
    with many(tmp_path, name="again.db") as store:
        assert not publish(settings, store, NOW).feeds[0].stale, "the same sources give the same identities"
    with many(tmp_path, name="other.db") as store:
        with store.transaction() as db:
            db.execute("update articles set guid = 'tag:other.example,2027:harbour/' || id")
        report = publish(settings, store, NOW)
        assert report.feeds[0].stale
        assert "20 of 20 items have another identity" in report.feeds[0].reason
        assert "tag_authority" in report.feeds[0].reason
    with many(tmp_path, name="now.db") as store:
        with store.transaction() as db:
            db.execute(
                "update articles set published = null, first_seen = '2026-11-22T11:59:00Z', position = '2026-11-22T11:59:00Z'"
            )
        assert "20 of 20 items published before are dated within" in publish(settings, store, NOW).feeds[0].reason
    with Store.open(tmp_path / "else.db") as store:
        for number in range(12):
            commit(store, f"Storm else {number}", NOW - timedelta(minutes=1))
        assert "all 12 items are dated within" in publish(settings, store, NOW).feeds[0].reason


def sql(store: Store, *statements: str) -> None:
    """What no command of ours does to a database, noticed as a change of every article."""
    with store.transaction() as db:
        for statement in statements:
            db.execute(statement)
        db.execute("insert or ignore into changes select id from articles")


@pytest.mark.parametrize(
    ("count", "damage", "reason"),
    [
        (5, "delete from articles where id < 5", "4 of 5 items vanished"),
        (20, "insert into articles_index (articles_index) values ('delete-all')", "20 of 20 items vanished"),
        (20, "update articles set content_html = '<p>x</p><script>1</script>' where id > 5", "15 of 20 items vanished"),
        (20, "update articles set guid = 'tag:other.example,2027:harbour/' || id", "20 of 20 items have another identity"),
        (20, "update articles set published = '2026-11-22T11:59:00Z'", "20 of 20 items published before are dated within"),
    ],
    ids=["a small feed", "a lost index", "articles that cannot be shown", "identities", "dates"],
)
def test_a_feed_that_was_published_keeps_its_files_whatever_happened_to_the_database(
    tmp_path: Path, count: int, damage: str, reason: str
) -> None:
    settings = config(tmp_path, feed(query="storm"))
    with many(tmp_path, count) as store:
        publish(settings, store, NOW)
        sql(store, damage)
        if "articles_index" in damage:
            commit(store, "Storm again", NOW)
        report = publish(settings, store, NOW).feeds[0]
        assert report.stale
        assert reason in report.reason
        assert len(titles(tmp_path / "public")) == count
        assert headlines(tmp_path / "public")["stale"] is True
        edited = publish(config(tmp_path, feed(query="storm", limit=49)), store, NOW).feeds[0]
        assert not edited.stale, "editing the feed starts afresh"


def test_an_outlets_share_explains_what_its_newer_articles_push_out_and_nothing_else(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(limit=20, max_share=0.5))
    with Store.open(tmp_path / "crowd.db") as store:
        for number in range(4):
            commit_of(store, "quay", number, hours=50)
        for number in range(10):
            commit_of(store, "harbour", number, hours=9)
        assert publish(settings, store, NOW).feeds[0].items == 14
        for number in range(10, 20):
            commit_of(store, "harbour", number)
        report = publish(settings, store, NOW).feeds[0]
        assert (report.stale, report.items) == (False, 14), "ten of fourteen gave way to newer ones of their outlet"
        sql(store, "delete from articles where id > 16", "update articles set position = '2026-01-01T00:00:00Z' where id < 5")
        report = publish(settings, store, NOW).feeds[0]
        assert report.stale
        assert "8 of 14 items vanished although they still match" in report.reason


def test_what_leads_a_feed_however_old_is_no_measure_of_what_was_pushed_out(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(query="storm", limit=20, first=["pinned"]))
    with many(tmp_path) as store:
        store.set_desk(1, NOW, "ann", pinned=True)
        publish(settings, store, NOW)
        for number in range(18):
            commit(store, f"Storm again {number}", NOW, link=f"https://harbour.example/again-{number}")
        report = publish(settings, store, NOW).feeds[0]
        assert (report.stale, report.items) == (False, 20)
        assert "Storm 0" in titles(tmp_path / "public")


def test_articles_that_cannot_be_shown_take_the_places_of_older_ones(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(query="storm", limit=20))
    with many(tmp_path) as store:
        publish(settings, store, NOW)
        for number in range(20):
            commit(store, f"Storm again {number}", NOW, link=f"https://harbour.example/again-{number}")
        sql(store, "update articles set url = '', link = '' where id > 38")
        report = publish(settings, store, NOW).feeds[0]
        assert (report.stale, report.items) == (False, 18), "the feed was full: nothing vanished"


def test_an_embargo_is_a_reason_to_leave(tmp_path: Path) -> None:
    with many(tmp_path) as store:
        publish(config(tmp_path, feed(query="storm")), store, NOW)
        later = feed(query="storm").model_copy(update={"embargoes": {"harbour": timedelta(hours=15)}})
        report = publish(config(tmp_path, later, outlets=(outlet(embargo="15h"),)), store, NOW).feeds[0]
        assert (report.stale, report.items) == (False, 6)


def test_force_overrides_and_says_what(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = config(tmp_path, feed(query="storm"))
    with many(tmp_path) as store:
        publish(settings, store, NOW)
        publish(settings, store, NOW, force=True)
        assert not caplog.records, "nothing was held back"
        sql(store, "delete from articles where id < 20")
        assert publish(settings, store, NOW).feeds[0].stale
        publish(settings, store, NOW, force=True)
        said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert said == [
            "feed world held back: 19 of 20 items vanished although they still match",
            "feed world published by force: 19 of 20 items vanished although they still match",
        ]
        assert titles(tmp_path / "public") == ["Storm 19"]
        assert "stale" not in headlines(tmp_path / "public")


def test_only_what_the_operator_wrote_is_an_edit_of_a_feed(tmp_path: Path) -> None:
    """A key that a later version adds must not let a render pass that this gate holds back: the digest is written down here."""
    with many(tmp_path, 1) as store:
        for said in ({}, {"limit": 50, "stories": "all", "webhooks": ()}):
            publish(config(tmp_path, feed(**said)), store, NOW)
            assert store.feed_states()["world"].spec_hash.startswith("6b0a0552569ec434")
        publish(config(tmp_path, feed(limit=49)), store, NOW)
        assert not store.feed_states()["world"].spec_hash.startswith("6b0a0552569ec434")

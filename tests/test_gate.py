"""The gate on real stores and files: what may not replace a good feed, and what may."""

from datetime import timedelta
from pathlib import Path

from syndicate.publish import publish
from tests.archive import NOW, commit, config, feed
from tests.test_publish import titles
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
        assert "within the last 10 minutes" in publish(settings, store, NOW).feeds[0].reason

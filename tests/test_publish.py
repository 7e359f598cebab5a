"""Publishing on a real store and a real directory: nothing touched twice, nothing good replaced by nothing."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from lxml import etree

from syndicate.opml import opml, outlets_opml
from syndicate.publish import publish
from tests.archive import NOW, commit, config, feed
from tests.conftest import SHARED
from tests.test_render import fits
from tickerwire.config.model import StoreSettings
from tickerwire.fresh import fresh
from tickerwire.health import status
from tickerwire.store import Store

FEED_FILES = ("feeds/world.rss", "feeds/world.atom", "feeds/world.json", "ticker/world.json")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        for number in range(1, 4):
            commit(opened, f"Rain {number}", NOW - timedelta(hours=10 - number))
        yield opened


def files(public: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below `public`: its last change in nanoseconds and its bytes."""
    found = (path for path in public.rglob("*") if path.is_file())
    return {str(path.relative_to(public)): (path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def titles(public: Path, name: str = "world") -> list[str]:
    return [each["title"] for each in json.loads((public / f"feeds/{name}.json").read_bytes())["items"]]


def headlines(public: Path) -> dict[str, object]:
    return fits((public / "ticker/world.json").read_bytes())


def test_the_whole_tree_is_published(tmp_path: Path, store: Store) -> None:
    report = publish(config(tmp_path), store, NOW)
    public = tmp_path / "public"
    wanted = {*FEED_FILES, "index.html", "feeds/world/index.html", "embed/world/index.html", "opml.xml", "robots.txt"}
    wanted |= {"schema/ticker-1.json", "assets/feed.css", "assets/manifest.json"}
    published = files(public)
    assert wanted <= set(report.written) <= set(published)
    for path in wanted:
        assert gzip.decompress(published[f"{path}.gz"][1]) == published[path][1]
        assert brotli.decompress(published[f"{path}.br"][1]) == published[path][1]
        assert (public / path).stat().st_mode & 0o777 == 0o644
        assert (public / path).parent.stat().st_mode & 0o777 == 0o755
    world = report.feeds[0]
    assert (world.id, world.items, world.changed, world.stale) == ("world", 3, True, False)
    assert titles(public) == ["Rain 3", "Rain 2", "Rain 1"]
    assert json.loads(published["schema/ticker-1.json"][1])["title"].startswith("ticker/1")


def test_publishing_again_touches_nothing(tmp_path: Path, store: Store) -> None:
    publish(config(tmp_path), store, NOW)
    before = files(tmp_path / "public")
    for again in (
        publish(config(tmp_path), store, NOW + timedelta(days=1)),
        publish(config(tmp_path), store, NOW, force=True),
    ):
        assert again.written == ()
        assert not again.feeds[0].changed
    assert files(tmp_path / "public") == before


def test_a_lost_file_comes_back_and_only_changed_feeds_are_written(tmp_path: Path, store: Store) -> None:
    settings = config(tmp_path, feed(id="rain", query="rain"), feed(id="snow", query="snow"))
    publish(settings, store, NOW)
    (tmp_path / "public/feeds/rain.atom").unlink()
    assert publish(settings, store, NOW).written == ("feeds/rain.atom",)
    commit(store, "Snow", NOW)
    report = publish(settings, store, NOW)
    assert [each.changed for each in report.feeds] == [False, True]
    assert not any("rain" in path for path in report.written)
    assert titles(tmp_path / "public", "snow") == ["Snow"]
    commit(store, "Rain and snow", NOW)
    assert [each.id for each in publish(settings, store, NOW, only=["rain"]).feeds] == ["rain"]
    assert titles(tmp_path / "public", "snow") == ["Snow"]


def test_edits_and_the_desk_change_what_is_shown(tmp_path: Path, store: Store) -> None:
    publish(config(tmp_path), store, NOW)
    first = json.loads((tmp_path / "public/feeds/world.json").read_bytes())["items"][0]
    commit(store, "Rain 3, corrected", NOW, link="https://harbour.example/Rain-3")
    assert publish(config(tmp_path), store, NOW).feeds[0].changed
    edited = json.loads((tmp_path / "public/feeds/world.json").read_bytes())["items"][0]
    assert edited["title"] == "Rain 3, corrected"
    assert (edited["id"], edited["date_published"]) == (first["id"], first["date_published"])
    assert edited["date_modified"] > first["date_modified"]
    for article in store.export():
        store.set_desk(article.id, NOW, "ann", desk="withdrawn")
    report = publish(config(tmp_path), store, NOW)
    assert (report.feeds[0].items, report.feeds[0].stale) == (0, False)
    assert titles(tmp_path / "public") == []


def lose_rows(store: Store) -> None:
    with store.transaction() as db:
        db.execute("delete from articles")


def test_sudden_emptiness_keeps_the_last_good_files(tmp_path: Path, store: Store) -> None:
    settings, public = config(tmp_path), tmp_path / "public"
    publish(settings, store, NOW)
    good = files(public)
    lose_rows(store)
    report = publish(settings, store, NOW)
    assert report.written == ("ticker/world.json",)
    assert report.feeds[0].stale
    assert "suddenly empty: 3 of 3" in report.feeds[0].reason
    kept = json.loads(good["ticker/world.json"][1])
    assert headlines(public) == kept | {"stale": True}
    assert {path: each for path, each in files(public).items() if "ticker/world" not in path} == {
        path: each for path, each in good.items() if "ticker/world" not in path
    }
    assert store.feed_states()["world"].stale
    assert store.feed_states()["world"].items == (3, 2, 1)
    assert publish(settings, store, NOW).written == ()  # stays as it is, still reported
    commit(store, "Sun", NOW)
    report = publish(settings, store, NOW)
    assert (report.feeds[0].stale, titles(public), "stale" in headlines(public)) == (False, ["Sun"], False)
    assert not store.feed_states()["world"].stale


def test_a_held_feed_recovers_with_its_old_items(tmp_path: Path, store: Store) -> None:
    settings, public = config(tmp_path), tmp_path / "public"
    publish(settings, store, NOW)
    good = headlines(public)
    store.save_feed(changed(store.feed_states()["world"], stale=True, reason="was held"))
    (public / "ticker/world.json").write_bytes(json.dumps(good | {"stale": True}).encode())
    publish(settings, store, NOW)
    assert headlines(public) == good
    assert not store.feed_states()["world"].stale


@pytest.mark.parametrize("way", ["force", "edited feed", "aged", "edited articles"])
def test_emptiness_that_is_meant_is_published(tmp_path: Path, store: Store, way: str) -> None:
    query = "rain age:<2d"
    publish(config(tmp_path, feed(query=query)), store, NOW)
    later, force = NOW, False
    if way == "force":
        lose_rows(store)
        force = True
    elif way == "edited feed":
        query = "rain wind age:<2d"
    elif way == "aged":
        later = NOW + timedelta(days=3)
    else:
        for number in (1, 2, 3):
            commit(store, "Dry", NOW, link=f"https://harbour.example/Rain-{number}", summary="Sun.")
    report = publish(config(tmp_path, feed(query=query)), store, later, force=force)
    assert (report.feeds[0].stale, titles(tmp_path / "public")) == (False, [])


def test_a_lost_database_replaces_no_good_file(tmp_path: Path, store: Store) -> None:
    settings, public = config(tmp_path), tmp_path / "public"
    publish(settings, store, NOW)
    before = files(public)
    with Store.open(tmp_path / "new.db") as empty:
        report = publish(settings, empty, NOW)
        assert "knows nothing" in report.feeds[0].reason
        assert titles(public) == ["Rain 3", "Rain 2", "Rain 1"]
        assert headlines(public)["stale"] is True
        assert files(public)["index.html"] == before["index.html"]
        assert publish(settings, empty, NOW).feeds[0].stale
        assert empty.feed_states()["world"].stale
        assert publish(settings, empty, NOW, force=True).feeds[0].items == 0
    assert titles(public) == []


def test_one_failing_feed_leaves_the_others(tmp_path: Path, store: Store) -> None:
    broken = feed(id="broken").model_copy(update={"query": "title:("})
    settings = config(tmp_path).model_copy(update={"feeds": (broken, feed())})  # no check at load stands in the way
    report = publish(settings, store, NOW)
    assert [(each.id, each.stale) for each in report.feeds] == [("broken", True), ("world", False)]
    assert report.feeds[0].reason.startswith("could not be rendered: ")
    assert titles(tmp_path / "public") == ["Rain 3", "Rain 2", "Rain 1"]


def test_an_article_that_cannot_be_shown_is_left_out_and_named(tmp_path: Path, store: Store) -> None:
    bad = commit(store, "Bad body", NOW, content_html="<p>x</p><script>alert(1)</script>")
    worse = commit(store, "No address", NOW, link="gopher://harbour.example/1")
    for attempt in range(2):
        published = publish(config(tmp_path), store, NOW)
        assert bool(published.written) == (attempt == 0)
        report = published.feeds[0]
        assert (report.items, report.stale) == (3, False)
        assert report.reason == (
            f"article {worse} left out: 'gopher://harbour.example/1' is not an http(s) address; "
            f"article {bad} left out: active content: <script>"
        )
    left = {str(worse): "'gopher://harbour.example/1' is not an http(s) address", str(bad): "active content: <script>"}
    assert store.feed_states()["world"].quarantined == left
    assert titles(tmp_path / "public") == ["Rain 3", "Rain 2", "Rain 1"]
    for path in (*FEED_FILES, "index.html", "feeds/world/index.html", "embed/world/index.html"):
        said = (tmp_path / "public" / path).read_text()
        assert all(f"Rain {number}" in said for number in (1, 2, 3)), path
        assert "Bad body" not in said, path
    store.set_desk(bad, NOW, "ann", desk="hidden")
    store.set_desk(worse, NOW, "ann", desk="withdrawn")
    publish(config(tmp_path), store, NOW)
    assert store.feed_states()["world"].quarantined == {}


def test_what_cannot_be_shown_is_named_beside_the_reason_a_feed_is_held_for(tmp_path: Path, store: Store) -> None:
    for number in range(7):
        commit(store, f"No address {number}", NOW, link=f"gopher://harbour.example/{number}")
    publish(config(tmp_path), store, NOW)
    lose_rows(store)
    settings = config(tmp_path, store=StoreSettings(url="sqlite:///t.db"))
    publish(settings, store, NOW)
    said = status(settings, NOW)["feeds"][0]
    assert said["stale"]
    assert said["reason"].startswith("suddenly empty: 3 of 3 items")
    assert said["reason"].endswith("is not an http(s) address; 7 articles in all")
    assert [each["reason"][:28] for each in said["quarantined"]] == [f"'gopher://harbour.example/{n}'" for n in reversed(range(7))]


@pytest.mark.shared
def test_feedcheck_passes_every_published_file(tmp_path: Path, store: Store) -> None:
    publish(config(tmp_path), store, NOW)
    targets = [str(tmp_path / "public" / path) for path in FEED_FILES[:3]]
    command = [sys.executable, str(SHARED / "tools/feedcheck.py"), "--json", "--level", "W", "--loopback"]
    done = subprocess.run([*command, *targets], capture_output=True, text=True, check=False, timeout=60)
    assert [json.loads(line)["findings"] for line in done.stdout.splitlines()] == [[], [], []]


def test_opml_lists_feeds_to_subscribe_to(tmp_path: Path) -> None:
    settings = config(tmp_path, feed(), feed(id="a", formats=["ticker"]), feed(id="b", title="B & C", formats=["json"]))
    outlines = etree.fromstring(opml(settings)).findall("body/outline")
    assert [(each.get("text"), each.get("xmlUrl"), each.get("htmlUrl")) for each in outlines] == [
        ("World & more", "https://news.example.org/feeds/world.rss", "https://news.example.org/feeds/world/"),
        ("B & C", "https://news.example.org/feeds/b.json", "https://news.example.org/feeds/b/"),
    ]
    sources = etree.fromstring(outlets_opml(settings)).findall("body/outline")
    assert [each.get("xmlUrl").partition("?")[0] for each in sources] == [
        f"https://{name}.example/feed" for name in ("harbour", "quay", "mole")
    ]


def test_what_retention_removed_leaves_the_feed_without_tripping_the_gate(tmp_path: Path, store: Store) -> None:
    publish(config(tmp_path), store, NOW)
    assert store.prune(NOW + timedelta(days=20), timedelta(days=10)) == 3
    report = publish(config(tmp_path), store, NOW + timedelta(days=20))
    assert (report.feeds[0].items, report.feeds[0].stale) == (0, False)


@pytest.mark.parametrize(
    ("query", "hours", "still"),
    [
        ("*", 10_000, True),
        ("age:<2d", 20, True),
        ("age:<2d", 40, False),
        ("age:>2d", 0, False),
        ("rain OR NOT age:<2d", 0, False),
    ],
)
def test_a_published_tree_is_known_to_be_fresh_until_an_item_ages_out(
    tmp_path: Path, store: Store, query: str, hours: int, still: bool
) -> None:
    settings = config(tmp_path, feed(query=query))
    store.prune(NOW, timedelta(days=1000))
    assert not fresh(settings, store, NOW)
    publish(settings, store, NOW)
    store.remember("pruned_at", (NOW + timedelta(hours=hours)).isoformat())
    assert fresh(settings, store, NOW + timedelta(hours=hours)) is still
    assert not fresh(config(tmp_path, feed(query=query, title="Other")), store, NOW)
    commit(store, "Sun", NOW)
    assert not fresh(settings, store, NOW)

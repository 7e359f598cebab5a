"""Publishing on a real store and a real directory: atomic files, nothing touched twice, nothing good replaced by nothing."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace as changed
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from lxml import etree

from syndicate import tree
from syndicate.opml import opml, outlets_opml
from syndicate.publish import publish
from tests.archive import NOW, commit, config, feed
from tests.conftest import ROOT, SHARED
from tests.test_render import fits
from tickerwire.config.model import StoreSettings
from tickerwire.errors import StoreError
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


def test_replace_writes_only_differences(tmp_path: Path) -> None:
    assert tree.replace(tmp_path / "p", "a/b.json", b"one")
    before = files(tmp_path)
    assert not tree.replace(tmp_path / "p", "a/b.json", b"one")
    assert files(tmp_path) == before
    assert tree.replace(tmp_path / "p", "a/b.json", b"two")
    assert sorted(files(tmp_path)) == ["p/a/b.json", "p/a/b.json.br", "p/a/b.json.gz"]
    assert tree.replace(tmp_path / "p", "a/picture.png", b"\x89")
    assert not (tmp_path / "p/a/picture.png.gz").exists()


def test_a_variant_newer_than_its_file_is_written_again(tmp_path: Path) -> None:
    tree.replace(tmp_path, "b.json", b"one")
    packed = tmp_path / "b.json.gz"
    packed.write_bytes(gzip.compress(b"two"))
    os.utime(packed, ns=(0, (tmp_path / "b.json").stat().st_mtime_ns + 1))
    assert tree.replace(tmp_path, "b.json", b"one")
    assert gzip.decompress(packed.read_bytes()) == b"one"
    assert not tree.replace(tmp_path, "b.json", b"one")


@pytest.mark.parametrize("relative", ["../b.json", "/etc/b.json", "a/../../b.json", "", "a/.hidden", "out/b.json"])
def test_replace_never_leaves_the_root(tmp_path: Path, relative: str) -> None:
    root = tmp_path / "p"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="does not lie inside"):
        tree.replace(root, relative, b"x")
    assert not (tmp_path / "b.json").exists()


def test_the_umask_does_not_hide_files(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        tree.replace(tmp_path / "p", "a/b.json", b"x")
    finally:
        os.umask(old)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "p", tmp_path / "p/a", tmp_path / "p/a/b.json")] == [
        0o755,
        0o755,
        0o644,
    ]


def test_trouble_with_the_disk_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "b.json").mkdir()
    with pytest.raises(StoreError, match=r"b\.json: Is a directory; .*move it away"):
        tree.replace(tmp_path, "b.json", b"x")
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match=r"a/b\.json: Not a directory; "):
        tree.replace(tmp_path, "a/b.json", b"x")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A real limit of the kernel's: no file of this process may grow beyond 4 kB."""
    tree.replace(tmp_path, "b.json", b"old")
    before = files(tmp_path)
    code = (
        "import resource, signal, sys; from pathlib import Path; from syndicate import tree\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: tree.replace(Path(sys.argv[1]), 'b.json', bytes(range(256)) * 100)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=30)
    assert done.stdout.startswith("StoreError")
    assert files(tmp_path)["b.json"] == before["b.json"]
    assert not list(tmp_path.glob(".*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from syndicate import tree
left = int(sys.argv[2])
def dies(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(dies)
tree.replace(Path(sys.argv[1]), "b.json", b"new" * 1000)
"""


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_killed_before_the_rename_the_old_file_stays(tmp_path: Path, renames: int) -> None:
    tree.replace(tmp_path, "b.json", b"old")
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(renames)]
    done = subprocess.run(command, check=False, cwd=ROOT, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "b.json").read_bytes() == b"old"
    assert len(list(tmp_path.glob(".*.tmp"))) == 1
    tree.sweep(tmp_path)
    assert not list(tmp_path.glob(".*.tmp"))
    assert tree.replace(tmp_path, "b.json", b"old") == (renames > 0)  # variants written by the killed one are not kept
    assert gzip.decompress((tmp_path / "b.json.gz").read_bytes()) == b"old"


def test_readers_see_only_whole_files(tmp_path: Path) -> None:
    versions = [json.dumps([number] * 20_000).encode() for number in range(2)]
    tree.replace(tmp_path, "b.json", versions[0])
    torn: list[int] = []
    reads = 0
    done = threading.Event()

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            plain, packed = (tmp_path / "b.json").read_bytes(), (tmp_path / "b.json.gz").read_bytes()
            if plain not in versions or gzip.decompress(packed) not in versions:
                torn.append(len(plain))
            reads += 1

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 5
    for number in range(1, 41):
        assert tree.replace(tmp_path, "b.json", versions[number % 2])
        if time.monotonic() > deadline:
            break
    done.set()
    reader.join()
    assert not torn
    assert reads > 0


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

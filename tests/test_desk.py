"""The desk's takedowns by the real command: out of every output at once, whoever else is writing, with who said what and when."""

import getpass
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import brotli
import pytest

from syndicate.web import WebServer, site
from tests.conftest import ROOT
from tests.loopback import Answer, loopback, rss
from tests.test_cli import archive
from tests.test_crawl import FEED, configure, crawl, outlet, until
from tests.test_service import fetch
from tickerwire.config import load
from tickerwire.store import Archive, Store, exclusive, write_lock

Command = Callable[..., subprocess.CompletedProcess[str]]
__all__ = ["archive"]
TITLE = "Ferry on time"


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(processes: Start, tmp_path: Path) -> Start:
    def start(*words: str) -> "subprocess.Popen[str]":
        place = ["--config", str(tmp_path / "config"), "--state", str(tmp_path)]
        return processes(sys.executable, "-m", "tickerwire", *place, *words, cwd=ROOT, stderr=subprocess.PIPE)

    return start


def showing(place: Path) -> list[str]:
    """Every place that says the article's title: files, whatever their encoding, and what is answered on request."""
    decode = {".gz": gzip.decompress, ".br": brotli.decompress}
    public = place / "var/public"
    found = [path for path in sorted(public.rglob("*")) if path.is_file()]
    said = {str(path.relative_to(public)): decode.get(path.suffix, bytes)(path.read_bytes()) for path in found}
    config = load(place / "config", place)
    oembed = "/oembed?format=json&url=https://news.example.org/feeds/all/"
    with WebServer() as server:
        server.serve(site(config))
        for path in ("/search?q=ferry", "/search?q=ferry&format=json", "/search?q=ferry&format=rss", oembed, "/feeds/all.rss", "/"):
            said[path] = fetch(f"http://127.0.0.1:{server.port}{path}")
    return [name for name, data in said.items() if b"on time" in data]  # a search marks the first word


@pytest.mark.parametrize("word", ["hide", "withdraw"])
def test_what_the_desk_takes_down_is_nowhere_any_more(tickerwire: Command, archive: Path, word: str) -> None:
    assert tickerwire("publish").returncode == 0
    before = showing(archive)
    formats = ["feeds/all.rss", "feeds/all.atom", "feeds/all.json", "ticker/all.json"]
    pages = ["index.html", "feeds/all/index.html", "embed/all/index.html"]
    assert {f"{path}{coding}" for path in formats + pages for coding in ("", ".gz", ".br")} <= {*before}
    assert len([name for name in before if name.startswith("/")]) == 6
    assert tickerwire("articles", word, "2").returncode == 0
    assert showing(archive) == []
    exported = [json.loads(line) for line in tickerwire("articles", "export", "--jsonl").stdout.splitlines()]
    assert [one.get("state") for one in exported] == [None, {"hide": "hidden", "withdraw": "withdrawn"}[word], None]
    undone = tickerwire("articles", word, "2", "--undo")
    assert (undone.returncode, undone.stderr.startswith(f"article 2: {word} undone, ")) == (0, True)
    assert showing(archive) == before
    log = json.loads(tickerwire("articles", "show", "2").stdout)["desk"]
    assert [(one["who"], one["word"]) for one in log] == [
        (getpass.getuser(), f'desk = "{exported[1]["state"]}"'),
        (getpass.getuser(), 'desk = ""'),
    ]
    assert all(one["at"].endswith("Z") for one in log)


def test_a_takedown_waits_for_whoever_writes_and_needs_no_second_try(tickerwire: Command, start: Start, archive: Path) -> None:
    assert tickerwire("publish").returncode == 0
    with exclusive(write_lock(archive / "var/tickerwire.db"), "tickerwire crawl"):
        assert tickerwire("articles", "withdraw", "99").returncode == 2, "whoever errs need not wait"
        process = start("articles", "withdraw", "2")
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"article 2: waits for tickerwire crawl (pid {os.getpid()}) to end")
        assert process.poll() is None
        assert TITLE in (archive / "var/public/feeds/all.rss").read_text()
    assert process.wait(30) == 0
    assert showing(archive) == []


def test_a_crawl_that_is_asked_to_end_lets_a_takedown_through(tickerwire: Command, start: Start, tmp_path: Path) -> None:
    ended = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        ended.wait(30)

    with loopback({FEED: Answer(rss(("1", "First"), ("2", TITLE)))}) as host:
        configure(tmp_path, outlet("one", host.url(FEED)))
        crawl(tickerwire)
        late = [f"/slow-{number}.xml" for number in range(5)]  # one after another, and each takes its twelve seconds
        configure(tmp_path, outlet("one", host.url(FEED)) + outlet("slow", *(host.url(path, "localhost") for path in late)))
        host.answers |= dict.fromkeys(late, Answer(act=slow))
        host.answers[FEED] = Answer(rss(("1", "First"), ("2", TITLE), ("3", "Third")))
        crawling = start("-q", "crawl", "--all")
        until(lambda: stored(tmp_path) == 3, 30)
        process = start("articles", "withdraw", "2")
        assert process.stderr is not None
        holder = process.stderr.readline()
        assert f"tickerwire crawl (pid {crawling.pid})" in holder
        crawling.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        ended.set()
        assert crawling.wait(20) == 143
    assert showing(tmp_path) == []
    assert "Third" in (tmp_path / "var/public/feeds/all.rss").read_text(), "what the crawl had committed is published, too"


def stored(place: Path) -> int:
    with Archive.open(place / "var/tickerwire.db") as opened:
        return len(list(opened.export()))


@pytest.fixture
def robbed(tickerwire: Command, archive: Path) -> Path:
    """An installation whose feed is held back: the rows of its other articles are lost."""
    assert tickerwire("publish").returncode == 0
    with Store.open(archive / "var/tickerwire.db") as store:
        store.connection.execute("delete from articles where id != 2")
        store.set_desk(2, store.articles([2])[2].position, "nobody", pinned=False)
    return archive


def test_a_takedown_in_a_feed_that_is_held_back_says_so_and_is_done(tickerwire: Command, robbed: Path) -> None:
    done = tickerwire("articles", "withdraw", "2")
    assert done.returncode == 1
    assert "tickerwire: feed all: suddenly empty: 2 of 3 items vanished" in done.stderr
    assert showing(robbed) == []
    assert all(title in (robbed / "var/public/feeds/all.rss").read_text() for title in ("Ferry late", "Bridge opens"))
    assert tickerwire("publish").returncode == 1
    forced = tickerwire("publish", "--force")
    assert forced.returncode == 0
    assert "feed all published by force: suddenly empty: 2 of 3 items vanished" in forced.stderr
    assert "Ferry late" not in (robbed / "var/public/feeds/all.rss").read_text()

"""What each failure costs a crawl: of an outlet only that outlet, of a crawl stopped or killed nothing the next one does not do."""

import json
import os
import pickle
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlite_utils import Database

from tests.conftest import ROOT
from tests.loopback import Answer, Loopback, loopback, rss
from tests.test_crawl import FEED, SITE, Command, configure, crawl, good, outlet, started, stored, until
from tickerwire.config import load
from tickerwire.store import exclusive, write_lock
from tickerwire.store.schema import STEPS, migrations

__all__ = ["good"]


def sleep(seconds: float) -> Callable[[BaseHTTPRequestHandler], None]:
    def act(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return act


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(400):
            handler.wfile.write(b"x" * 65536)
    except OSError:
        pass
    handler.close_connection = True


FAILURES = {
    "server-error": (Answer(b"oops", 500), "HTTP 500"),
    "missing": (Answer(b"", 404), "HTTP 404"),
    "html": (
        Answer(b"<!doctype html><html><body><h1>Welcome</h1></body></html>", headers={"Content-Type": "text/html"}),
        "HTML",
    ),
    "empty": (Answer(b""), "empty"),
    "endless": (Answer(act=endless), "larger than 10 MiB"),
    "loop": (Answer(b"", 302, {"Location": "/feed.xml"}), "redirect"),
    "liar": (Answer(b"", 304, conditional=False), "304"),
    "attributes": (
        Answer(b"<rss><channel><item " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/></channel></rss>"),
        "",
    ),
}


def test_every_failure_is_named_and_costs_only_itself(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    with loopback({f"/{name}": answer for name, (answer, _) in FAILURES.items()}) as bad:
        bad.answers[FEED] = FAILURES["loop"][0]
        closed = socket.socket()
        closed.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{closed.getsockname()[1]}/feed"
        closed.close()
        configure(
            tmp_path,
            outlet("good", good.url(FEED))
            + outlet("refused", refused)
            + outlet("private", "http://10.11.12.13/feed")
            + "".join(outlet(name, bad.url(f"/{name}")) for name in FAILURES),
        )
        done = tickerwire("crawl", "--all")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    told = json.loads(tickerwire("status", "--json").stdout)
    outlets = {o["id"]: o for o in told["outlets"]}
    assert outlets["good"]["state"] == "ok"
    assert outlets["good"]["articles"] == 2
    assert "robots.txt could not be fetched" in outlets["refused"]["reason"]
    assert "not a public address" in outlets["private"]["reason"]
    for name, (_, words) in FAILURES.items():
        assert outlets[name]["state"] == "failing", name
        assert outlets[name]["last_result"] == "error", name
        assert words in outlets[name]["last_error"], (name, outlets[name]["last_error"])
        assert f"tickerwire: {name}: " in done.stderr


def test_a_slow_outlet_delays_nobody(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    with loopback({FEED: Answer(act=sleep(30))}) as slow:
        configure(tmp_path, outlet("slow", slow.url(FEED)) + outlet("good", good.url(FEED)))
        process = started(tmp_path, "--deadline", "3", "--json")
        output, _ = process.communicate(timeout=30)
    report = json.loads(output)
    assert report["crawl"]["outlets"]["good"]["new"] == 2
    assert report["crawl"]["state"] == "deadline"
    assert process.returncode == 1


def test_sigterm_ends_a_crawl_cleanly_and_the_next_one_finishes_the_work(
    tickerwire: Command, tmp_path: Path, good: Loopback
) -> None:
    with loopback({FEED: Answer(act=sleep(8))}) as slow:
        configure(tmp_path, outlet("slow", slow.url(FEED)) + outlet("good", good.url(FEED)))
        process = started(tmp_path)
        until(lambda: FEED in slow.paths() and FEED in good.paths())
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        process.communicate(timeout=15)
        assert process.returncode == 143
        assert time.monotonic() - begun < 8
        slow.answers[FEED] = Answer(rss(("7", "Late")))
        report = crawl(tickerwire)
    assert report["crawl"]["outlets"]["slow"]["new"] == 1
    assert sorted(row["title"] for row in stored(tmp_path)) == ["First", "Late", "Second"]


def test_a_killed_parent_leaves_no_crawl_behind(tmp_path: Path, good: Loopback) -> None:
    with loopback({FEED: Answer(act=sleep(20))}) as slow:
        configure(tmp_path, outlet("slow", slow.url(FEED)))
        process = started(tmp_path)
        until(lambda: FEED in slow.paths())
        process.kill()
        process.communicate()

        def free() -> bool:
            try:
                with exclusive(write_lock(tmp_path / "var/tickerwire.db"), "test"):
                    return True
            except Exception:  # Busy while the orphan still stops
                return False

        until(free, 20)


def test_a_second_run_leaves_at_once_with_its_own_exit_code(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    with exclusive(write_lock(tmp_path / "var/tickerwire.db"), "tickerwire crawl"):
        done = tickerwire("crawl", "--all")
    assert done.returncode == 3
    assert "locked by tickerwire crawl" in done.stderr


FAILING = """
from crawler.process import main
from crawler.spiders.feed import FeedSpider

read = FeedSpider.read

async def fails(self, response, source, *rest):
    if response.url.endswith("/bad"):
        raise RuntimeError("a fault of our own")
    return await read(self, response, source, *rest)

FeedSpider.read = fails
main()
"""


def test_a_fault_of_our_own_costs_one_outlet_and_is_told(tmp_path: Path, good: Loopback) -> None:
    """The real crawl process, but for one function that fails."""
    good.answers["/bad"] = Answer(rss(("1", "First")))
    configure(tmp_path, outlet("bad", good.url("/bad"), good.url(FEED)) + outlet("good", good.url(FEED)))
    job = {"config": load(tmp_path / "config", tmp_path), "outlets": ["bad", "good"], "deadline": 30.0}
    with subprocess.Popen([sys.executable, "-c", FAILING], cwd=ROOT, stdin=-1, stdout=-1, stderr=-1) as child:
        assert child.stdin
        assert child.stdout
        pickle.dump(job | {"log_format": "text", "log_level": 30}, child.stdin)
        child.stdin.flush()
        report = json.loads(child.stdout.read())
    assert report["outlets"]["good"]["new"] == 2
    assert "a fault of our own" in report["outlets"]["bad"]["error"]
    assert report["outlets"]["bad"]["new"] == 2, "its other source is kept"


def test_a_read_only_state_directory_is_one_clear_line(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)), SITE + '[store]\nurl = "sqlite:////proc/nowhere/t.db"\n')
    done = tickerwire("crawl", "--all")
    assert done.returncode == 4
    assert "/proc/nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_configuration_points_at_init_and_demo(tickerwire: Command) -> None:
    done = tickerwire("crawl")
    assert done.returncode == 2
    assert "tickerwire init" in done.stderr
    assert "tickerwire demo" in done.stderr


def test_an_unknown_outlet_is_named(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    done = tickerwire("crawl", "--outlet", "nope")
    assert done.returncode == 2
    assert "nope" in done.stderr
    assert os.environ.get("TICKERWIRE_CONFIG") is None


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_database_whose_first_run_was_killed_at_it_is_finished_by_the_next(
    tickerwire: Command, tmp_path: Path, good: Loopback, steps: int
) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    (tmp_path / "var").mkdir()
    with closing(sqlite3.connect(tmp_path / "var/tickerwire.db")) as db:
        db.execute("pragma journal_mode = wal")
        if steps:
            migrations.apply(Database(db), stop_before=[*STEPS][steps])
    assert crawl(tickerwire)["crawl"]["outlets"]["good"]["new"] == 2

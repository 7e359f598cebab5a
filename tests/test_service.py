"""`run` and `demo` as long-lived processes: due outlets are crawled without being asked, readers see it, SIGTERM ends it all."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from logging import WARNING
from pathlib import Path
from threading import Event

import psutil
import pytest
from apscheduler.events import EVENT_JOB_MAX_INSTANCES

from scheduler import Service
from tests.conftest import ROOT
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import FEED, configure, outlet, until
from tests.test_render import fits
from tickerwire.config import load


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A started command and, at the end, proof that it left nothing behind."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tickerwire", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert psutil.wait_procs(children, timeout=5)[1] == []


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return bytes(answer.read())


def shows(url: str, words: str) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return words in fetch(url).decode()
        except (urllib.error.URLError, ConnectionError):
            return False

    return look


def test_the_service_crawls_what_is_due_serves_it_and_stops_on_sigterm(tmp_path: Path) -> None:
    with loopback({FEED: Answer(rss(("1", "First headline")))}) as host:
        configure(tmp_path, outlet("one", host.url(FEED), schedule="* * * * *"))
        port = free_port()
        words = ("--config", str(tmp_path / "config"), "--state", str(tmp_path), "run", "--port", str(port))
        base = f"http://127.0.0.1:{port}"
        with running(*words) as process:
            until(shows(f"{base}/ticker/all.json", "First headline"))
            assert json.loads(fetch(f"{base}/healthz"))["status"] == "ok"
            assert json.loads(fetch(f"{base}/status.json"))["outlets"][0]["state"] == "ok"
            host.answers[FEED] = Answer(rss(("1", "First headline"), ("2", "Second headline")))
            until(shows(f"{base}/feeds/all.rss", "Second headline"), 100)
            asked = [request.path for request in host.asked]
            assert asked.count("/robots.txt") == 1
        assert process.returncode == 143


def test_whole_minutes_are_ticks(tmp_path: Path) -> None:
    configure(tmp_path, outlet("one", "https://one.example/feed", schedule="* * * * *"))
    service = Service(load(tmp_path / "config", tmp_path), [])
    service.scheduler.start(paused=True)
    try:
        (job,) = service.scheduler.get_jobs()
        minute = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        for late in (0.1, 3.2, 58.7):
            fires = [job.trigger.get_next_fire_time(None, minute - timedelta(seconds=late))]
            while fires[-1] < minute:
                fires.append(job.trigger.get_next_fire_time(fires[-1], fires[-1] + timedelta(milliseconds=5)))
            assert fires[-1] == minute
    finally:
        service.scheduler.shutdown(wait=False)


def test_a_run_that_takes_longer_than_a_tick_is_nothing_to_warn_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    configure(tmp_path, outlet("one", "https://one.example/feed", schedule="* * * * *"))
    begun, ended, skipped = Event(), Event(), Event()

    class Busy(Service):
        def tick(self) -> None:
            begun.set()
            ended.wait(10)

    service = Busy(load(tmp_path / "config", tmp_path), [])
    service.scheduler.add_listener(lambda _: skipped.set(), EVENT_JOB_MAX_INSTANCES)
    service.scheduler.start()
    try:
        assert begun.wait(10)
        assert skipped.wait(10), "a tick comes every five seconds"
    finally:
        ended.set()
        service.scheduler.shutdown()
    assert [record.getMessage() for record in caplog.records if record.levelno >= WARNING] == []


def test_the_demo_makes_everything_once_without_internet(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tickerwire", "demo", "--once", "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 60, "a machine busy with other tests may need twice the promised 30 s"
    assert "Traceback" not in done.stderr
    for path in ("config/outlets.toml", "var/tickerwire.db", "var/public/index.html", "var/public/feeds/all.rss"):
        assert (tmp_path / path).is_file(), path
    tickers = [fits(file.read_bytes()) for file in (tmp_path / "var/public/ticker").glob("*.json")]
    assert len(tickers) >= 3
    states = dict(re.findall(r"^(\S+)\s+\d+ articles\s+(\w+)", done.stdout, re.MULTILINE))
    assert len(states) >= 5
    assert sorted(set(states.values())) == ["failing", "ok"]
    herald = (tmp_path / "var/public/feeds/all.json").read_text()
    for clutter in ("Articles)", "Leave a Reply", "News Ticker", ">420", '"420'):
        assert clutter not in herald


def test_the_demo_moves(tmp_path: Path) -> None:
    port = free_port()
    with running("demo", "--port", str(port), "--dir", str(tmp_path)) as process:
        base = f"http://127.0.0.1:{port}"
        until(shows(f"{base}/ticker/all.json", '"items"'), 60)
        first = {item["id"] for item in json.loads(fetch(f"{base}/ticker/all.json"))["items"]}

        def moved() -> bool:
            now = {item["id"] for item in json.loads(fetch(f"{base}/ticker/all.json"))["items"]}
            return bool(now - first)

        until(moved, 90)
        assert "<news-ticker" in fetch(f"{base}/").decode()
    assert process.returncode == 143


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_alone_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    # a shell's background job ignores it, and so would its children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    configure(tmp_path, outlet("one", "https://one.example/feed"))
    port = free_port()
    with running("--config", str(tmp_path / "config"), "--state", str(tmp_path), "serve", "--port", str(port)) as process:
        until(shows(f"http://127.0.0.1:{port}/healthz", "ok"))
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + (number if number == signal.SIGTERM else 2)
    assert "Traceback" not in errors

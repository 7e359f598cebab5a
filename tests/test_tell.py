"""Hub and webhooks told by the real commands and the service: what a killed run left, beside slow receivers, with secrets kept."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.loopback import Answer, Loopback, loopback, rss
from tests.receivers import SECRET, Post, always, receiver, verified
from tests.test_crawl import FEED, SITE, Command, configure, outlet, until
from tests.test_deliver import NOW
from tests.test_service import free_port, running
from tickerwire.config import load
from tickerwire.errors import ConfigError
from tickerwire.store import Store

FEEDS = '[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n[[feed.webhook]]\nurl = "{url}?key=${{KEY}}"\nsecret = "${{SECRET}}"\n'
WORDS = {"KEY": "q-token-7", "SECRET": SECRET}


def hooked(place: Path, source: Loopback, url: str) -> None:
    configure(place, outlet("one", source.url(FEED), schedule="* * * * *"), SITE + f'[publish]\nhub = "{url}/hub"\n')
    (place / "config/feeds.toml").write_text(FEEDS.format(url=url))


@pytest.fixture
def source() -> Iterator[Loopback]:
    fresh = rss(("1", "First headline")).replace(b"Sat, 21 Nov 2026 01:00:00 GMT", f"{NOW:%a, %d %b %Y %T} GMT".encode())
    with loopback({FEED: Answer(fresh)}) as host:
        yield host


def test_a_run_tells_at_its_end_and_the_next_one_what_was_left(tickerwire: Command, tmp_path: Path, source: Loopback) -> None:
    port = free_port()
    hooked(tmp_path, source, f"http://127.0.0.1:{port}")
    done = tickerwire("crawl", "--all", **WORDS)
    assert done.returncode == 0, done.stderr
    assert "Connection refused" in done.stderr
    status = tickerwire("status", "--json", **WORDS)
    said = json.loads(status.stdout)["feeds"][0]
    assert said["deliveries"] == {"pending": 4, "failed": 0, "last_error": f"127.0.0.1:{port}: Connection refused"}
    texts = done.stdout + done.stderr + status.stdout + tickerwire("-vv", "status", **WORDS).stdout
    texts += "".join(tickerwire("-vv", "publish", "--force", **WORDS).stderr)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "var").glob("tickerwire.db*"))
    for secret in (SECRET, SECRET[6:], "q-token-7"):
        assert secret not in texts
        assert secret.encode() not in stored
    with Store.open(tmp_path / "var/tickerwire.db") as opened:
        opened.connection.execute("update outbox set tried = '2026-01-01T00:00:00Z', made = '2026-01-01T00:00:00Z'")
    with receiver(port=port) as server:
        assert tickerwire("publish", **WORDS).returncode == 0
        assert sorted(one.path for one in server.posts) == ["/?key=q-token-7", "/hub", "/hub", "/hub"]
        assert [verified(one) for one in server.posts if "key" in one.path] == [True]
        assert json.loads(tickerwire("status", "--json", **WORDS).stdout)["feeds"][0]["deliveries"]["pending"] == 0


def hang(_: Post) -> int:
    time.sleep(30)
    return 0


def crawling(place: Path) -> subprocess.Popen[bytes]:
    """A crawl of everything, under way."""
    words = ["-m", "tickerwire", "--config", str(place / "config"), "--state", str(place), "crawl", "--all"]
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=os.environ | WORDS, stderr=subprocess.DEVNULL)


def test_a_process_killed_before_it_tells_leaves_it_to_the_next(tickerwire: Command, tmp_path: Path, source: Loopback) -> None:
    with receiver(hang) as server:
        hooked(tmp_path, source, server.url)
        with crawling(tmp_path) as process:
            until(lambda: len(server.posts) == 4, 30)
            process.send_signal(signal.SIGKILL)
        before = {one.headers.get("webhook-id") for one in server.posts}
        server.posts.clear()
        server.behave = always(200)
        assert tickerwire("publish", **WORDS).returncode == 0
        assert {one.headers.get("webhook-id") for one in server.posts} == before
        assert len(server.posts) == 4


def test_a_slow_receiver_does_not_hold_a_run_or_another_command_up(tickerwire: Command, tmp_path: Path, source: Loopback) -> None:
    with receiver(hang) as server:
        hooked(tmp_path, source, server.url)
        with crawling(tmp_path) as process:
            until(lambda: len(server.posts) == 4, 30)
            begun = time.monotonic()
            assert tickerwire("publish", **WORDS).returncode == 0, "the write lock is free, and nobody is told twice at once"
            assert len(server.posts) == 4
            assert process.wait(20) == 0
            assert time.monotonic() - begun < 13


def test_the_service_tells_in_the_background(tmp_path: Path, source: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as server:
        for name, value in WORDS.items():
            monkeypatch.setenv(name, value)
        hooked(tmp_path, source, server.url)
        words = ("--config", str(tmp_path / "config"), "--state", str(tmp_path), "run", "--port", str(free_port()))
        with running(*words) as process:
            until(lambda: len(server.posts) == 4, 40)
            assert (tmp_path / "var/tickerwire.db.outbox.lock").read_text() == f"tickerwire run (pid {process.pid})"
            begun = time.monotonic()
        assert time.monotonic() - begun < 10
        assert process.returncode == 143


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    configure(tmp_path, outlet("one", "https://one.example/feed"))
    (tmp_path / "config/feeds.toml").write_text(FEEDS.format(url="https://hooks.example/in"))
    read = load(tmp_path / "config", env=WORDS)
    hook = read.feeds[0].webhooks[0]
    assert (hook.url, hook.secret) == ("https://hooks.example/in?key=q-token-7", SECRET)
    assert SECRET not in repr(read)
    assert "q-token-7" not in repr(read)
    for env, why in (({"KEY": "k"}, "not set, or empty"), ({"KEY": "k", "SECRET": "s3cret-short"}, "24 bytes at least")):
        with pytest.raises(ConfigError) as refused:
            load(tmp_path / "config", env=env)
        assert why in str(refused.value)
        assert "s3cret" not in str(refused.value)
        assert 'feed[1] "all" webhook[1].secret' in str(refused.value)

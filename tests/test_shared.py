"""The main job on captured pages of real outlets, and under the feed checker."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from syndicate.web import WebServer, app
from tests.conftest import SHARED
from tests.test_cli import archive
from tests.test_crawl import FEEDS, SITE, tree, until
from tests.test_service import free_port, shows

Command = Callable[..., subprocess.CompletedProcess[str]]
__all__ = ["archive"]
SITES = 10


@pytest.fixture
def replay(processes: Callable[..., subprocess.Popen[str]]) -> int:
    port = free_port()
    tool = str(SHARED / "tools/replay.py")
    server = processes(sys.executable, tool, "serve", "--port", str(port))
    assert server.stdout is not None
    assert "outlets on" in server.stdout.readline()
    return port


def check_feeds(*targets: str) -> None:
    tool = str(SHARED / "tools/feedcheck.py")
    done = subprocess.run([sys.executable, tool, "--loopback", *targets], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("0 errors, 0 warnings") == len(targets), done.stdout


@pytest.mark.shared
def test_real_outlets_are_stored_published_and_then_left_alone(tickerwire: Command, tmp_path: Path, replay: int) -> None:
    made = subprocess.run(
        [sys.executable, str(SHARED / "tools/replay.py"), "outlets", "--port", str(replay), "-n", str(SITES)],
        capture_output=True,
        text=True,
        check=True,
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tickerwire.toml").write_text(SITE)
    (tmp_path / "config/outlets.toml").write_text(made.stdout)
    (tmp_path / "config/feeds.toml").write_text(FEEDS)
    first = json.loads(tickerwire("crawl", "--all", "--json", timeout=120).stdout)
    assert {came["result"] for came in first["crawl"]["outlets"].values()} == {"ok"}
    assert len(first["crawl"]["outlets"]) == SITES
    assert first["crawl"]["new"] >= SITES
    assert first["crawl"]["pages"] == first["crawl"]["new"]
    files = tree(tmp_path)
    feeds = [str(tmp_path / "var/public/feeds" / f"all.{kind}") for kind in ("rss", "atom", "json")]
    check_feeds(*feeds)
    second = json.loads(tickerwire("crawl", "--all", "--json").stdout)
    assert second["crawl"]["not_modified"] == SITES
    assert (second["crawl"]["new"], second["crawl"].get("bytes", 0)) == (0, 0)
    assert second["published"]["written"] == []
    assert tree(tmp_path) == files


@pytest.fixture
def served(tickerwire: Command, archive: Path) -> Iterator[str]:
    """The published tree over HTTP, under the address its feeds name."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    (archive / "config/tickerwire.toml").write_text(SITE.replace("https://news.example.org", base))
    assert tickerwire("publish").returncode == 0
    with WebServer("127.0.0.1", port) as server:
        server.serve(app(archive / "var/public", dict, base))
        until(shows(f"{base}/feeds/all.rss", "Bridge opens"))
        yield base


@pytest.mark.shared
def test_the_feed_checker_finds_nothing_over_http(served: str) -> None:
    check_feeds(*[f"{served}/feeds/all.{kind}" for kind in ("rss", "atom", "json")])

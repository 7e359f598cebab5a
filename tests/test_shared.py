"""The main job on captured pages of real outlets, and under the feed checker."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from syndicate.web import WebServer, site
from tests.conftest import SHARED
from tests.judges import complaints
from tests.test_cli import archive
from tests.test_clients import nginx
from tests.test_crawl import FEEDS, SITE, tree, until
from tests.test_service import fetch, free_port, shows
from tickerwire.config import load

Command = Callable[..., subprocess.CompletedProcess[str]]
Processes = Callable[..., subprocess.Popen[str]]
__all__ = ["archive"]
SITES = 10


@pytest.fixture
def replay(processes: Processes) -> int:
    port = free_port()
    tool = str(SHARED / "tools/replay.py")
    server = processes(sys.executable, tool, "serve", "--port", str(port))
    assert server.stdout is not None
    assert "outlets on" in server.stdout.readline()
    return port


@pytest.fixture
def farm(processes: Processes) -> list[str]:
    """The feeds of twelve made outlets; two fifths of their articles are copies of a story."""
    port = free_port()
    words = ("serve", "-n", "12", "--port", str(port), "--wire", "0.4")
    processes(sys.executable, str(SHARED / "tools/outlet_farm.py"), *words)
    listed = f"http://127.0.0.1:{port}/_farm/outlets.txt"
    until(shows(listed, "/feed"))
    return fetch(listed).decode().split()


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


@pytest.fixture(params=["tickerwire", "nginx"])
def served(request: pytest.FixtureRequest, tickerwire: Command, archive: Path, processes: Processes) -> Iterator[list[str]]:
    """Every feed there is over HTTP, under the addresses they name."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    hub = '[publish]\nhub = "https://hub.example.org/"\n'
    (archive / "config/tickerwire.toml").write_text(SITE.replace("https://news.example.org", base) + hub)
    assert tickerwire("publish").returncode == 0
    feeds = [f"{base}/feeds/all.{kind}" for kind in ("rss", "atom", "json")]
    if request.param == "nginx":
        nginx(archive / "nginx", archive / "var/public", processes, port=port)
        yield feeds
        return
    with WebServer("127.0.0.1", port) as server:
        server.serve(site(load(archive / "config", archive, {})))
        until(shows(feeds[0], "Bridge opens"))
        for kind in ("rss", "json"):  # a search has no date of its last change, which the checker would ask for over HTTP
            found = archive / f"search.{kind}"
            found.write_bytes(fetch(f"{base}/search?{urlencode({'q': 'bridge OR ferry', 'format': kind})}"))
            feeds.append(str(found))
        yield feeds


@pytest.mark.shared
def test_the_feed_checker_finds_nothing_over_http(served: list[str]) -> None:
    check_feeds(*served)


@pytest.mark.shared
def test_the_feed_checker_finds_nothing_in_the_demonstration(tickerwire: Command, tmp_path: Path) -> None:
    assert tickerwire("demo", "--once", "--dir", str(tmp_path / "demo"), timeout=90).returncode == 0
    feeds = [file for file in sorted((tmp_path / "demo/var/public/feeds").iterdir()) if file.suffix in {".rss", ".atom", ".json"}]
    assert len(feeds) >= 9
    check_feeds(*map(str, feeds))
    for file in feeds:
        assert file.suffix == ".json" or complaints(file.suffix[1:], file.read_bytes()) == []


@pytest.mark.shared
def test_judges_find_nothing_in_what_two_hundred_articles_of_a_farm_become(
    tickerwire: Command, tmp_path: Path, farm: list[str]
) -> None:
    outlets = (
        f'[[outlet]]\nid = "o{n}"\nname = "Outlet & {n}"\nhomepage = "http://o{n}.example"\nrepublish = "full"\n'
        f'[[outlet.source]]\nkind = "feed"\nurl = "{url}"\n'
        for n, url in enumerate(farm)
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config/tickerwire.toml").write_text(SITE)
    (tmp_path / "config/outlets.toml").write_text("".join(outlets))
    (tmp_path / "config/feeds.toml").write_text(FEEDS + 'limit = 200\nstories = "first"\n')
    assert json.loads(tickerwire("crawl", "--all", "--json", timeout=120).stdout)["crawl"]["new"] >= 200
    files = [tmp_path / f"var/public/feeds/all.{kind}" for kind in ("rss", "atom", "json")]
    check_feeds(*map(str, files))
    for file in files[:2]:
        assert complaints(file.suffix[1:], file.read_bytes()) == []

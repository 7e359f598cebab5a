"""Publishing killed at any instant and refused call for call by the system, under the crash tester: readers see only whole files.

The whole, which takes a quarter of an hour or more, with figures in test-artefacts/:
    TICKERWIRE_KILLS=100 TICKERWIRE_SWEEP=10 ./run.sh test tests/test_crash.py
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syndicate.publish import publish
from tests.archive import commit
from tests.conftest import PICTURES as ARTEFACTS, ROOT, SHARED
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import SITE, configure, outlet
from tickerwire.config import load
from tickerwire.store import Store

Command = Callable[..., subprocess.CompletedProcess[str]]
KILLS, SWEEP = int(os.environ.get("TICKERWIRE_KILLS", "5")), int(os.environ.get("TICKERWIRE_SWEEP", "1"))
IDENTITY = "select outlet, guid from articles"
FEEDS = '[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n[[feed]]\nid = "few"\ntitle = "Few"\nquery = "title:(1 OR 2 OR 3)"\n'
FOUND = re.compile(r"kills that hit a live process (\d+) \| injected faults (\d+) of which fired (\d+) \| file polls (\d+)")


def crashed(place: Path, name: str, crawl: str, kills: int, sweep: int, *more: str) -> dict[str, int]:
    """One tour of the crash tester; what it did. Fails when one of its invariants is broken."""
    tickerwire = f"env PYTHONPATH={ROOT} {sys.executable} -m tickerwire --config {{dir}}/config --state {{dir}} -q"
    words = ["--crawl", crawl.format(tickerwire=tickerwire), "--publish", f"{tickerwire} publish"]
    words += ["--db", "{dir}/var/tickerwire.db", "--pub", "{dir}/var/public", "--identity", IDENTITY]
    words += ["--kills", str(kills), "--sweep", str(sweep), "--work", str(place / "work"), *more]
    command = [sys.executable, str(SHARED / "tools/crashtest.py"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    ARTEFACTS.mkdir(exist_ok=True)
    (ARTEFACTS / f"crash-{name}.txt").write_text(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    said = FOUND.search(done.stdout)
    assert said, done.stdout
    return dict(zip(("kills", "faults", "fired", "polls"), map(int, said.groups()), strict=True))


@pytest.mark.shared
def test_a_publish_killed_at_any_instant_leaves_whole_files(tmp_path: Path) -> None:
    """Every file of the tree, published a day ago, changes; whatever happens to that publish, the next one repairs."""
    if SWEEP and not shutil.which("strace"):
        pytest.skip("strace is not installed: no system call of a publish is made to fail (Debian: apt install strace)")
    seed, now = tmp_path / "seed", datetime.now(UTC)
    seed.mkdir()
    configure(seed, outlet("harbour", "https://harbour.example/feed"))
    (seed / "config/feeds.toml").write_text(FEEDS)
    config = load(seed / "config", seed)
    with Store.open(config.database) as store:
        for number in range(60):
            if number == 30:
                publish(config, store, now - timedelta(days=1))
            commit(store, f"Storm {number}", now - timedelta(hours=70 - number), summary="Wind and rain. " * 40)
    did = crashed(tmp_path, "publish", "true", KILLS, SWEEP, "--seed", str(seed))
    assert did["kills"] >= KILLS // 2
    assert did["fired"] >= (0.8 if SWEEP >= 10 else 0.5) * did["faults"], "which calls are met is drawn; few draws may miss"
    assert did["polls"] > 100


@pytest.mark.shared
def test_a_crawl_killed_at_any_instant_loses_and_doubles_nothing(tmp_path: Path) -> None:
    items = [(str(number), f"Headline {number}") for number in range(30)]
    with loopback({f"/{name}.xml": Answer(rss(*items, link=f"http://127.0.0.1/{name}")) for name in "abc"}) as host:
        seed = tmp_path / "seed"
        seed.mkdir()
        configure(seed, "".join(outlet(name, host.url(f"/{name}.xml")) for name in "abc"), SITE)
        did = crashed(tmp_path, "crawl", "{tickerwire} crawl --all", KILLS // 2, SWEEP if KILLS > 50 else 0, "--seed", str(seed))
    assert did["kills"] >= KILLS // 2

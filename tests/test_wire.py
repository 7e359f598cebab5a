"""Stories against ground truth: the farm's wire copies are found, and no two of many real pages are taken for one story."""

import gzip
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from urllib.request import urlopen

import pytest

from crawler.extract import extract
from crawler.sketch import sketch
from tests.conftest import SHARED
from tests.test_crawl import SITE, Command, configure, outlet, until
from tests.test_service import free_port
from tests.test_stories import commit
from tickerwire.model import Entry, Identified
from tickerwire.store import Store

OUTLETS = 80
Pairs = set[tuple[int, ...]]


def pairs(groups: Iterable[list[int]]) -> Pairs:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


@pytest.mark.shared
def test_wire_copies_of_the_farm(tickerwire: Command, tmp_path: Path, processes: Callable[..., subprocess.Popen[str]]) -> None:
    port = free_port()
    words = [
        "serve",
        "-n",
        str(OUTLETS),
        "--port",
        str(port),
        "--epoch",
        "now",
        "--wire",
        ".3",
        "--themes",
        "1",
        "--page-kb",
        "6-7",
    ]
    processes(sys.executable, str(SHARED / "tools/outlet_farm.py"), *words)
    until(lambda: answers(port))
    configure(tmp_path, "".join(outlet(f"o{k}", f"http://127.10.0.{k}:{port}/feed") for k in range(OUTLETS)), SITE)
    assert tickerwire("crawl", "--all", "--no-publish", timeout=120).returncode == 0
    found, true = defaultdict(list), defaultdict(list)
    for line in tickerwire("articles", "export", "--jsonl").stdout.splitlines():
        one = json.loads(line)
        number = re.search(r"/news/(\d+)/", one["link"])
        assert number
        told = json.load(urlopen(f"http://127.0.0.1:{port}/_farm/truth?outlet={one['outlet'][1:]}&seq={number[1]}"))
        found[one["story"]].append(one["id"])
        if told["wire"] is not None:
            true[told["wire"]].append(one["id"])
    ours, wire = pairs(found.values()), pairs(true.values())
    assert len(wire) > 1000
    assert len(ours & wire) / len(ours) >= 0.99
    assert len(ours & wire) / len(wire) >= 0.95


def answers(port: int) -> bool:
    try:
        return bool(urlopen(f"http://127.0.0.1:{port}/_farm/stats").status == 200)
    except OSError:
        return False


@pytest.mark.shared
def test_no_two_of_many_real_pages_are_one_story(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    count = 0
    with Store.open(tmp_path / "t.db") as store:
        for path in sorted((SHARED / "corpus/pages").rglob("*.html.gz")):
            page = extract(gzip.decompress(path.read_bytes()), f"https://{path.stem}.example/")
            entry = Entry(link=f"https://x.example/{count}", title=page.title, text=page.text, published=now)
            made = sketch(entry.title, entry.text)
            commit(
                store, Identified(entry, f"{count:020x}", entry.link, (f"u:{count}",), made), outlet=path.name.split("_")[0].lower()
            )
            count += 1
        told = [one.story for one in store.export()]
    assert count > 100
    assert len(set(told)) == count

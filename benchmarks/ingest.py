"""Nothing in; what crawling N outlets costs, beside `reader` and the leanest Scrapy spider in the same run, as printed tables, out.

    ./run.sh benchmark ingest [--outlets 2000] [--rounds 3] [--part changed ...]

Every part starts with a first pass. CPU is user + system of every process of a command, those that outlived their parent
included; each figure is the best of the rounds, in turns, so that a noisy machine troubles all sides alike. Tickerwire does all it
does: robots.txt, address guard, workers, cleaning, storing, search index, ledger, health, publishing. `reader` (with twenty
workers) parses and stores, without a search index; the Scrapy spider downloads only.
"""

import argparse
import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.farm import ITEMS, Farm, running
from tests.hostile.campaign import sample

HERE = Path(__file__).parent
READER = HERE / ".peers/bin/python"
PR_SET_CHILD_SUBREAPER = 36  # prctl(2): orphans become ours, so that their CPU is counted when they end
SITE = """
[site]
base_url = "https://bench.example"
contact = "mailto:bench@bench.example"
[crawl]
allow_networks = ["127.0.0.0/8"]
delay = 0.0
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One command: seconds of CPU and of wall clock; MiB at the peak, shared pages once (0 when not watched)."""

    cpu: float
    wall: float
    peak: float = 0.0


def measured(words: list[str], watched: bool = False) -> Cost:
    """Run a command to its end, and that of all it started."""
    before, began, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), [0]
    known = {child.pid for child in psutil.Process().children()}
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=HERE.parent)
    watcher = threading.Thread(target=sample, args=(process.pid, peak, {}))
    if watched:
        watcher.start()
    code = process.wait()
    wall = time.monotonic() - began
    if watched:
        watcher.join()
    for child in psutil.Process().children():
        if child.pid not in known:
            os.waitpid(child.pid, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code:
        sys.exit(f"exit code {code}: {' '.join(words)}")
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall, peak[0] / 2**20)


class Bench:
    """One farm and the state of everyone who reads it."""

    def __init__(self, place: Path, farm: Farm, outlets: int) -> None:
        self.place, self.farm, self.newest = place, farm, ITEMS
        self.urls = farm.urls(outlets)
        (place / "config").mkdir(parents=True)
        (place / "config/tickerwire.toml").write_text(SITE)
        tables = [
            f'[[outlet]]\nid = "o{n}"\nname = "O{n}"\n[[outlet.source]]\nkind = "feed"\nurl = "{url}"\n'
            for n, url in enumerate(self.urls)
        ]
        (place / "config/outlets.toml").write_text("".join(tables))
        (place / "config/feeds.toml").write_text('[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n')
        (place / "urls").write_text("\n".join(self.urls))
        farm.set(newest=ITEMS, latency=0.0, slow=0)

    def tickerwire(self, watched: bool = False) -> Cost:
        words = [
            "-m",
            "tickerwire",
            "--config",
            f"{self.place}/config",
            "--state",
            str(self.place),
            "-q",
            "crawl",
            "--all",
            "--deadline",
            "3600",
        ]
        return measured([sys.executable, *words], watched)

    def reader(self, workers: int = 20) -> Cost:
        words = [str(HERE / "peer_reader.py"), str(self.place / "reader.db"), str(self.place / "urls"), str(workers)]
        return measured([str(READER), *words])

    def scrapy(self) -> Cost:
        (self.place / "tags.json").write_text(json.dumps([[url, f'"{self.newest}"'] for url in self.urls]))
        return measured([sys.executable, "-m", "benchmarks.peer_scrapy", str(self.place / "tags.json")])

    def publish(self, count: int) -> None:
        """So many new articles at every outlet."""
        self.newest += count
        self.farm.set(newest=self.newest)

    def first(self) -> None:
        """Everyone's first pass. The farm makes its documents in Tickerwire's."""
        self.tickerwire()
        self.reader(0)
        self.reader()


def best(costs: list[Cost]) -> Cost:
    return Cost(min(cost.cpu for cost in costs), min(cost.wall for cost in costs), max(cost.peak for cost in costs))


def row(what: str, cost: Cost, than: Cost | None = None, goal: str = "") -> None:
    ratio = f"{than.cpu / cost.cpu:8.2f} {than.wall / cost.wall:8.2f}" if than else " " * 17
    print(f"  {what:34} {cost.cpu:8.2f} {cost.wall:8.2f} {ratio}  {goal}", flush=True)


def heading(text: str) -> None:
    print(f"\n{text}\n  {'':34} {'CPU s':>8} {'wall s':>8} {'ours/CPU':>8} {'wall':>8}", flush=True)


def warmed(bench: Bench) -> None:
    """Have the farm make the documents of this generation before anyone is measured."""
    measured([sys.executable, "-m", "benchmarks.peer_scrapy", str(bench.place / "cold.json")])


def changed(bench: Bench, rounds: int) -> None:
    for count in (ITEMS, 3):
        ours, theirs = [], []
        for _ in range(rounds):
            bench.publish(count)
            (bench.place / "cold.json").write_text(json.dumps([[url, ""] for url in bench.urls]))
            warmed(bench)
            ours.append(bench.tickerwire())
            theirs.append(bench.reader())
        heading(f"{len(bench.urls)} outlets, all changed: {count} of {ITEMS} items new")
        mine = best(ours)
        row("Tickerwire", mine)
        row("reader", best(theirs), mine, "goal: at most 0.25 CPU")


def unchanged(bench: Bench, rounds: int) -> None:
    ours, theirs, least = [], [], []
    bench.farm.set()
    for _ in range(rounds):
        ours.append(bench.tickerwire())
        asked, sent = bench.farm.set()
        theirs.append(bench.reader())
        least.append(bench.scrapy())
    heading(f"{len(bench.urls)} outlets, none changed ({asked} requests, {sent} bytes of bodies)")
    mine = best(ours)
    row("Tickerwire", mine)
    row("reader", best(theirs), mine)
    row("leanest Scrapy spider", best(least), mine, "goal: at most 1.30 CPU")


def latency(bench: Bench, rounds: int) -> None:
    for slow, what in ((0, "200 ms latency"), (50, "200 ms latency, 2 % take 5 s")):
        bench.farm.set(latency=0.2, slow=slow)
        ours, theirs = [bench.tickerwire() for _ in range(rounds)], [bench.reader() for _ in range(min(rounds, 1))]
        heading(f"{len(bench.urls)} outlets, none changed, {what}")
        mine = best(ours)
        row("Tickerwire", mine)
        row("reader", best(theirs), mine, "goal: at most 0.25 wall")
    bench.farm.set(latency=0.0, slow=0)


def sizes(bench: Bench, rounds: int) -> None:
    """Memory, and cost per outlet, from 500 to 10,000 outlets."""
    names = ("CPU ms/outlet", "peak MiB") * 2
    print(f"\n{'':9}{'first pass':>32}{'unchanged':>32}\n  outlets" + "".join(f"{name:>16}" for name in names))
    for outlets in (500, 2_000, 10_000):
        each = Bench(bench.place / f"n{outlets}", bench.farm, outlets)
        (each.place / "cold.json").write_text(json.dumps([[url, ""] for url in each.urls]))
        warmed(each)
        first = each.tickerwire(watched=True)
        then = [each.tickerwire() for _ in range(rounds)]
        peak = each.tickerwire(watched=True).peak
        per = 1000 / outlets
        print(
            f"  {outlets:9,}{first.cpu * per:16.2f}{first.peak:16.0f}{best(then).cpu * per:16.2f}{peak:16.0f}",
            flush=True,
        )


PARTS: dict[str, Callable[[Bench, int], None]] = {
    "changed": changed,
    "unchanged": unchanged,
    "latency": latency,
    "sizes": sizes,
}


def main() -> None:
    """Run the parts asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks.ingest")
    parser.add_argument("--outlets", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", choices=PARTS, action="append")
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parts = options.part or list(PARTS)
    with tempfile.TemporaryDirectory() as place, running() as farm:
        bench = Bench(Path(place) / "bench", farm, options.outlets)
        if parts != ["sizes"]:
            bench.first()
        for part in parts:
            PARTS[part](bench, options.rounds)


if __name__ == "__main__":
    main()

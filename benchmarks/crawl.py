"""Nothing in; what a crawl of N outlets costs against a bare Scrapy spider sending the same requests, as a printed table, out.

    .venv/bin/python benchmarks/crawl.py [-n 500] [--rounds 3]

Needs an outlet farm beside the checkout (../shared/tools/outlet_farm.py). CPU is user + system of all processes of a command;
each figure is the best of the rounds, alternating, so that a noisy machine troubles both sides alike.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import psutil

FARM = Path(__file__).parent.parent.parent / "shared/tools/outlet_farm.py"
PORT = 8790

BARE = """
import json, sys
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess

class Bare(Spider):
    name = "bare"
    async def start(self):
        for url, tag in json.load(open(sys.argv[1])):
            yield Request(url, headers={"If-None-Match": tag} if tag else {}, meta={"handle_httpstatus_list": [304]})
    def parse(self, response):
        return None

process = AsyncCrawlerProcess({"LOG_LEVEL": "ERROR", "CONCURRENT_REQUESTS": 32, "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False, "ROBOTSTXT_OBEY": False, "COOKIES_ENABLED": False, "RETRY_ENABLED": False})
process.crawl(Bare)
process.start()
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """One command: CPU seconds, wall seconds, peak resident MiB over its process tree (shared pages counted once per process)."""

    cpu: float
    wall: float
    peak: float


def measure(command: list[str]) -> tuple[Cost, str]:
    """Run a command to its end and say what it cost."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = [0.0]
    watcher = threading.Thread(target=watch, args=(process.pid, peak))
    watcher.start()
    output, _ = process.communicate()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.monotonic() - begun, peak[0]), output


def watch(pid: int, peak: list[float]) -> None:
    """Sample the resident memory of a process tree until it ends."""
    try:
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            tree = [root, *root.children(recursive=True)]
            peak[0] = max(peak[0], sum(process.memory_info().rss for process in tree) / 2**20)
            time.sleep(0.05)
    except psutil.Error:
        return


def control(path: str) -> bytes:
    """A request to the farm's control endpoint."""
    method = "POST" if path.startswith(("publish", "tick", "reset", "set")) else "GET"
    with urllib.request.urlopen(
        urllib.request.Request(f"http://127.0.0.1:{PORT}/_farm/{path}", method=method)
    ) as answer:
        return bytes(answer.read())


def configure(place: Path, urls: list[str]) -> None:
    (place / "config").mkdir()
    (place / "config/tickerwire.toml").write_text(
        '[site]\nbase_url = "https://bench.example"\ncontact = "mailto:bench@bench.example"\n'
        '[crawl]\nallow_networks = ["127.0.0.0/8"]\ndelay = 0.0\n'
    )
    outlets = "".join(
        f'[[outlet]]\nid = "o{n}"\nname = "O{n}"\n[[outlet.source]]\nkind = "feed"\nurl = "{url}"\n'
        for n, url in enumerate(urls)
    )
    (place / "config/outlets.toml").write_text(outlets)
    (place / "config/feeds.toml").write_text('[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n')


def main() -> None:
    """Changed pass once, then unchanged passes against the bare spider."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    farm = subprocess.Popen(
        [sys.executable, str(FARM), "serve", "-n", str(options.n), "--port", str(PORT), "--warm"],
        stdout=subprocess.DEVNULL,
    )
    try:
        with tempfile.TemporaryDirectory() as place:
            run(Path(place), options.n, options.rounds)
    finally:
        farm.terminate()
        farm.wait()


def run(place: Path, outlets: int, rounds: int) -> None:
    for _ in range(600):
        try:
            urls = control("outlets.txt").decode().split()
            break
        except OSError:
            time.sleep(0.1)
    configure(place, urls)
    command = [
        sys.executable,
        "-m",
        "tickerwire",
        "--config",
        f"{place}/config",
        "--state",
        str(place),
        "-q",
        "crawl",
        "--all",
        "--json",
    ]
    first, output = measure(command)
    print(
        f"{outlets} outlets, first pass: {first.cpu:.2f} s CPU, {first.wall:.1f} s, peak {first.peak:.0f} MiB;", end=" "
    )
    print(f"{json.loads(output)['crawl']['new']} articles stored and published")
    tags = []
    for url in urls:
        with urllib.request.urlopen(url) as answer:
            tags.append((url, answer.headers["ETag"]))
    (place / "tags.json").write_text(json.dumps(tags))
    (place / "bare.py").write_text(BARE)
    ours, bare = [], []
    for _ in range(rounds):
        control("reset")
        cost, output = measure(command)
        report = json.loads(output)["crawl"]
        ours.append(cost)
        print(
            f"  unchanged: {cost.cpu:.2f} s CPU, {cost.wall:.1f} s, peak {cost.peak:.0f} MiB; requests {report['requests']},",
            end=" ",
        )
        print(f"304s {report['not_modified']}, body bytes {report.get('bytes', 0)}")
        cost, _ = measure([sys.executable, str(place / "bare.py"), str(place / "tags.json")])
        bare.append(cost)
        print(f"  bare:      {cost.cpu:.2f} s CPU, {cost.wall:.1f} s, peak {cost.peak:.0f} MiB")
    best, least = min(c.cpu for c in ours), min(c.cpu for c in bare)
    print(f"unchanged pass / bare Scrapy spider: {best:.2f} / {least:.2f} = {best / least:.2f} (goal: at most 2)")
    print(f"peak memory: {max(c.peak for c in [first, *ours]):.0f} MiB (goal: under 400)")


if __name__ == "__main__":
    main()

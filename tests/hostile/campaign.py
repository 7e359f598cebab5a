"""Hostile and good outlets in; three crawls of all of them by the real command, and what those left behind, out."""

import contextlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.conftest import ROOT
from tests.hostile.behaviour import Aftermath, Behaviour
from tests.hostile.certificates import AUTHORITY
from tests.hostile.farm import known, running as running_farm
from tests.hostile.nameserver import Names, naming
from tests.hostile.server import CANARY, GOOD, VAULT, Asked, Farm, serving
from tests.hostile.transport_keys import SECRET, VARIABLE
from tickerwire.errors import TickerwireError
from tickerwire.store import Archive

SITE = """
[site]
base_url = "https://news.example.org"
contact = "mailto:desk@news.example.org"
[crawl]
allow_networks = ["127.66.0.0/16", "127.88.0.0/24"]
delay = 0.0
"""


@dataclass(frozen=True)
class Crawled:
    """One crawl: its report, exit code, log lines, wall seconds, peak resident bytes of all its processes (shared pages once),
    when each outlet was committed (seconds after the start), and the processes it left."""

    report: dict[str, Any]
    code: int
    log: list[str]
    seconds: float
    peak: int
    committed: dict[str, float]
    left: list[str]
    began: float  # by the monotonic clock
    cpu: dict[str, float]  # seconds that reading each outlet's documents took


class Campaign:
    """All outlets of one configuration directory, each at an address of its own."""

    def __init__(self, place: Path, behaviours: Sequence[Behaviour], good: int = GOOD) -> None:
        self.place, self.behaviours, self.good = place, behaviours, good
        self.secret = "s3cret-" + os.urandom(8).hex()
        (place / "secret.txt").write_text(self.secret)
        self.farm, self.watch, self.names = Farm(), Farm(alert=True), Names()
        self.addresses = {b.name: f"127.66.{n // 200}.{n % 200 + 1}" for n, b in enumerate(behaviours)}
        self.addresses |= {f"good-{n}": f"127.66.{100 + n // 200}.{n % 200 + 1}" for n in range(good)}
        self.crawls: list[Crawled] = []

    def run(self, crawls: int = 3) -> None:
        """Crawl so often, everything due each time."""
        with contextlib.ExitStack() as stack:
            running = stack.enter_context(running_farm(self.addresses, self.place))
            self.farm.port = self.watch.port = running.port  # so that a name which becomes the canary's leads there
            known(self.farm, self.addresses, self.place)
            stack.enter_context(serving(self.watch, [CANARY, VAULT]))
            zone = {f"{name}.test": [f"A {address}"] for name, address in self.addresses.items()}
            self.names = stack.enter_context(naming(zone))
            for behaviour in self.behaviours:
                self.names.zone |= behaviour.names(self.farm.hosts[self.addresses[behaviour.name]])
            self.configure()
            for number in range(1, crawls + 1):
                self.farm.crawl = self.watch.crawl = number
                running.begin(number)
                self.rewind()
                self.crawls.append(self.crawl())
            self.farm.asked = running.asked()
            status = self.command("status", "--json")
            self.status = {o["id"]: o for o in json.loads(status.stdout)["outlets"]}

    def configure(self) -> None:
        """Hostile outlets first: whoever is slow had every chance to be in the way."""
        tables = []
        for b in self.behaviours:
            host = self.farm.hosts[self.addresses[b.name]]
            url = b.url if "://" in b.url else host.url(b.url)
            url = url.format(canary=host.canary, port=host.port, name=b.name, secret=self.place / "secret.txt")
            proxied = {"proxy": host.url("")} if "proxy" in b.outlet else {}
            tables.append(table("outlet", {"id": b.name, "name": b.name} | dict(b.outlet) | proxied))
            tables.append(table("outlet.source", {"url": url} | dict(b.source)))
        for number in range(self.good):
            name = f"good-{number}"
            tables.append(table("outlet", {"id": name, "name": name}))
            url = self.farm.hosts[self.addresses[name]].url("/feed.xml")
            tables.append(table("outlet.source", {"kind": "feed", "url": url}))
        (self.place / "config").mkdir()
        (self.place / "config/tickerwire.toml").write_text(SITE)
        (self.place / "config/outlets.toml").write_text("\n".join(tables))
        own = [{"id": b.name, "title": b.name, "outlets": [b.name], "limit": 500} for b in self.behaviours if b.feed]
        good = {"id": "good", "title": "Good", "outlets": [f"good-{n}" for n in range(self.good)], "limit": 500}
        feeds = [{"id": "all", "title": "All", "limit": 500}, good, *own]
        (self.place / "config/feeds.toml").write_text("\n".join(table("feed", {"query": "*"} | feed) for feed in feeds))

    def words(self, *words: str) -> list[str]:
        config = ["--config", str(self.place / "config"), "--state", str(self.place)]
        return [sys.executable, "-m", "tickerwire", *config, *words]

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.words(*words), capture_output=True, text=True, cwd=ROOT, env=self.env(), check=False)

    def env(self) -> dict[str, str]:
        """Names under .test are asked of the farm's own name server, in every process of a crawl."""
        names = {"PYTHONPATH": str(ROOT / "tests/hostile/names"), "TICKERWIRE_TEST_NAMES": self.names.at, VARIABLE: SECRET}
        if (self.place / AUTHORITY).exists():
            names["SSL_CERT_FILE"] = str(self.place / AUTHORITY)
        return dict(os.environ) | names

    def rewind(self) -> None:
        """Nobody is made to wait: Retry-After and page retries are over by the next crawl."""
        if (self.place / "var/tickerwire.db").exists():
            import sqlite3

            with sqlite3.connect(self.place / "var/tickerwire.db") as db:
                db.execute("update pages set next_try = '2026-01-01T00:00:00Z'")
                db.execute("update outlets set hold_until = null")
            db.close()

    def crawl(self) -> Crawled:
        """One crawl by the real command, watched from outside."""
        time.sleep(1)  # attempts are stamped in whole seconds: those of this crawl are told from the last one's
        began, stamp = time.monotonic(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with (self.place / "log").open("w+") as log:
            style = "json" if self.farm.crawl == 3 else "text"
            words = self.words("--log-format", style, "crawl", "--all", "--json")
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT, env=self.env())
            peak, seen, committed = [0], dict[int, psutil.Process](), dict[str, float]()
            watchers = [
                threading.Thread(target=sample, args=(process.pid, peak, seen)),
                threading.Thread(target=self.arrivals, args=(process, began, stamp, committed)),
            ]
            for watcher in watchers:
                watcher.start()
            output, _ = process.communicate(timeout=300)
            seconds = time.monotonic() - began
            for watcher in watchers:
                watcher.join()
            log.seek(0)
            lines = log.read().splitlines()
        left = [f"{p.pid}" for p in seen.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        with Archive.open(self.place / "var/tickerwire.db") as archive:
            cpu = {row["id"]: row["cpu_s"] for row in archive.read("select id, cpu_s from outlets")}
        return Crawled(json.loads(output), process.returncode, lines, seconds, peak[0], committed, left, began, cpu)

    def arrivals(self, process: subprocess.Popen[str], began: float, stamp: str, committed: dict[str, float]) -> None:
        """Note when each outlet's crawl was committed, as anyone who reads the database sees it."""
        while process.poll() is None:
            try:
                with Archive.open(self.place / "var/tickerwire.db") as archive:
                    for row in archive.read("select id from outlets where last_attempt >= ?", (stamp,)):
                        committed.setdefault(row["id"], time.monotonic() - began)
            except TickerwireError:  # not there yet
                pass
            time.sleep(0.05)

    def aftermath(self, name: str) -> Aftermath:
        """What one outlet left."""
        with Archive.open(self.place / "var/tickerwire.db") as archive:
            rows = [dict(row) for row in archive.read("select * from articles where outlet = ? order by id", (name,))]
        public = self.place / "var/public"
        texts = {
            str(path.relative_to(public)): path.read_text(errors="replace")
            for path in public.rglob("*")
            if path.is_file() and path.suffix not in (".gz", ".br")
        }
        return Aftermath(
            name=name,
            results=[crawl.report["crawl"]["outlets"].get(name, {"result": "none", "error": ""}) for crawl in self.crawls],
            ended=[crawl.began + crawl.committed.get(name, crawl.seconds) for crawl in self.crawls],
            cpu=[crawl.cpu.get(name, 0.0) for crawl in self.crawls],
            status=self.status[name],
            rows=rows,
            asked=[asked for asked in self.farm.asked if asked.host == self.addresses[name]],
            canary=[asked for asked in self.watch.asked if name in whose(asked)],
            questions=[question for question in self.names.asked if name in question.split(".")],
            published=texts,
            log=[line for crawl in self.crawls for line in crawl.log],
            place=self.place,
            secret=self.secret,
        )

    def strays(self) -> list[Asked]:
        """Requests to the canary that name no outlet, and connections without a request."""
        return [asked for asked in self.watch.asked if not whose(asked) & set(self.addresses)]


def whose(asked: Asked) -> set[str]:
    """The words of a request's path and host, the outlet's name among them."""
    return set(re.split(r"[/.:]", asked.path + "/" + asked.headers.get("host", "")))


def table(name: str, values: dict[str, Any]) -> str:
    """A TOML array table of plain values; a dict becomes an inline table."""

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return "{ " + ", ".join(f"{json.dumps(k)} = {text(v)}" for k, v in value.items()) + " }"
        return json.dumps(value)

    return f"[[{name}]]\n" + "\n".join(f"{key} = {text(value)}" for key, value in values.items())


def sample(pid: int, peak: list[int], seen: dict[int, psutil.Process]) -> None:
    """Note the peak of the tree's proportional set size and every process seen, until its root ends."""
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        while root.is_running() and root.status() != psutil.STATUS_ZOMBIE:
            tree = [root, *root.children(recursive=True)]
            seen.update((process.pid, process) for process in tree)
            peak[0] = max(peak[0], sum(resident(process.pid) for process in tree))
            time.sleep(0.2)


def resident(pid: int) -> int:
    """Bytes a process holds, pages that several share counted in part (proc_pid_smaps_rollup(5)); 0 once it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0

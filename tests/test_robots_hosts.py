"""Many hosts, each with its own robots.txt, in; not one request for what they forbid, over two crawls, out."""

import asyncio
import gzip
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.loopback import Answer
from tests.test_crawl import FEEDS, SITE, started as crawling, stored
from tickerwire.store import Archive

ROBOTS = "/robots.txt"
FRONT = "/front"
PAGE = (
    "<!doctype html><html lang='en'><head><title>{0}</title></head><body><article><h1>{0}</h1><p>Told.</p></article></body></html>"
)


@dataclass(slots=True)
class Hosts:
    """Hosts on addresses of 127.0.0.0/8: `answers` by (address, path), others 404; `slow` delays an address's robots.txt (seconds)."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    asked: list[tuple[float, str, str]] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        address, path = scope["server"][0], scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        self.asked.append((time.monotonic(), address, path))
        if path == ROBOTS:
            await asyncio.sleep(self.slow.get(address, 0.0))
        answer = self.answers.get((address, path), Answer(b"not here", 404))
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def url(self, address: str, path: str) -> str:
        return f"http://{address}:{self.ports[address]}{path}"

    def paths(self, address: str) -> list[str]:
        return [path for _, at, path in self.asked if at == address]

    def front(self, address: str, links: list[str]) -> None:
        """Let the address's front page link these."""
        listed = "".join(f"<p><a href='{link}'>Report {n} of the day</a></p>" for n, link in enumerate(links))
        body = f"<!doctype html><html><body>{listed}</body></html>".encode()
        self.answers[address, FRONT] = Answer(body, headers={"Content-Type": "text/html; charset=utf-8"})

    def feed(self, address: str, links: list[str]) -> None:
        """Let the address's feed list these, under the same path as a front page would."""
        items = "".join(f"<item><title>Report {n}</title><link>{link}</link></item>" for n, link in enumerate(links))
        rss = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"
        self.answers[address, FRONT] = Answer(rss.encode(), headers={"Content-Type": "application/rss+xml"})

    def pages(self, address: str, paths: list[str]) -> None:
        """Put an article at each path, also at those that must never be asked for."""
        for path in paths:
            body = PAGE.format(f"Report {path}").encode()
            self.answers[address, path] = Answer(body, headers={"Content-Type": "text/html; charset=utf-8"})


@contextmanager
def serving(app: ASGIApp, addresses: Iterable[str]) -> Iterator[dict[str, int]]:
    """Serve an application at these addresses of 127.0.0.0/8, each with a port of its own, in one thread; the ports by address."""
    sockets = [socket.create_server((address, 0), backlog=128) for address in addresses]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=(sockets,))
    thread.start()
    try:
        yield {bound.getsockname()[0]: bound.getsockname()[1] for bound in sockets}
    finally:
        server.should_exit = True
        thread.join()
        for bound in sockets:
            bound.close()


@contextmanager
def served(addresses: Iterable[str]) -> Iterator[Hosts]:
    hosts = Hosts()
    with serving(hosts, addresses) as hosts.ports:
        yield hosts


def source(kind: str, url: str) -> str:
    return f'[[outlet.source]]\nkind = "{kind}"\nurl = "{url}"\n' + ('links = "p a"\n' if kind == "listing" else "")


def outlet(name: str, *sources: str) -> str:
    return f'[[outlet]]\nid = "{name}"\nname = "{name}"\nfull_text = true\n' + "".join(sources)


def crawl(place: Path, outlets: str) -> dict[str, dict[str, str]]:
    """Crawl everything once; what each outlet came to."""
    (place / "config").mkdir(exist_ok=True)
    (place / "config/tickerwire.toml").write_text(SITE + "concurrency = 100\n")
    (place / "config/outlets.toml").write_text(outlets)
    (place / "config/feeds.toml").write_text(FEEDS)
    with crawling(place, "--json") as process:
        report, _ = process.communicate(timeout=80)
    told = json.loads(report)["crawl"]
    assert told["state"] == "finished"
    came: dict[str, dict[str, str]] = told["outlets"]
    return came


# --- fifty hosts ------------------------------------------------------------------------------------------------
NUMBERS = range(1, 51)
FORBIDDEN = [f"/private/{n}" for n in range(20)]
ALLOWED = [f"/news/{n}" for n in range(3)]
LATER = ["/news/later", "/private/later"]
STARTING = [f"/private/feed/{n}" for n in range(4)]  # sources: their requests wait for robots.txt from the first moment on
WORDS = (
    b"User-agent: *\nDisallow: /private/\n",
    b"User-Agent: TICKERWIRE\nDisallow: /private/\n\nUser-agent: *\nDisallow:\n",
    b"User-agent: *\nDisallow: /*rivate/\n",
    b"User-agent: *\nDisallow: /\nAllow: /news/\nAllow: /front\n",
    b"User-agent: *\nDisallow: /private/*$\n",
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One of the fifty: where it lists its articles, and where they are, for every second one another host."""

    number: int

    @property
    def lists(self) -> str:
        return f"127.0.1.{self.number}"

    @property
    def tells(self) -> str:
        return f"127.0.{1 + self.number % 2}.{self.number}"

    def publish(self, hosts: Hosts, paths: list[str]) -> None:
        for address in {self.lists, self.tells}:
            hosts.answers[address, ROBOTS] = Answer(WORDS[self.number % len(WORDS)])
            hosts.slow[address] = 0.3 + 0.1 * (self.number % 8)
        (hosts.front if self.number % 3 else hosts.feed)(self.lists, [hosts.url(self.tells, path) for path in paths])
        hosts.pages(self.tells, paths)

    def outlet(self, hosts: Hosts) -> str:
        starting = [source("feed", hosts.url(self.lists, path)) for path in STARTING]
        kind = "listing" if self.number % 3 else "feed"
        return outlet(f"paper-{self.number}", *starting, source(kind, hosts.url(self.lists, FRONT)))


def refused(rows: list[dict[str, object]], number: int) -> dict[str, str]:
    """The paths of one paper's articles that were not fetched, each with the recorded reason."""
    own = [row for row in rows if row["outlet"] == f"paper-{number}" and row["page"] != "done"]
    return {f"/{str(row['link']).split('/', 3)[3]}": json.loads(str(row["provenance"])).get("page", "") for row in own}


def test_fifty_hosts_are_never_asked_for_what_they_forbid(tmp_path: Path) -> None:
    papers = [Paper(number) for number in NUMBERS]
    with served({address for paper in papers for address in (paper.lists, paper.tells)}) as hosts:
        outlets = "".join(paper.outlet(hosts) for paper in papers)
        for paper in papers:
            paper.publish(hosts, FORBIDDEN[:10] + ALLOWED + FORBIDDEN[10:])
        crawl(tmp_path, outlets)
        first = len(hosts.asked)
        for paper in papers:
            paper.publish(hosts, LATER + FORBIDDEN + ALLOWED)
        crawl(tmp_path, outlets)
    assert [asked for asked in hosts.asked if asked[2].startswith("/private")] == []
    asked = Counter((address, path) for _, address, path in hosts.asked)
    assert {address: asked[address, ROBOTS] for address in hosts.ports} == dict.fromkeys(hosts.ports, 1)
    rows = stored(tmp_path)
    for paper in papers:
        assert [asked[paper.tells, path] for path in [*ALLOWED, LATER[0]]] == [1, 1, 1, 1], paper
        assert asked[paper.lists, FRONT] == 2, paper
        reasons = refused(rows, paper.number)
        assert sorted(reasons) == sorted([*FORBIDDEN, LATER[1]]), paper
        assert all(f"robots.txt of http://{paper.tells}" in reason for reason in reasons.values()), reasons
    assert {row["page"] for row in rows} == {"done", "failed"}
    assert len(hosts.asked) - first == 2 * len(papers), "the second crawl asks for front pages and what is new on them"
    with Archive.open(tmp_path / "var/tickerwire.db") as archive:
        errors = [row["error"] for row in archive.read("select error from sources where url like '%/private/%'")]
    assert len(errors) == len(STARTING) * len(papers)
    assert all("forbids" in error for error in errors)


# --- what a robots.txt can be -----------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Case:
    """A host's robots.txt (an Answer, or several by path), and the paths it allows and forbids; `shut`: no path at all."""

    robots: Answer | Mapping[str, Answer]
    allows: tuple[str, ...] = ("/news/1", "/news/2")
    forbids: tuple[str, ...] = ()
    shut: bool = False
    slow: float = 0.0


def says(text: str) -> Answer:
    return Answer(text.encode())


def hops(*path: str, last: Answer) -> dict[str, Answer]:
    """A chain of redirects over these addresses, the first of them robots.txt's target."""
    chain = [ROBOTS, *path]
    moved = {a: Answer(b"", 301 + n % 2, {"Location": b}) for n, (a, b) in enumerate(zip(chain, path, strict=False))}
    return moved | {chain[-1]: last}


PLAIN = "User-agent: *\nDisallow: /private/\n"
PRIVATE = ("/private/1", "/private/2")
CASES = {
    "status-503": Case(Answer(b"", 503), forbids=PRIVATE, shut=True),
    "status-429": Case(Answer(b"", 429), forbids=PRIVATE, shut=True),
    "no-answer": Case(says(PLAIN), forbids=PRIVATE, shut=True, slow=14),
    "status-404": Case(Answer(PLAIN.encode(), 404), allows=("/news/1", *PRIVATE)),
    "status-403": Case(Answer(PLAIN.encode(), 403), allows=("/news/1", *PRIVATE)),
    "empty": Case(says(""), allows=("/news/1", *PRIVATE)),
    "a-page-instead": Case(Answer(b"<!doctype html><html><body>Welcome</body></html>"), allows=("/news/1", *PRIVATE)),
    "crawl-delay": Case(says("User-agent: *\nCrawl-delay: 2\n" + PLAIN[14:]), ("/a", "/b", "/c"), PRIVATE),
    "one-hop": Case(hops("/r1", last=says(PLAIN)), forbids=PRIVATE),
    "five-hops": Case(hops("/r1", "/r2", "/r3", "/r4", "/r5", last=says(PLAIN)), forbids=PRIVATE),
    "six-hops": Case(hops("/r1", "/r2", "/r3", "/r4", "/r5", "/r6", last=says(PLAIN)), forbids=PRIVATE, shut=True),
    "moved-and-gone": Case(hops("/r1", last=Answer(b"", 404)), allows=("/news/1", *PRIVATE)),
    "moved-and-broken": Case(hops("/r1", last=Answer(b"", 500)), forbids=PRIVATE, shut=True),
    "byte-order-mark": Case(Answer(b"\xef\xbb\xbf" + PLAIN.encode()), forbids=PRIVATE),
    "gzip": Case(Answer(gzip.compress(PLAIN.encode()), headers={"Content-Encoding": "gzip"}), forbids=PRIVATE),
    "carriage-returns": Case(says(PLAIN.replace("\n", "\r")), forbids=PRIVATE),
    "comments": Case(says("# hello\n  User-agent :\t* # all\n Disallow:\t/private/ # no\n"), forbids=PRIVATE),
    "long": Case(says("#" + "x" * 400_000 + "\n" + PLAIN), forbids=PRIVATE),
    "mixed-case": Case(
        says("User-agent: *\nDisallow: /news/\n\nUSER-AGENT: tICKERwIRE\ndIsAlLoW: /Private/\n"),
        allows=("/news/1", "/private/1"),
        forbids=("/Private/1",),
    ),
    "groups-are-joined": Case(
        says(
            "User-agent: tickerwire\nDisallow: /a/\n\nUser-agent: other\nDisallow: /\n\n"
            "User-agent: another\nUser-agent: TICKERWIRE\nDisallow: /b/\n\nUser-agent: *\nDisallow: /c/\n"
        ),
        allows=("/c/1",),
        forbids=("/a/1", "/b/1"),
    ),
    "unknown-lines-between": Case(
        says("User-agent: Tickerwire\nSitemap: /s.xml\nNoindex: /x\nDisallow: /private/\n"), forbids=PRIVATE
    ),
    "wildcards": Case(
        says("User-agent: *\nDisallow: /*/draft\nDisallow: /*.pdf$\nDisallow: /exact$\nDisallow: /*?print=\n"),
        allows=("/draft", "/a.pdf.html", "/exact/1", "/exactly", "/a?page=1"),
        forbids=("/a/draft", "/a/b/drafts", "/a.pdf", "/exact", "/a?print=1"),
    ),
    "the-longest-rule": Case(
        says("User-agent: *\nDisallow: /p\nAllow: /p/open\nDisallow: /p/open/not\nDisallow: /same\nAllow: /same\n"),
        allows=("/p/open/1", "/same/1", "/q"),
        forbids=("/p/1", "/p/open/not/1"),
    ),
    "percent": Case(
        says("User-agent: *\nDisallow: /caf%C3%A9/\nDisallow: /東京/\nDisallow: /a%2Fb\nDisallow: /%62ar/\nDisallow: /%7eme\n"),
        allows=("/cafe/1", "/a/b", "/%E4%BA%AC/1"),
        forbids=("/caf%C3%A9/1", "/caf%c3%a9/2", "/%E6%9D%B1%E4%BA%AC/1", "/a%2Fb", "/a%2fb/2", "/bar/1", "/~me"),
    ),
}
PLACES = {name: f"127.0.3.{n}" for n, name in enumerate(CASES, 1)}


@dataclass(frozen=True, slots=True)
class Crawled:
    """What came of crawling every case at once."""

    hosts: Hosts
    came: dict[str, dict[str, str]]
    rows: list[dict[str, object]]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    place = tmp_path_factory.mktemp("cases")
    with served(PLACES.values()) as hosts:
        text = ""
        for name, case in CASES.items():
            address = PLACES[name]
            for path, answer in ({ROBOTS: case.robots} if isinstance(case.robots, Answer) else case.robots).items():
                hosts.answers[address, path] = answer
            hosts.slow[address] = case.slow
            hosts.front(address, [*case.forbids, *case.allows])
            hosts.pages(address, [*case.forbids, *case.allows])
            text += outlet(name, source("listing", hosts.url(address, FRONT)))
        came = crawl(place, text)
    return Crawled(hosts, came, stored(place))


@pytest.mark.parametrize("name", CASES)
def test_robots_txt_is_read_as_its_host_means_it(crawled: Crawled, name: str) -> None:
    case, asked = CASES[name], crawled.hosts.paths(PLACES[name])
    reading = {ROBOTS} if isinstance(case.robots, Answer) else set(case.robots)
    assert asked.count(ROBOTS) == 1
    fetched = [path for path in asked if path not in reading]
    assert sorted(fetched) == ([] if case.shut else sorted([FRONT, *case.allows]))
    told = crawled.came[name]["error"]
    assert ("robots.txt" in told) if case.shut else not told
    failed = {str(row["link"]) for row in crawled.rows if row["outlet"] == name and row["page"] == "failed"}
    assert len(failed) == (0 if case.shut else len(case.forbids))


def test_a_crawl_delay_lies_between_all_requests_of_its_host(crawled: Crawled) -> None:
    moments = [at for at, address, path in crawled.hosts.asked if address == PLACES["crawl-delay"] and path != ROBOTS]
    gaps = [later - sooner for sooner, later in pairwise(moments)]
    assert len(gaps) == 3
    assert min(gaps) >= 1.95, gaps  # the server's own clock, on a machine that does other things too

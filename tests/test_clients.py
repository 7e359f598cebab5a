"""Feed readers people use, run as they are, against Tickerwire's server and nginx: what they show, what they ask, nothing twice."""

import gzip
import json
import os
import re
import shutil
import sqlite3
import subprocess
from calendar import timegm
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request as Asking, urlopen

import pytest
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import Response

from syndicate.publish import publish
from syndicate.web import WebServer, app
from tests.archive import NOW, commit, config, feed
from tests.conftest import ROOT
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import FEED, configure, crawl, outlet, until
from tests.test_service import fetch, free_port, shows
from tickerwire.model import Enclosure
from tickerwire.store import Store

Command = Callable[..., subprocess.CompletedProcess[str]]
Processes = Callable[..., subprocess.Popen[str]]
PATIENCE = 60  # seconds for one start of a program on a busy machine


class Shown(NamedTuple):
    """An item as a reader presents it; `date` in seconds since 1970."""

    guid: str
    title: str
    link: str
    author: str
    date: int
    enclosure: str


Client = Callable[[Path, str], list[Shown]]


def run(*words: str | Path, home: Path) -> str:
    """What a program says, given a home of its own."""
    places = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), str(home))
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | places  # without PYTHONPATH: Debian's programs are Python, too
    done = subprocess.run(words, env=env, cwd=home, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rss2email(place: Path, url: str) -> list[Shown]:
    """Every message it has written to a maildir."""
    if not (place / "r2e.cfg").exists():
        settings = "from = wire@news.example.org\nto = reader@news.example.org\ndate-header = True\nname-format = {author}"
        kept = f"email-protocol = maildir\nmaildir-path = {place}\nmaildir-mailbox = mail"
        (place / "r2e.cfg").write_text(f"[DEFAULT]\n{settings}\n{kept}\n\n[feed.site]\nurl = {url}\n")
    run("r2e", "-c", place / "r2e.cfg", "-d", place / "r2e.json", "run", home=place)
    found = []
    for file in (place / "mail/new").iterdir():
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        enclosure = re.search(r"^Enclosure: (\S+)", message.get_content(), re.MULTILINE)
        author = message["From"].addresses[0].display_name.replace("<author>", "")  # its word for none
        date = int(message["Date"].datetime.timestamp())
        link = enclosure[1] if enclosure else ""
        found.append(Shown(message["X-RSS-ID"], message["Subject"], message["X-RSS-URL"], author, date, link))
    return found


def feed2exec(place: Path, url: str) -> list[Shown]:
    """Every item it has handed to its output."""
    words = ("feed2exec", "--config", place / "feed2exec.ini", "--database", place / "feed2exec.db")
    if not (place / "feed2exec.ini").exists():
        run(*words, "add", "site", url, "--output", "feed2exec.plugins.json", home=place)
    with (place / "handed").open("a+") as handed:
        handed.write(run(*words, "fetch", home=place))
        handed.seek(0)
        items = [json.loads(line) for line in handed]
    found = []
    for item in items:
        enclosure = next((link["href"] for link in item["links"] if link["rel"] == "enclosure"), "")
        author = ", ".join(author["name"] for author in item.get("authors", ()))
        found.append(Shown(item["id"], item["title"], item["link"], author, timegm(tuple(item["published_parsed"])), enclosure))
    return found


def reader(place: Path, url: str) -> list[Shown]:
    """Every entry of its database."""
    from reader import make_reader

    with closing(make_reader(str(place / "reader.db"))) as library:
        library.add_feed(url, exist_ok=True)
        library.update_feed(url)
        entries: list[Any] = list(library.get_entries())
        return [
            Shown(
                entry.id,
                entry.title,
                entry.link,
                ", ".join(author.name for author in entry.authors),
                int(entry.published.timestamp()),
                next((enclosure.href for enclosure in entry.enclosures), ""),
            )
            for entry in entries
        ]


def newsboat(place: Path, url: str) -> list[Shown]:
    """Every item of its cache."""
    (place / "urls").write_text(url + "\n")
    (place / "config").write_text("")
    words = ("newsboat", "-u", place / "urls", "-c", place / "cache.db", "-C", place / "config", "-x", "reload")
    run(*words, home=place)
    with closing(sqlite3.connect(place / "cache.db")) as cache:
        rows = cache.execute("select guid, title, url, author, pubDate, enclosure_url from rss_item where deleted = 0")
        return [Shown(*row) for row in rows]


# As its manual has it; the first time it asks with an empty tag.
SFEED = """sfeedpath={0}/feeds
fetch() {{
	curl -s -f -L --etag-save {0}/tag --etag-compare {0}/tag "$2"
}}
feeds() {{
	feed site {1}
}}
"""


def sfeed(place: Path, url: str) -> list[Shown]:
    """Every line of its file; it keeps one for each title an item had."""
    (place / "sfeedrc").write_text(SFEED.format(place, url))
    run("sfeed_update", place / "sfeedrc", home=place)
    rows = [line.split("\t") for line in (place / "feeds/site").read_text().splitlines()]
    return [Shown(row[5], row[1], row[2], row[6], int(row[0]), row[7]) for row in rows]


JSON_READERS = ("reader",)
CLIENTS: dict[str, Client] = {each.__name__: each for each in (rss2email, feed2exec, reader, newsboat, sfeed)}


def missing(name: str) -> str:
    """What must be installed before `name` can run; empty when nothing."""
    if name == "reader":
        return "" if find_spec("reader") else "reader is not installed (PyPI)"
    programs = {"rss2email": ("r2e",), "sfeed": ("sfeed_update", "curl")}.get(name, (name,))
    return "" if all(map(shutil.which, programs)) else f"{' and '.join(programs)} not installed (Debian package {name})"


def visit(names: Iterable[str], place: Path, url: str) -> dict[str, list[Shown]]:
    """What each of the readers that are installed shows after it has asked for `url`, for the first time or again."""
    here = [name for name in names if not missing(name)]
    for name in here:
        (place / name).mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(here, pool.map(lambda name: CLIENTS[name](place / name, url), here), strict=True))


class Served(NamedTuple):
    """A web server over a published tree, and the statuses it has answered to addresses that end in `?name`."""

    base: str
    statuses: Callable[[str], list[int]]


@contextmanager
def tickerwire_serves(public: Path, life: str = "") -> Iterator[Served]:
    seen: list[tuple[str, int]] = []

    async def note(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        seen.append((request.url.query, response.status_code))
        if life:
            response.headers["Cache-Control"] = life
        return response

    site = app(public, dict, "https://news.example.org", hub="https://hub.example.org/")
    site.add_middleware(BaseHTTPMiddleware, dispatch=note)
    with WebServer() as server:
        server.serve(site)
        yield Served(f"http://127.0.0.1:{server.port}", lambda name: [status for asker, status in seen if asker == name])


ALIKE = (
    "Access-Control-Allow-Origin Cache-Control Content-Encoding Content-Security-Policy Link X-Content-Type-Options Vary".split()
)
NGINX = """
{user} daemon off; pid {home}/nginx.pid; error_log {home}/error.log; worker_processes 1;
events {{ }}
http {{
    log_format short '$status $args'; access_log {home}/access.log short;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    server {{ listen 127.0.0.1:{port}; {documented} }}
}}
"""


def nginx(
    home: Path, public: Path, processes: Processes, behind: str = "http://127.0.0.1:9", port: int = 0, life: str = ""
) -> Served:
    """nginx over the published tree, as docs/operating.md sets it up; `behind` is Tickerwire's own server, `life` how long answers
    may be kept if not as long as there."""
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed (Debian package nginx-light)")
    block = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/operating.md").read_text(), re.DOTALL)
    assert block
    documented = block[1].replace("/var/lib/tickerwire/var/public", str(public)).replace("http://127.0.0.1:8080", behind)
    documented = re.sub(r'"public, max-age=.*"', f'"{life}"', documented) if life else documented
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not read the test's directory
    port = port or free_port()
    home.mkdir()
    (home / "nginx.conf").write_text(NGINX.format(user=user, home=home, port=port, documented=documented))
    processes(program, "-p", str(home), "-c", str(home / "nginx.conf"), stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    until(shows(f"{base}/", "<html"))

    def statuses(name: str) -> list[int]:
        lines = [line.split(" ") for line in (home / "access.log").read_text().splitlines()]
        return [int(status) for status, asker in lines if asker == name]

    return Served(base, statuses)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three published articles: one by two authors with a recording, one by one author, one by nobody."""
    talk = Enclosure("https://harbour.example/talk.mp3", "audio/mpeg", 1234)
    with Store.open(tmp_path / "t.db") as opened:
        commit(opened, "Ferry late", NOW - timedelta(hours=10))
        commit(opened, "船 & Brücke: „endlich“", NOW - timedelta(hours=9), link="https://harbour.example/2", authors=("Åsa Ek",))
        commit(opened, "Bridge opens", NOW - timedelta(hours=8), authors=("Ada Lind", "Bo Ek"), enclosures=(talk,))
        publish(config(tmp_path, feed(id="all")), opened, NOW)
        yield opened


@pytest.fixture(params=["tickerwire", "nginx"])
def served(request: pytest.FixtureRequest, store: Store, tmp_path: Path, processes: Processes) -> Iterator[Served]:
    if request.param == "nginx":
        yield nginx(tmp_path / "nginx", tmp_path / "public", processes)
    else:
        with tickerwire_serves(tmp_path / "public") as server:
            yield server


def told(public: Path) -> list[Shown]:
    """The items of the published JSON Feed."""
    items = json.loads((public / "feeds/all.json").read_text())["items"]
    return sorted(
        Shown(
            item["id"],
            item["title"],
            item["url"],
            ", ".join(author["name"] for author in item.get("authors", ())),
            int(datetime.fromisoformat(item["date_published"]).timestamp()),
            next((attached["url"] for attached in item.get("attachments", ())), ""),
        )
        for item in items
    )


# Some keep one author of an Atom entry, the first or the last; where there is none they name nobody, the outlet or the site.
NOBODY = {"", "Harbour & Sons", "Sample News"}


def visited(served: Served, asker: str) -> bool:
    return len(served.statuses(asker)) == 3


@pytest.mark.parametrize("name", CLIENTS)
def test_a_reader_shows_what_is_published_and_fetches_it_once(served: Served, tmp_path: Path, name: str) -> None:
    if lacks := missing(name):
        pytest.skip(lacks)
    expected = told(tmp_path / "public")
    assert [item.author for item in expected if item.enclosure] == ["Ada Lind, Bo Ek"]
    for kind in ("rss", "atom", "json") if name in JSON_READERS else ("rss", "atom"):
        place, asker = tmp_path / kind, f"{name}-{kind}"
        place.mkdir()
        for _ in range(3):  # newsboat keeps validators from its second visit on
            found = sorted(visit([name], place, f"{served.base}/feeds/all.{kind}?{asker}")[name])
            assert [item._replace(author="") for item in found] == [item._replace(author="") for item in expected]
            for shown, item in zip(found, expected, strict=True):
                names = {*item.author.split(", "), *NOBODY}.difference({""} if item.author else {}) if kind == "atom" else {}
                assert shown.author in {item.author, *names}
        if name == "feed2exec":
            assert served.statuses(asker) == [200]  # it keeps to max-age
        else:
            until(partial(visited, served, asker), 10)
            assert (served.statuses(asker)[0], served.statuses(asker)[2]) == (200, 304)


def test_nginx_as_documented_sends_what_tickerwire_sends(store: Store, tmp_path: Path, processes: Processes) -> None:
    def said(base: str, path: str, **asked: str) -> dict[str, str]:
        with urlopen(Asking(base + path, headers={"Accept-Encoding": "gzip"} | asked), timeout=PATIENCE) as answer:
            body = answer.read()
            headers = {name: ", ".join(sorted(", ".join(answer.headers.get_all(name, [])).split(", "))) for name in ALIKE}
            body = gzip.decompress(body) if headers["Content-Encoding"] else body
            return headers | {"type": answer.headers.get_content_type(), "body": body.decode()}

    with tickerwire_serves(tmp_path / "public") as ours:
        other = nginx(tmp_path / "nginx", tmp_path / "public", processes, ours.base)
        paths = (
            "/feeds/all.rss",
            "/feeds/all.atom",
            "/feeds/all.json",
            "/ticker/all.json",
            "/assets/ticker.js",
            "/feeds/all/",
            "/",
        )
        for path in paths:
            wanted, found = said(ours.base, path), said(other.base, path)
            assert bool(wanted["Link"]) == bool(re.fullmatch(r"/feeds/all\.\w+", path)), path
            if not path.endswith(("rss", "atom")):  # which run scripts in browsers; the documentation leaves the others out
                del wanted["Content-Security-Policy"], found["Content-Security-Policy"]
            assert found == wanted, path
        for path in ("/feeds/all.rss", "/feeds/all.atom"):
            wanted, found = (said(base, path, **{"Sec-Fetch-Dest": "document"}) for base in (ours.base, other.base))
            assert found == wanted | {"type": "application/xml"}, path
        for path in ("/healthz", "/status.json"):
            assert fetch(other.base + path) == fetch(ours.base + path)


@pytest.mark.parametrize(("server", "kind"), [("nginx", "rss"), ("tickerwire", "atom"), ("nginx", "json")])
def test_nothing_is_shown_twice_whatever_outlet_and_operator_do(
    tickerwire: Command, tmp_path: Path, processes: Processes, server: str, kind: str
) -> None:
    public = tmp_path / "var/public"
    asking = JSON_READERS if kind == "json" else CLIENTS
    edited = rss(("1", "Ferry on time after all"), ("2", "Bridge opens"), ("3", "Harbour frozen"))
    other_guids = edited.replace(b">n", b">tag:harbour.example,2026:")
    with loopback({FEED: Answer(rss(("1", "Ferry late"), ("2", "Bridge opens")))}) as host, ExitStack() as stack:
        configure(tmp_path, outlet("harbour", host.url(FEED)))
        assert crawl(tickerwire)["crawl"]["new"] == 2
        life = "no-cache"  # else feed2exec would not ask again
        ours = server == "tickerwire" and stack.enter_context(tickerwire_serves(public, life))
        site = ours or nginx(tmp_path / "nginx", public, processes, life=life)

        def each_once(new: int) -> None:
            """Crawl, let everybody ask again, and look at what each has shown since its first visit."""
            assert crawl(tickerwire)["crawl"]["new"] == new
            published = told(public)
            for name, shown in visit(asking, tmp_path, f"{site.base}/feeds/all.{kind}").items():
                guids = [item.guid for item in shown]
                assert sorted(set(guids) if name == "sfeed" else guids) == [item.guid for item in published], name
                # what rss2email and feed2exec have handed over stays as it was; sfeed has a line for each title
                seen = {(item.title, item.link, item.date) for item in shown}
                assert name not in ("reader", "newsboat") or seen == {(one.title, one.link, one.date) for one in published}, name

        each_once(new=0)
        host.answers[FEED] = Answer(edited)
        each_once(new=1)
        assert "Ferry on time after all" in {item.title for item in told(public)}
        host.answers[FEED] = Answer(other_guids)
        each_once(new=0)
        configure(tmp_path, outlet("quay", host.url(FEED), moved_from=["harbour"]))
        each_once(new=0)
        for file in (tmp_path / "var").glob("tickerwire.db*"):
            file.unlink()
        each_once(new=3)
        host.answers[FEED] = Answer(other_guids.replace(b"/news/3", b"/harbour/frozen"))
        each_once(new=0)
        assert sum(item.link.endswith("/harbour/frozen") for item in told(public)) == 1, "the old address may be dead"


def test_readers_follow_a_renamed_feed(store: Store, tmp_path: Path) -> None:
    followers = ("rss2email", "reader", "newsboat")  # feed2exec asks after five minutes again (max-age), sfeed follows no redirect
    with tickerwire_serves(tmp_path / "public") as site:
        for shown in visit(followers, tmp_path, f"{site.base}/feeds/all.rss").values():
            assert len(shown) == 3
        commit(store, "Harbour frozen", NOW)
        publish(config(tmp_path, feed(id="world", moved_from=("all",))), store, NOW)
        for name, shown in visit(followers, tmp_path, f"{site.base}/feeds/all.rss").items():
            assert len(shown) == len({item.guid for item in shown}) == 4, name

"""The real command over real Scrapy against real servers on loopback: what is asked, what is stored, what robots.txt decides."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Answer, Loopback, loopback, rss
from tickerwire.store import Archive

Command = Callable[..., subprocess.CompletedProcess[str]]
FEED = "/feed.xml"
SITE = """
[site]
base_url = "https://news.example.org"
contact = "mailto:desk@news.example.org"
[crawl]
allow_networks = ["127.0.0.0/8"]
delay = 0.0
"""
FEEDS = '[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n'


def outlet(name: str, *urls: str, **more: object) -> str:
    lines = [f"[[outlet]]\nid = {json.dumps(name)}\nname = {json.dumps(name)}"]
    lines += [f"{key} = {json.dumps(value)}" for key, value in more.items()]
    lines += [f'[[outlet.source]]\nkind = "feed"\nurl = "{url}"' for url in urls]
    return "\n".join(lines) + "\n"


def configure(place: Path, outlets: str, site: str = SITE) -> None:
    (place / "config").mkdir(exist_ok=True)
    (place / "config/tickerwire.toml").write_text(site)
    (place / "config/outlets.toml").write_text(outlets)
    (place / "config/feeds.toml").write_text(FEEDS)


@pytest.fixture
def good() -> Iterator[Loopback]:
    with loopback({FEED: Answer(rss(("1", "First"), ("2", "Second")))}) as server:
        yield server


def crawl(tickerwire: Command, *words: str) -> dict[str, Any]:
    done = tickerwire("crawl", "--all", "--json", *words)
    assert done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def stored(place: Path) -> list[dict[str, Any]]:
    with Archive.open(place / "var/tickerwire.db") as archive:
        return [dict(row) for row in archive.read("select * from articles order by id")]


def tree(place: Path) -> dict[str, tuple[int, int]]:
    public = place / "var/public"
    return {str(p.relative_to(public)): (p.stat().st_mtime_ns, p.stat().st_size) for p in public.rglob("*") if p.is_file()}


def started(place: Path, *words: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tickerwire",
        "--config",
        str(place / "config"),
        "--state",
        str(place),
        "crawl",
        "--all",
        *words,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def test_articles_arrive_once_and_a_second_crawl_changes_nothing(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    first = crawl(tickerwire)
    assert first["crawl"]["outlets"]["good"] == {"result": "ok", "error": "", "new": 2, "revised": 0}
    assert [row["title"] for row in stored(tmp_path)] == ["First", "Second"]
    files = tree(tmp_path)
    assert {"feeds/all.rss", "feeds/all.atom", "feeds/all.json", "ticker/all.json", "index.html"} <= set(files)
    second = crawl(tickerwire)
    assert second["crawl"]["outlets"]["good"]["result"] == "unchanged"
    assert second["crawl"]["not_modified"] == 1
    assert second["published"]["written"] == []
    assert tree(tmp_path) == files
    assert good.paths() == ["/robots.txt", FEED, FEED], "robots.txt is kept a day"


def test_the_client_says_who_it_is_and_nothing_else(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    crawl(tickerwire)
    crawl(tickerwire)
    for asked in good.asked:
        assert asked.headers["user-agent"].startswith("Tickerwire/")
        assert "mailto:desk@news.example.org" in asked.headers["user-agent"]
        assert not {"cookie", "referer"} & set(asked.headers)
    assert "if-none-match" not in good.asked[1].headers
    assert good.asked[2].headers["if-none-match"].startswith('"')


def test_an_edit_is_a_revision_and_reaches_the_feeds(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED)))
    crawl(tickerwire)
    good.answers[FEED] = Answer(rss(("1", "First, corrected"), ("2", "Second"), ("3", "Third")))
    report = crawl(tickerwire)
    assert report["crawl"]["outlets"]["good"] == {"result": "ok", "error": "", "new": 1, "revised": 1}
    feed = json.loads((tmp_path / "var/public/feeds/all.json").read_text())
    assert [item["title"] for item in feed["items"]] == ["Third", "Second", "First, corrected"]


def test_only_what_is_due_is_asked(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("good", good.url(FEED), schedule="0 0 1 1 *"))
    assert tickerwire("crawl").returncode == 0
    asked = len(good.asked)
    done = tickerwire("crawl")
    assert "nothing was due" in done.stderr
    assert len(good.asked) == asked


def test_a_retry_after_is_obeyed_even_with_all(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    good.answers[FEED] = Answer(b"", 503, {"Retry-After": "3600"})
    configure(tmp_path, outlet("good", good.url(FEED)))
    tickerwire("crawl", "--all")
    asked = len(good.asked)
    report = crawl(tickerwire)
    assert report["held"] == ["good"]
    assert len(good.asked) == asked


@pytest.mark.parametrize(
    ("robots", "fetched"),
    [
        (Answer(b"User-agent: *\nDisallow: /"), False),
        (Answer(b"User-agent: Tickerwire\nDisallow: /feed"), False),
        (Answer(b"User-agent: *\nDisallow: /private"), True),
        (Answer(b"", 404), True),
        (Answer(b"", 503), False),
        (Answer(b"", 429), False),
    ],
)
def test_robots_txt_decides(tickerwire: Command, tmp_path: Path, good: Loopback, robots: Answer, fetched: bool) -> None:
    good.answers["/robots.txt"] = robots
    configure(tmp_path, outlet("good", good.url(FEED)))
    tickerwire("crawl", "--all")
    assert (FEED in good.paths()) is fetched


def test_no_request_of_a_new_host_slips_past_robots_txt(tickerwire: Command, tmp_path: Path) -> None:
    def slow_robots(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.5)
        body = b"User-agent: *\nDisallow: /private"
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    answers = {"/robots.txt": Answer(act=slow_robots), "/open": Answer(rss(("1", "Open")))}
    with loopback(answers) as host:
        private = [host.url(f"/private/{n}") for n in range(8)]
        configure(tmp_path, outlet("one", host.url("/open"), *private))
        tickerwire("crawl", "--all")
        assert sorted(host.paths()) == ["/open", "/robots.txt"]


def test_redirects_are_followed_but_never_to_what_is_not_allowed(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    answers = {
        "/moved": Answer(b"", 301, {"Location": good.url(FEED)}),
        "/inside": Answer(b"", 302, {"Location": "http://10.0.0.1/secret"}),
        "/file": Answer(b"", 302, {"Location": "file:///etc/passwd"}),
    }
    with loopback(answers) as host:
        text = outlet("moved", host.url("/moved")) + outlet("inside", host.url("/inside")) + outlet("file", host.url("/file"))
        configure(tmp_path, text.replace('name = "moved"', 'name = "moved"\nheaders = { X-Key = "${KEY}" }'))
        report = json.loads(tickerwire("crawl", "--all", "--json", KEY="hunter2").stdout)
        assert [a.headers.get("x-key") for a in host.asked if a.path == "/moved"] == ["hunter2"]
    outlets = report["crawl"]["outlets"]
    assert outlets["moved"]["new"] == 2
    assert "not a public address" in outlets["inside"]["error"]
    assert outlets["file"]["result"] == "error"
    assert all("x-key" not in asked.headers for asked in good.asked), "a configured secret stays with its origin"


PAGE = """<!doctype html><html lang="en"><head><title>First - One News</title><meta property="og:site_name" content="One News">
<meta name="author" content="Ada Byron"></head><body><article><h1>First</h1>
{paragraphs}</article></body></html>"""


def test_article_pages_are_separate_work_that_a_304_does_not_hide(tickerwire: Command, tmp_path: Path) -> None:
    text = "".join(
        f"<p>Paragraph {n} tells at some length what happened in the harbour that day and who saw it.</p>" for n in range(9)
    )
    answers: dict[str, Answer] = {"/news/1": Answer(b"", 503), "/news/2": Answer(b"", 404)}
    with loopback(answers) as host:
        answers[FEED] = Answer(rss(("1", "First"), ("2", "Second"), link=host.url("")))
        configure(tmp_path, outlet("one", host.url(FEED), full_text=True))
        crawl(tickerwire)
        first, second = stored(tmp_path)
        assert (first["page"], second["page"]) == ("pending", "failed")
        assert json.loads(second["provenance"])["page"] == "HTTP 404"
        answers["/news/1"] = Answer(PAGE.format(paragraphs=text).encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        with Archive.open(tmp_path / "var/tickerwire.db") as archive:
            assert archive.read("select attempts from pages")[0][0] == 1
        rewind(tmp_path)
        report = crawl(tickerwire)
        assert report["crawl"]["outlets"]["one"]["result"] == "unchanged"
        first = stored(tmp_path)[0]
        assert first["page"] == "done"
        assert "Paragraph 8" in first["text"]
        assert json.loads(first["authors"]) == ["Ada Byron"]
        assert first["revision"] == 1


def rewind(place: Path) -> None:
    """Let the retry come due now."""
    import sqlite3

    with sqlite3.connect(place / "var/tickerwire.db") as db:
        db.execute("update pages set next_try = '2026-01-01T00:00:00Z'")
    db.close()


def test_a_proxy_carries_everything(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({}) as proxy:
        proxy.answers["http://paper.invalid/feed.xml"] = Answer(rss(("1", "Through the proxy"), link="http://paper.invalid"))
        proxy.answers["http://paper.invalid/news/1"] = Answer(PAGE.format(paragraphs="<p>Text.</p>").encode())
        configure(tmp_path, outlet("one", "http://paper.invalid/feed.xml", proxy=proxy.url(""), full_text=True))
        report = crawl(tickerwire)
        assert report["crawl"]["outlets"]["one"]["new"] == 1, report
        assert proxy.paths() == [f"http://paper.invalid{path}" for path in ("/robots.txt", "/feed.xml", "/news/1")]


def test_the_environment_names_no_proxy(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    with loopback({}) as proxy:
        configure(tmp_path, outlet("good", good.url(FEED)))
        env = dict.fromkeys(("http_proxy", "HTTP_PROXY", "all_proxy"), proxy.url("")) | {"no_proxy": ""}
        assert tickerwire("crawl", "--all", **env).returncode == 0
        assert proxy.asked == []
    assert [row["title"] for row in stored(tmp_path)] == ["First", "Second"]

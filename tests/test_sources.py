"""Documents that name others, through the real crawl: next pages, sitemaps told by robots.txt, indexes too long for one visit."""

import json
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from tests.loopback import Answer, loopback
from tests.test_crawl import SITE, Command, configure, crawl, outlet, stored
from tests.test_kinds import sitemap, source

HTML = {"Content-Type": "text/html"}
JSON = {"Content-Type": "application/json"}


def front(page: int, *news: int, last: bool = False) -> Answer:
    links = "".join(f'<li><a href="/news/{n}">Story {n}</a> <time datetime="2026-11-20">x</time></li>' for n in news)
    onward = "" if last else f'<a class="older" href="/?page={page + 1}">Older</a>'
    return Answer(f"<html><body><ul>{links}</ul>{onward}</body></html>".encode(), headers=HTML)


def test_pages_of_a_list_are_read_while_all_on_them_is_new(tickerwire: Command, tmp_path: Path) -> None:
    pages = {"/": front(1, 9, 8), "/?page=2": front(2, 7, 6), "/?page=3": front(3, 5, 4), "/?page=4": front(4, 3)}
    with loopback(pages) as host:
        told = source("one", "listing", host.url("/"), links="li a", date="time", next="a.older")
        configure(tmp_path, told + "pages = 3\n")
        assert crawl(tickerwire)["crawl"]["new"] == 6, "the operator's limit holds"
        host.asked.clear()
        host.answers["/"] = front(1, 11, 10)  # everything on it is new: something may have been missed
        host.answers["/?page=2"] = front(2, 9, 8)
        assert crawl(tickerwire)["crawl"]["new"] == 2
        assert [path for path in host.paths() if "news" not in path] == ["/", "/?page=2"]
        host.asked.clear()
        host.answers["/"] = front(1, 12, 11)
        assert crawl(tickerwire)["crawl"]["new"] == 1
        assert [path for path in host.paths() if "news" not in path] == ["/"], "one known article ends it"


def test_an_api_names_its_next_page_and_a_loop_ends(tickerwire: Command, tmp_path: Path) -> None:
    def answer(number: int, onward: str) -> Answer:
        said = {
            "items": [{"t": f"Story {number}", "u": f"/news/{number}", "d": "2026-11-20T10:00:00Z"}],
            "next": onward,
        }
        return Answer(json.dumps(said).encode(), headers=JSON)

    with loopback({"/api": answer(1, "/api?p=2"), "/api?p=2": answer(2, "/api")}) as host:
        keys = {"items": "items", "title": "t", "link": "u", "published": "d", "next": "next"}
        configure(tmp_path, source("one", "api", host.url("/api"), **keys))
        assert crawl(tickerwire)["crawl"]["new"] == 2
        assert host.paths().count("/api") == 1


@pytest.mark.parametrize("script", ["script#__NEXT_DATA__", "//script[contains(., 'posts')]"])
def test_a_page_s_embedded_state_is_read_like_an_api(tickerwire: Command, tmp_path: Path, script: str) -> None:
    state = json.dumps({"props": {"posts": [{"t": "From <the> state", "u": "/news/1", "d": "2026-11-20T10:00:00Z"}]}})
    assigned = "" if script.startswith("script") else "window.STATE = "
    page = f"<html><body><p>Hi</p><script id='__NEXT_DATA__'>{assigned}{state}{';' if assigned else ''}</script></body></html>"
    with loopback({"/": Answer(page.encode(), headers=HTML)}) as host:
        keys = {"items": "props.posts", "title": "t", "link": "u", "published": "d", "script": script}
        configure(tmp_path, source("one", "api", host.url("/"), **keys))
        assert crawl(tickerwire)["crawl"]["new"] == 1
        assert stored(tmp_path)[0]["title"] == "From <the> state"
        configure(tmp_path, source("one", "api", host.url("/"), **(keys | {"script": "script.none"})))
        assert "script = 'script.none' finds no JSON" in crawl(tickerwire)["crawl"]["outlets"]["one"]["error"]


def test_robots_txt_tells_where_the_sitemaps_are(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({}) as host:
        host.answers |= {
            "/robots.txt": Answer(f"User-agent: *\nDisallow: /private\nSitemap: {host.url('/news.xml')}\n".encode()),
            "/news.xml": Answer(sitemap(host.url("/news/1"), news=True)),
        }
        configure(tmp_path, source("one", "sitemap", host.url("/robots.txt")))
        assert crawl(tickerwire)["crawl"]["new"] == 1


def test_an_index_longer_than_a_visit_loses_nothing_for_good(tickerwire: Command, tmp_path: Path) -> None:
    maps = [f"/{n}.xml" for n in range(120)]
    with loopback({}) as host:
        host.answers["/index.xml"] = Answer(sitemap(*map(host.url, maps), root="sitemapindex", item="sitemap"))
        host.answers |= {path: Answer(sitemap(host.url(f"/news{path}"), news=True)) for path in maps}
        configure(tmp_path, source("one", "sitemap", host.url("/index.xml")))
        assert crawl(tickerwire)["crawl"]["new"] == 49
        host.asked.clear()
        crawl(tickerwire)
        assert set(maps[:10]) < set(host.paths()), "the newest are asked each time"
        crawl(tickerwire)
        assert len(stored(tmp_path)) == 120, "the others in turn"


@pytest.mark.parametrize("status", [301, 308, 302, 307])
def test_a_move_for_good_is_adopted_after_three_equal_answers(tickerwire: Command, tmp_path: Path, status: int) -> None:
    with loopback({"/new.xml": Answer(FEED)}) as host:
        host.answers["/old.xml"] = Answer(b"", status, {"Location": host.url("/new.xml")})
        configure(tmp_path, outlet("one", host.url("/old.xml")))
        for _ in range(3):
            crawl(tickerwire)
        host.asked.clear()
        assert crawl(tickerwire)["crawl"]["not_modified"] == 1
        adopted = status in (301, 308)
        assert host.paths() == (["/new.xml"] if adopted else ["/old.xml", "/new.xml"])


@pytest.mark.parametrize("parked", [Answer(b"", 404), Answer(b"<html><body>For sale</body></html>", headers=HTML)])
def test_a_move_that_leads_nowhere_is_given_up(tickerwire: Command, tmp_path: Path, parked: Answer) -> None:
    with loopback({"/new.xml": Answer(FEED)}) as host:
        host.answers["/old.xml"] = Answer(b"", 301, {"Location": host.url("/new.xml")})
        configure(tmp_path, outlet("one", host.url("/old.xml")))
        for _ in range(3):
            crawl(tickerwire)
        host.answers |= {"/new.xml": parked, "/old.xml": Answer(FEED)}
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["error"]
        host.asked.clear()
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["error"] == ""
        assert host.paths() == ["/old.xml"]


def test_an_index_of_sitemaps_that_moved_is_adopted_although_it_is_asked_unconditionally(
    tickerwire: Command, tmp_path: Path
) -> None:
    with loopback({}) as host:
        host.answers["/old.xml"] = Answer(b"", 301, {"Location": host.url("/index.xml")})
        host.answers["/index.xml"] = Answer(sitemap(host.url("/a.xml"), root="sitemapindex", item="sitemap"))
        host.answers["/a.xml"] = Answer(sitemap(host.url("/n/1"), news=True))
        configure(tmp_path, source("one", "sitemap", host.url("/old.xml")))
        for _ in range(3):
            crawl(tickerwire)
        host.asked.clear()
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["error"] == ""
        assert host.paths() == ["/index.xml", "/a.xml"]


FEED = (
    b"<rss version='2.0'><channel><title>F</title><ttl>120</ttl><item><title>One</title><link>https://x.example/1</link>"
    b"<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"
)


def test_what_a_feed_asks_of_pollers_outlives_a_304(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/f.xml": Answer(FEED)}) as host:
        configure(tmp_path, outlet("one", host.url("/f.xml"), schedule="* * * * *"))
        crawl(tickerwire)
        assert crawl(tickerwire)["crawl"]["not_modified"] == 1
        (shown,) = json.loads(tickerwire("status", "--json").stdout)["outlets"]
        assert waited(shown) > 110 * 60


def waited(shown: dict[str, str]) -> float:
    due, asked = (datetime.fromisoformat(shown[name]) for name in ("next_due", "last_attempt"))
    return (due - asked).total_seconds()


def test_every_host_has_a_receipt(tickerwire: Command, tmp_path: Path) -> None:
    robots = Answer(b"User-agent: *\nDisallow: /secret\n")
    with loopback({"/f.xml": Answer(FEED), "/robots.txt": robots}) as host:
        configure(tmp_path, outlet("one", host.url("/f.xml")) + outlet("two", host.url("/secret.xml")))
        for _ in range(2):
            crawl(tickerwire)
        (receipt,) = json.loads(tickerwire("status", "--json").stdout)["hosts"]
        assert receipt["requests"] == len(host.asked) == 3
        assert (receipt["not_modified"], receipt["share_304"], receipt["robots_refused"]) == (1, 0.333, 2)
        assert receipt["bytes"] == len(FEED) + len(robots.body)
        assert receipt["robots"][0]["status"] == 200


def test_one_host_is_asked_one_request_at_a_time_however_many_outlets_it_serves(tickerwire: Command, tmp_path: Path) -> None:
    moments: list[tuple[float, float]] = []

    def slow(handler: BaseHTTPRequestHandler) -> None:
        begun = time.monotonic()
        time.sleep(0.1)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(FEED)))
        handler.end_headers()
        handler.wfile.write(FEED)
        moments.append((begun, time.monotonic()))

    with loopback({f"/{n}.xml": Answer(act=slow) for n in range(5)}) as host:
        outlets = "".join(outlet(f"o{n}", host.url(f"/{n}.xml")) for n in range(5))
        configure(tmp_path, outlets, SITE.replace("delay = 0.0", "delay = 0.6"))
        crawl(tickerwire)
        assert len(moments) == 5
        for (begun, ended), (next_begun, _) in pairwise(sorted(moments)):
            assert next_begun >= ended
            assert next_begun - begun >= 0.58
        (receipt,) = json.loads(tickerwire("status", "--json").stdout)["hosts"]
        assert receipt["delay_s"] == 0.6
        assert 0.58 <= receipt["shortest_gap_s"] < 2, "between requests as sent, not as queued"


def test_without_a_delay_a_host_still_answers_one_request_at_a_time(tickerwire: Command, tmp_path: Path) -> None:
    under_way, most = [0], [0]

    def slow(handler: BaseHTTPRequestHandler) -> None:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        time.sleep(0.03)
        under_way[0] -= 1
        body = sitemap(f"http://127.0.0.1/news{handler.path}", news=True)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    maps = [f"/{n}.xml" for n in range(30)]
    with loopback({path: Answer(act=slow) for path in maps}) as host:
        host.answers["/index.xml"] = Answer(sitemap(*map(host.url, maps), root="sitemapindex", item="sitemap"))
        configure(tmp_path, source("one", "sitemap", host.url("/index.xml")))
        assert crawl(tickerwire)["crawl"]["new"] == 30
    assert most == [1]

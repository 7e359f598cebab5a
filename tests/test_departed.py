"""Outlets and feeds removed or renamed, and outlets read for the first time: nothing is lost, announced twice or left behind."""

import json
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

from syndicate.departed import departed
from syndicate.web import WebServer, app
from tests.loopback import Answer, Loopback, loopback, rss
from tests.test_crawl import Command, configure, crawl, good, outlet, stored
from tickerwire.config import FeedSpec

__all__ = ["good"]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def feeds(place: Path, *ids: str, more: str = "") -> None:
    told = "".join(f'[[feed]]\nid = "{name}"\ntitle = "{name}"\nquery = "*"\n{more}' for name in ids)
    (place / "config/feeds.toml").write_text(told)


def asked(place: Path, path: str) -> tuple[int, str]:
    """Status and Location of an answer."""
    with WebServer() as server:
        server.serve(app(place / "var/public", dict, "https://news.example.org"))
        connection = HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", path)
        answer = connection.getresponse()
        connection.close()
        return answer.status, answer.headers.get("location", "")


def test_a_removed_feed_is_gone_and_one_that_comes_back_is_not(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("one", good.url("/feed.xml")))
    feeds(tmp_path, "all", "other")
    crawl(tickerwire)
    feeds(tmp_path, "all")
    crawl(tickerwire)
    public = tmp_path / "var/public"
    assert not list(public.rglob("other*")), "variants and pages included"
    for path in ("/feeds/other.rss", "/ticker/other.json", "/feeds/other/", "/embed/other/"):
        assert asked(tmp_path, path)[0] == 410, path
    assert asked(tmp_path, "/feeds/never.rss")[0] == 404
    feeds(tmp_path, "all", more='formats = ["rss", "ticker"]\n')
    crawl(tickerwire)
    assert asked(tmp_path, "/feeds/all.atom")[0] == 410
    feeds(tmp_path, "all", "other")
    crawl(tickerwire)
    assert asked(tmp_path, "/feeds/other.rss")[0] == asked(tmp_path, "/feeds/all.atom")[0] == 200


def test_a_renamed_feed_redirects(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("one", good.url("/feed.xml")))
    crawl(tickerwire)
    feeds(tmp_path, "world", more='moved_from = ["all"]\n')
    crawl(tickerwire)
    for old, new in {"/feeds/all.rss": "/feeds/world.rss", "/feeds/all": "/feeds/world/"}.items():
        assert asked(tmp_path, old) == (301, new)
    assert not (tmp_path / "var/public/feeds/all.rss").exists()


def test_gone_is_said_for_thirty_days_and_damage_is_survived() -> None:
    feed = FeedSpec(id="a", title="A", query="*")
    said = departed((feed,), {"feeds/old.rss"}, b"", NOW)
    assert json.loads(said)["gone"] == {"feeds/old.rss": "2026-12-23T00:00:00Z"}
    assert departed((feed,), set(), said, NOW + timedelta(days=29)) == said
    assert json.loads(departed((feed,), set(), said, NOW + timedelta(days=31)))["gone"] == {}
    for damaged in (b"{", b"[]", b'{"gone": 1}', b"\xff"):
        assert json.loads(departed((feed,), set(), damaged, NOW))["gone"] == {}


def test_a_renamed_outlet_keeps_its_articles_and_announces_none_twice(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("one", good.url("/feed.xml")))
    crawl(tickerwire)
    before = {row["id"]: row["guid"] for row in stored(tmp_path)}
    configure(tmp_path, outlet("uno", good.url("/feed.xml"), moved_from=["one"]))
    report = crawl(tickerwire)["crawl"]
    assert (report["new"], report["not_modified"]) == (0, 1), "validators move, too"
    assert {row["id"]: row["guid"] for row in stored(tmp_path)} == before
    assert {row["outlet"] for row in stored(tmp_path)} == {"uno"}
    good.answers["/feed.xml"] = Answer(rss(("1", "First"), ("2", "Second"), ("3", "Third")))
    assert crawl(tickerwire)["crawl"]["new"] == 1
    assert all(":one/" in row["guid"] for row in stored(tmp_path)), "as a rebuilt database would mint them"
    (shown,) = json.loads(tickerwire("status", "--json").stdout)["outlets"]
    assert (shown["id"], shown["articles"]) == ("uno", 3)


def test_a_removed_outlet_leaves_its_rows(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("one", good.url("/feed.xml")) + outlet("two", good.url("/feed.xml?")))
    crawl(tickerwire)
    configure(tmp_path, outlet("one", good.url("/feed.xml")))
    crawl(tickerwire)
    assert len(stored(tmp_path)) == 4


def items(*ages: float) -> bytes:
    """An RSS feed whose items are so many hours old."""
    now = datetime.now(UTC)
    entries = "".join(
        f"<item><title>Aged {age} hours</title><link>https://x.example/{age}</link>"
        f"<pubDate>{(now - timedelta(hours=age)).strftime('%a, %d %b %Y %H:%M:%S GMT')}</pubDate></item>"
        for age in ages
    )
    return f"<rss version='2.0'><channel><title>F</title>{entries}</channel></rss>".encode()


def ticker(place: Path) -> list[str]:
    document = json.loads((place / "var/public/ticker/all.json").read_text())
    return [item["title"] for item in document["items"]]


def test_a_new_outlet_never_floods_a_ticker(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/a.xml": Answer(items(*range(1, 31))), "/b.xml": Answer(items(*range(100, 140)))}) as host:
        configure(tmp_path, outlet("a", host.url("/a.xml")))
        crawl(tickerwire)
        newest = [f"Aged {age} hours" for age in range(1, 6)]
        assert ticker(tmp_path) == newest
        assert len(json.loads((tmp_path / "var/public/feeds/all.json").read_text())["items"]) == 30, "feeds show all"
        host.answers["/a.xml"] = Answer(items(*(age / 10 for age in range(1, 10)), *range(1, 31)))
        crawl(tickerwire)
        news = [f"Aged {age / 10} hours" for age in range(1, 10)] + newest
        assert ticker(tmp_path) == news, "what comes later is all news"
        configure(tmp_path, outlet("a", host.url("/a.xml")) + outlet("b", host.url("/b.xml")))
        crawl(tickerwire)
        assert ticker(tmp_path) == news, "nothing older than a day is news"
        assert len(stored(tmp_path)) == 79
        configure(tmp_path, outlet("a", host.url("/a.xml"), host.url("/c.xml")))
        host.answers["/c.xml"] = Answer(items(*(age + 0.5 for age in range(1, 20))))
        crawl(tickerwire)
        assert len(ticker(tmp_path)) == len(news) + 5, "a further source of a known outlet does not flood, either"


def test_the_ticker_of_a_quiet_outlet_is_not_blank(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/b.xml": Answer(items(*range(100, 140)))}) as host:
        configure(tmp_path, outlet("b", host.url("/b.xml")))
        crawl(tickerwire)
        assert ticker(tmp_path) == [f"Aged {age} hours" for age in range(100, 105)]

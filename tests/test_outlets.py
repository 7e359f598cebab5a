"""Finding, adding and importing outlets with the real command against real servers: what is shown is what a crawl collects."""

import json
import time
import tomllib
from pathlib import Path

import pytest

from tests.loopback import Answer, Loopback, loopback, rss
from tests.test_crawl import Command, configure, crawl, good, outlet, stored
from tests.test_kinds import sitemap

__all__ = ["good"]
HTML = {"Content-Type": "text/html; charset=utf-8"}
HEAD = '<html lang="en-GB"><head><title>Harbour News</title>{head}</head><body>{body}</body></html>'
COMMENTED = (
    "# our outlets\n\n[[outlet]]   # the first\nid = 'first'\nname = 'First'  # its name\n"
    "  [[outlet.source]]\n  kind = 'feed'\n  url = 'https://first.example/f'\n# end\n"
)


def home(head: str = "", body: str = "<p>Welcome</p>") -> Answer:
    return Answer(HEAD.format(head=head, body=body).encode(), headers=HTML)


def alternate(href: str, kind: str = "rss+xml") -> str:
    return f'<link rel="alternate" type="application/{kind}" href="{href}">'


def tried(tickerwire: Command, url: str) -> dict[str, object]:
    done = tickerwire("outlets", "try", url, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_home_page_s_feeds_are_found_and_comments_come_last(tickerwire: Command, tmp_path: Path) -> None:
    links = alternate("/comments/feed/") + alternate("/news.xml") + alternate("/none.xml", "atom+xml")
    pages = {"/": home(links), "/news.xml": Answer(rss(("1", "First"), ("2", "Second")))}
    pages["/comments/feed/"] = Answer(rss(("7", "On First"), ("8", "On Second"), ("9", "On Third")))
    with loopback(pages) as host:
        configure(tmp_path, "")
        done = tickerwire("outlets", "try", host.url("/"))
        assert done.returncode == 0, done.stderr
        rows = [line.split() for line in done.stdout.splitlines()]
        assert [row[4] for row in rows[1:3]] == [host.url("/news.xml"), host.url("/comments/feed/")]
        assert "answered HTTP 404" in done.stdout
        assert "First" in done.stdout
        proposal = tomllib.loads(done.stdout[done.stdout.index("[[outlet]]") :])["outlet"][0]
        assert proposal["source"] == [{"kind": "feed", "url": host.url("/news.xml")}]
        assert (proposal["language"], proposal["name"]) == ("en-GB", "T")
        assert not (tmp_path / "var/tickerwire.db").exists(), "nothing is stored"


def test_the_feed_itself_will_do(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, "")
    found = tried(tickerwire, good.url("/feed.xml"))
    assert [each["entries"] for each in found["tried"]] == [2]  # type: ignore[attr-defined]
    assert good.paths() == ["/robots.txt", "/feed.xml"]


def test_without_a_feed_the_news_sitemap_of_robots_txt_is_found(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/": home()}) as host:
        listed = [host.url(f"/{name}.xml") for name in ("old-1", "old-2", "old-3", "news")]
        host.answers["/robots.txt"] = Answer(f"User-agent: *\nAllow: /\nSitemap: {host.url('/index.xml')}\n".encode())
        host.answers["/index.xml"] = Answer(sitemap(*listed, root="sitemapindex", item="sitemap"))
        host.answers["/news.xml"] = Answer(sitemap(host.url("/n/1"), host.url("/n/2"), news=True))
        configure(tmp_path, "")
        best = tried(tickerwire, host.url("/"))["tried"][0]  # type: ignore[index]
        assert (best["source"], best["entries"]) == ({"kind": "sitemap", "url": host.url("/robots.txt")}, 2)
        assert len(host.asked) <= 12
        assert host.paths().count("/index.xml") == 1


@pytest.mark.parametrize("structured", [False, True])
def test_a_list_of_links_is_found_and_crawls_as_proposed(tickerwire: Command, tmp_path: Path, structured: bool) -> None:
    stories = [f"A headline long enough to be one, number {n}" for n in range(6)]
    listed = "".join(f'<li class="teaser"><h3><a href="/news/{n}">{title}</a></h3></li>' for n, title in enumerate(stories))
    elements = [{"@type": "ListItem", "url": f"/news/{n}", "name": title} for n, title in enumerate(stories)]
    said = {"@context": "https://schema.org", "@type": "ItemList", "itemListElement": elements}
    script = f'<script type="application/ld+json">{json.dumps(said)}</script>' if structured else ""
    body = f'<nav><a href="/about">About us and all that we have to say</a></nav><ul class="river">{listed}</ul>{script}'
    with loopback({"/": home(body=body)}) as host:
        configure(tmp_path, "# nothing yet\n")
        done = tickerwire("outlets", "add", host.url("/"))
        assert done.returncode == 0, done.stderr
        (made,) = tomllib.loads((tmp_path / "config/outlets.toml").read_text())["outlet"]
        assert made["source"][0]["links"] == ("json-ld" if structured else "li.teaser > h3 > a")
        crawl(tickerwire)
        assert [row["title"] for row in stored(tmp_path)] == stories[::-1]


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({"/": Answer(b"", 404)}, "HTTP 404"),
        ({"/": home()}, "no feed, sitemap or list"),
        ({"/": Answer(b"")}, "empty document"),
        ({"/robots.txt": Answer(b"User-agent: *\nDisallow: /\n"), "/": home(alternate("/f"))}, "robots.txt"),
    ],
)
def test_where_nothing_is_found_one_line_says_so(
    tickerwire: Command, tmp_path: Path, answers: dict[str, Answer], complaint: str
) -> None:
    with loopback(answers) as host:
        configure(tmp_path, "")
        done = tickerwire("outlets", "try", host.url("/"))
        assert done.returncode == 1
        assert complaint in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        if "/robots.txt" in answers:
            assert host.paths() == ["/robots.txt"]


def test_a_private_address_is_refused(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, "", site='[site]\nbase_url = "https://n.example"\ncontact = "mailto:a@n.example"\n')
    done = tickerwire("outlets", "try", good.url("/feed.xml"))
    assert done.returncode == 1
    assert "not a public address" in done.stderr
    assert good.asked == []


def test_a_hostile_page_costs_itself(tickerwire: Command, tmp_path: Path) -> None:
    deep = "<div>" * 10_000 + "<a href=1>" * 1_000_000
    many = "".join(map(alternate, map(str, range(3_000))))
    with loopback({"/": home(many, deep)}) as host:
        configure(tmp_path, "")
        began = time.monotonic()
        done = tickerwire("outlets", "try", host.url("/"))
        assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
        assert len(host.asked) <= 12
        assert time.monotonic() - began < 60


def test_odd_links_do_not_hide_the_others(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    odd = ["/a&#8203;b", "http://a..b/feed", "/f#x", "http://u:p@h.example/f", "http://[::1/f"]
    listed = "<fb:b><a href='/n/1'>A headline that is long enough</a></fb:b>" * 9
    good.answers["/"] = home("".join(map(alternate, [*odd, "/feed.xml"])), listed)
    configure(tmp_path, "")
    best = tried(tickerwire, good.url("/"))["tried"][0]  # type: ignore[index]
    assert best["source"] == {"kind": "feed", "url": good.url("/feed.xml")}
    assert good.paths() == ["/robots.txt", "/", "/robots.txt", "/feed.xml"]


def test_an_endless_sitemap_index_is_given_up(tickerwire: Command, tmp_path: Path) -> None:
    names = ["/s" + format(n, "b")[1:] for n in range(1, 256)]
    with loopback({"/": home()}) as host:
        for name in names:
            listed = host.url(name + "0"), host.url(name + "1")
            host.answers[name] = Answer(sitemap(*listed, root="sitemapindex", item="sitemap"))
        host.answers["/robots.txt"] = Answer(f"Sitemap: {host.url('/s')}\n".encode())
        configure(tmp_path, "")
        assert tickerwire("outlets", "try", host.url("/")).returncode == 1
        assert len(host.asked) <= 14


def test_adding_keeps_every_comment_and_refuses_what_is_there(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, COMMENTED)
    file = tmp_path / "config/outlets.toml"
    done = tickerwire("outlets", "add", good.url("/feed.xml"), "--id", "harbour")
    assert done.returncode == 0, done.stderr
    written = file.read_text()
    assert written.startswith(COMMENTED + "\n[[outlet]]")
    assert [each["id"] for each in tomllib.loads(written)["outlet"]] == ["first", "harbour"]
    again = tickerwire("outlets", "add", good.url("/feed.xml"))
    assert (again.returncode, "already a source of the outlet harbour" in again.stderr) == (2, True)
    good.answers["/feed.xml?x"] = good.answers["/feed.xml"]
    clash = tickerwire("outlets", "add", good.url("/feed.xml?x"), "--id", "first")
    assert clash.returncode == 2
    assert f'{file}: outlet[3] "first" id = "first"' in clash.stderr
    assert "already taken" in clash.stderr
    assert file.read_text() == written, "a file that would not load replaces nothing"
    assert crawl(tickerwire, "--outlet", "harbour")["crawl"]["new"] == 2


def test_a_chosen_source_is_taken(tickerwire: Command, tmp_path: Path) -> None:
    pages = {"/": home(alternate("/a.xml") + alternate("/b.xml")), "/a.xml": Answer(rss(("1", "A"), ("2", "B")))}
    pages["/b.xml"] = Answer(rss(("1", "A")))
    with loopback(pages) as host:
        configure(tmp_path, "")
        assert tickerwire("outlets", "add", host.url("/"), "--source", host.url("/b.xml")).returncode == 0
        assert host.url("/b.xml") in (tmp_path / "config/outlets.toml").read_text()
        none = tickerwire("outlets", "add", host.url("/"), "--source", host.url("/c.xml"))
        assert (none.returncode, "nothing was found there" in none.stderr) == (2, True)


OPML = """<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head><title>Subscriptions</title></head><body>
<outline text="Papers"><outline type="rss" text="Alpha &amp; Co" xmlUrl="https://alpha.example/feed?a=1&amp;b=2" htmlUrl="https://alpha.example/"/>
<outline text="Deep"><outline text="Beta" title="Beta" xmlUrl="https://www.beta.example.org/rss"/></outline></outline>
<outline type="rss" text="First" xmlUrl="https://first.example/f"/><outline type="rss" text="Bad" xmlUrl="ftp://x.example/f"/>
<outline type="rss" text="Beta two" xmlUrl="https://beta.example.org/other"/></body></opml>"""


def test_opml_comes_in_and_goes_out(tickerwire: Command, tmp_path: Path) -> None:
    configure(tmp_path, COMMENTED)
    (tmp_path / "subs.opml").write_text(OPML)
    done = tickerwire("outlets", "import", str(tmp_path / "subs.opml"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == "3 added, 1 already there, 1 unusable\n"
    assert "https://first.example/f: already a source" in done.stderr
    assert "'Bad': must be a complete address" in done.stderr
    listed = json.loads(tickerwire("outlets", "list", "--json").stdout)
    made = [(each["id"], each["name"], each["sources"][0]["url"]) for each in listed[1:]]
    assert made == [
        ("alpha", "Alpha & Co", "https://alpha.example/feed?a=1&b=2"),
        ("beta-example", "Beta", "https://www.beta.example.org/rss"),
        ("beta-example-2", "Beta two", "https://beta.example.org/other"),
    ]
    (tmp_path / "out.opml").write_text(tickerwire("outlets", "export").stdout)
    again = tickerwire("outlets", "import", str(tmp_path / "out.opml"))
    assert again.stdout == "0 added, 4 already there\n"


def test_word_lists_beside_the_files_are_found_when_outlets_are_added(tickerwire: Command, tmp_path: Path) -> None:
    configure(tmp_path, COMMENTED)
    with (tmp_path / "config/feeds.toml").open("a") as feeds:
        feeds.write('[lists]\nwars = "wars.txt"\n')
    (tmp_path / "config/wars.txt").write_text("ceasefire\n")
    (tmp_path / "subs.opml").write_text(OPML)
    done = tickerwire("outlets", "import", str(tmp_path / "subs.opml"))
    assert (done.returncode, done.stdout) == (0, "3 added, 1 already there, 1 unusable\n"), done.stderr


@pytest.mark.parametrize("old", [b"\xef\xbb\xbf# ours\r\n\r\n", COMMENTED.encode().rstrip(), b""])
def test_what_was_there_stays_to_the_byte(tickerwire: Command, tmp_path: Path, old: bytes) -> None:
    configure(tmp_path, "")
    file = tmp_path / "config/outlets.toml"
    file.write_bytes(old)
    (tmp_path / "subs.opml").write_bytes(OPML.replace("UTF-8", "ISO-8859-1").replace("Beta two", "Süd").encode("latin-1"))
    done = tickerwire("outlets", "import", str(tmp_path / "subs.opml"))
    assert done.returncode == 0, done.stderr
    assert file.read_bytes().startswith(old)
    assert (b"\r\n" in old) == (b"\r\n[[outlet.source]]\r\n" in file.read_bytes())
    listed = json.loads(tickerwire("outlets", "list", "--json").stdout)
    assert listed[-1]["name"] == "Süd"


@pytest.mark.parametrize("text", ["", "hello", "<opml version='2.0'><body/></opml>", "<!DOCTYPE o [<!ENTITY a 'b'>]><opml/>"])
def test_what_is_no_opml_is_one_clear_line(tickerwire: Command, tmp_path: Path, text: str) -> None:
    configure(tmp_path, "")
    (tmp_path / "x.opml").write_text(text)
    done = tickerwire("outlets", "import", str(tmp_path / "x.opml"))
    assert done.returncode == 2
    assert "x.opml" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_disabled_outlet_is_listed_and_not_crawled(tickerwire: Command, tmp_path: Path, good: Loopback) -> None:
    configure(tmp_path, outlet("one", good.url("/feed.xml"), enabled=False))
    assert " off " in tickerwire("outlets", "list").stdout
    crawl(tickerwire)
    assert good.asked == []

"""Sources that are no feeds, through the real crawl: sitemaps and their indexes, front pages, JSON answers."""

import json
from pathlib import Path

from tests.loopback import Answer, loopback
from tests.test_crawl import PAGE, Command, configure, crawl, stored

TEXT = "".join(f"<p>Paragraph {n} tells at some length what happened in the harbour that day and who saw it.</p>" for n in range(9))


def source(name: str, kind: str, url: str, **keys: str) -> str:
    told = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    return f'[[outlet]]\nid = "{name}"\nname = "{name}"\n[[outlet.source]]\nkind = "{kind}"\nurl = "{url}"\n{told}'


def sitemap(*urls: str, root: str = "urlset", item: str = "url", news: bool = False) -> bytes:
    said = (
        "<n:news><n:publication_date>2026-11-21T10:00:00Z</n:publication_date><n:title>Told by the map</n:title></n:news>"
        if news
        else ""
    )
    listed = "".join(f"<{item}><loc>{url}</loc>{said}</{item}>" for url in urls)
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0"?><{root} {space}>{listed}</{root}>'.encode()


def test_an_index_of_sitemaps_is_read_to_its_articles_and_children_are_asked_conditionally(
    tickerwire: Command, tmp_path: Path
) -> None:
    with loopback({}) as host:
        host.answers |= {
            "/index.xml": Answer(sitemap(host.url("/a.xml"), host.url("/b.xml"), root="sitemapindex", item="sitemap")),
            "/a.xml": Answer(sitemap(host.url("/news/1"), host.url("/news/2"), news=True)),
            "/b.xml": Answer(sitemap(host.url("/news/3"))),
            "/news/3": Answer(PAGE.format(paragraphs=TEXT).encode(), headers={"Content-Type": "text/html"}),
        }
        configure(tmp_path, source("one", "sitemap", host.url("/index.xml")))
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["new"] == 3
        told = {row["link"].rpartition("/")[2]: (row["title"], row["page"]) for row in stored(tmp_path)}
        assert told == {"1": ("Told by the map", "none"), "2": ("Told by the map", "none"), "3": ("First", "done")}
        assert "/news/1" not in host.paths(), "a page is fetched only for what the map leaves out"
        host.answers["/b.xml"] = Answer(sitemap(host.url("/news/3"), host.url("/news/4")))
        host.asked.clear()
        report = crawl(tickerwire)["crawl"]
        assert (report["new"], report["not_modified"]) == (1, 1)
        asked = {request.path: "if-none-match" in request.headers for request in host.asked}
        assert asked == {"/index.xml": False, "/a.xml": True, "/b.xml": True, "/news/4": False}


def test_a_front_page_gives_articles_whose_pages_fill_what_it_lacks(tickerwire: Command, tmp_path: Path) -> None:
    front = '<html><body><a href="/about">About</a><ul class="a"><li><a href="/news/1">First</a></li></ul></body></html>'
    page = PAGE.replace("<article>", '<article><time datetime="2026-11-20T08:30:00Z">20 Nov</time>').format(paragraphs=TEXT)
    answers = {
        "/": Answer(front.encode(), headers={"Content-Type": "text/html"}),
        "/news/1": Answer(page.encode(), headers={"Content-Type": "text/html"}),
    }
    with loopback(answers) as host:
        configure(tmp_path, source("one", "listing", host.url("/"), links="ul.a a"))
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["new"] == 1
        (article,) = stored(tmp_path)
        assert (article["title"], article["published"], article["page"]) == ("First", "2026-11-20T08:30:00Z", "done")
        feed = json.loads((tmp_path / "var/public/feeds/all.json").read_text())
        assert [item["title"] for item in feed["items"]] == ["First"]
        configure(tmp_path, source("one", "listing", host.url("/"), links="ul.wrong a"))
        came = crawl(tickerwire)["crawl"]["outlets"]["one"]
        assert "ul.wrong a" in came["error"], "a changed selector is tried although the page is unchanged"


def test_a_json_answer_is_read_by_jmespath(tickerwire: Command, tmp_path: Path) -> None:
    answer = {"data": {"posts": [{"head": {"text": "From the API"}, "href": "/news/9", "at": 1_795_000_000}]}}
    with loopback({"/api": Answer(json.dumps(answer).encode(), headers={"Content-Type": "application/json"})}) as host:
        keys = {"items": "data.posts", "title": "head.text", "link": "href", "published": "at"}
        configure(tmp_path, source("one", "api", host.url("/api"), **keys))
        assert crawl(tickerwire)["crawl"]["outlets"]["one"]["new"] == 1
        (article,) = stored(tmp_path)
        assert (article["title"], article["link"]) == ("From the API", host.url("/news/9"))
        assert article["published"].startswith("2026-11-1")

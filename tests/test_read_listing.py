"""Front pages are read by the operator's selectors: every article once, with what the page says beside its link."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crawler.read.item import Origin, Unreadable
from crawler.read.listing import LINKS, read_listing
from tickerwire.config.model import Source
from tickerwire.model import Document, Entry

URL = "https://news.example/world/"
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def source(links: str, **keys: str) -> Source:
    return Source.model_validate({"kind": "listing", "url": URL, "links": links} | keys)


def read(body: str | bytes, links: str, content_type: str = "text/html", **keys: str) -> Document:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return read_listing(raw, content_type, Origin(URL, NOW, "en", "Europe/Berlin"), source(links, **keys))


def told(body: str, links: str, **keys: str) -> list[tuple[str, str, str, str]]:
    """Path, title, day and hour in UTC, summary of every entry."""
    return [
        (
            one.link.removeprefix("https://news.example"),
            one.title,
            f"{one.published:%m-%d %H}" if one.published else "",
            one.summary,
        )
        for one in read(body, links, **keys).entries
    ]


CARDS = """<!doctype html><html><head><title>World | Example</title><link rel="next" href="?page=2"></head><body>
<nav><a href="/about">About</a></nav><time datetime="2020-01-01">old</time><main>
<article><a class="pic" href="/a"><img src="a.jpg" alt="A picture"></a>
 <h2><a class="head" href="/a">Alpha <em>one</em></a></h2>
 <p class="intro">About &amp; alpha</p><time datetime="2026-03-04T10:00:00+01:00">yesterday</time></article>
<article><h2><a class="head" href="/b#comments">Beta</a></h2>
 <p class="intro">About beta</p><span class="when">3 March 2026</span></article>
<article><h2><a class="head" href="/c">Gamma</a></h2></article>
</main><a rel="next nofollow" href="/world/?page=2">More</a><a rel="next" href="#top">Up</a></body></html>"""
ALPHA = ("/a", "Alpha one", "03-04 09", "About & alpha")
BETA = ("/b#comments", "Beta", "03-02 23", "About beta")
GAMMA = ("/c", "Gamma", "", "")


@pytest.mark.parametrize(
    "keys",
    [
        {"links": "a.head", "date": "time, .when", "summary": ".intro"},
        {"links": "//a[@class='head']", "date": "//time | //*[@class='when']", "summary": "(//p)[1]"},
        {"links": "//a[@class='head']/@href", "date": "time::attr(datetime), .when::text", "summary": ".//p[1]/text()"},
        {"links": "article", "title": "h2", "date": "time, .when", "summary": "p.intro"},
        {"links": "article", "date": "./time/@datetime | ./span/text()", "summary": "p::text"},
        {"links": "article h2", "date": "../time | ../span", "summary": "(string(../p))"},
        {"links": "article a", "title": "h2 a", "date": "time, .when", "summary": "//p[re:test(@class, '^in')]"},
    ],
    ids=str,
)
def test_selectors_start_at_the_link_and_look_around_it(keys: dict[str, str]) -> None:
    assert told(CARDS, **keys) == [ALPHA, BETA, GAMMA]


def test_an_entry_says_where_it_is_from() -> None:
    found = read(CARDS, "a.head", date="time")
    assert found.title == "World | Example"
    assert found.follow == ()
    assert found.entries[0] == Entry(
        link="https://news.example/a",
        title="Alpha one",
        published=datetime(2026, 3, 4, 9, tzinfo=UTC),
        language="en",
        provenance=dict.fromkeys(("link", "title", "published", "language"), "dom"),
    )


@pytest.mark.parametrize(
    ("body", "links", "expected"),
    [
        ("<a href=/1>One</a>", "a", ("/1", "One")),
        ("<a href=/1><h3>Title</h3><p>Summary</p></a>", "a", ("/1", "Title")),
        ("<a href=/1><h3>Title</h3></a>", "h3", ("/1", "Title")),
        ("<li><a href=/c>News</a><h3><a href=/1>Title</a></h3></li>", "li", ("/1", "Title")),
        ("<div><h3>Title</h3><a href=/1>Read more</a></div>", "div", ("/1", "Title")),
        ("<a href=/1 title='Said'><img alt='Seen'></a>", "a", ("/1", "Said")),
        ("<a href=/1 aria-label='Said'></a>", "a", ("/1", "Said")),
        ("<a href=/1><img alt='Seen &amp; done'></a>", "a", ("/1", "Seen & done")),
        ("<a href=/1></a>", "a", ("/1", "")),
        ("<a href=/1><script>x()</script><style>y</style>One<!-- no --></a>", "a", ("/1", "One")),
        ("<a href=/1><div>Two</div><div>parts</div></a>", "a", ("/1", "Two parts")),
        ("<a href=/1>5 &lt; 6 &amp; more</a>", "a", ("/1", "5 < 6 & more")),
        ("<a href=/1>Short</a><a href=/1#x>The longer title</a><a href=/1>Brief</a>", "a", ("/1", "The longer title")),
        (
            "<a href='#a'>a</a><a href=/world/>x</a><a href=mailto:a@b.c>m</a><a href='javascript:x()'>j</a><a></a><a href=/1>1</a>",
            "a",
            ("/1", "1"),
        ),
        ("<base href='https://news.example/deep/x'><a href=1>One</a><a href='#a'>Up</a>", "a", ("/deep/1", "One")),
        ("<a href=' /1\n'>One</a>", "//a", ("/1", "One")),
        ("<a href=/1>One</a>", "(//a)[1]", ("/1", "One")),
        ("<a href=/1>One</a>", "a::text", ("/1", "One")),
        ("<map><area href=/1 alt=One></map>", "area", ("/1", "One")),
        ("\x00<a href=/1>O\x01ne\ud800</a>\ufffe", "a", ("/1", "One")),
    ],
)
def test_link_and_title(body: str, links: str, expected: tuple[str, str]) -> None:
    assert [one[:2] for one in told(body, links)] == [expected]


@pytest.mark.parametrize(
    ("inner", "date", "expected"),
    [
        ("<time>2026-03-04 10:00</time>", "time", "03-04 09"),
        ("<time datetime=junk>4 March 2026</time>", "time", "03-03 23"),
        ("<p>Updated <time datetime='2026-03-04T10:00:00Z'>now</time></p>", "p", "03-04 10"),
        ("<meta itemprop=d content=2026-03-04T10:00:00Z>", "meta", "03-04 10"),
        ("<span title='2026-03-04 10:00'>1 day ago</span>", "span", "03-04 09"),
        ("<span data-time=1772618400>1 day ago</span>", "span::attr(data-time)", "03-04 10"),
        ("<span>1 day ago</span>", "span", ""),
        ("<b>Live</b><b>4 March 2026</b>", "b", "03-03 23"),
        ("<time>4 March 2026</time>", "(substring(//time, 1))", "03-03 23"),
    ],
)
def test_dates(inner: str, date: str, expected: str) -> None:
    assert told(f"<li><a href=/1>One</a>{inner}</li><li><a href=/2>Two</a></li>", "a", date=date) == [
        ("/1", "One", expected, ""),
        ("/2", "Two", "", ""),
    ]


def test_what_is_beside_another_link_is_never_borrowed() -> None:
    body = (
        "<main><time>2026-03-04</time><ul><li><a href=/1>One</a></li><li><a href=/2>Two</a><time>2026-03-01</time></li></ul></main>"
    )
    assert [one[2] for one in told(body, "a", date="time")] == ["", "02-28 23"]
    assert [one[2] for one in told("<time>2026-03-04</time><p><a href=/1>One</a>", "a", date="time")] == [""]


ARTICLE = {
    "@type": "NewsArticle",
    "url": "/1",
    "headline": "One &amp; only",
    "datePublished": "2026-03-04T10:00:00Z",
    "author": {"@type": "Person", "name": "Ann Lee"},
    "description": "Intro",
    "keywords": "a, b",
    "image": {"url": "/i.jpg"},
}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (ARTICLE, [("/1", "One & only")]),
        ({"@graph": [{"@type": "WebPage", "url": "/p"}, ARTICLE]}, [("/1", "One & only")]),
        (
            {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "url": "/1"}, "/2"]},
            [("/1", ""), ("/2", "")],
        ),
        ({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": ARTICLE}]}, [("/1", "One & only")]),
        (
            {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "name": "One", "item": "/1"}]},
            [("/1", "One")],
        ),
        ({"@type": "ItemList", "itemListElement": {"item": {"@id": "/1", "name": "One"}}}, [("/1", "One")]),
        (
            {
                "@type": "CollectionPage",
                "mainEntity": {"@type": ["ItemList"], "itemListElement": [{"url": "/1"}, None, 7, {}]},
            },
            [("/1", "")],
        ),
        (
            [ARTICLE, {"@type": "BreadcrumbList", "itemListElement": [{"@type": "ListItem", "item": "/section"}]}],
            [("/1", "One & only")],
        ),
        (
            {"@type": "Blog", "blogPost": [{"@type": "BlogPosting", "mainEntityOfPage": {"@id": "/1"}, "name": "One"}]},
            [("/1", "One")],
        ),
    ],
)
def test_json_ld(data: Any, expected: list[tuple[str, str]]) -> None:
    script = f'<script type="application/ld+json">{json.dumps(data)}</script><a href=/not>Not</a>'
    assert [one[:2] for one in told(script, "json-ld")] == expected


def test_json_ld_tells_more_than_links() -> None:
    (entry,) = read(f'<script type="application/ld+json">{json.dumps(ARTICLE)}</script>', "json-ld").entries
    assert (entry.authors, entry.tags, entry.image, entry.summary) == (
        ("Ann Lee",),
        ("a", "b"),
        "https://news.example/i.jpg",
        "Intro",
    )
    assert set(entry.provenance.values()) == {"json-ld"}


@pytest.mark.parametrize(
    ("body", "keys", "reason"),
    [
        ("", {"links": "a"}, "empty document"),
        ("<p>", {"links": "ul.news a"}, "links = 'ul.news a' finds no link to an article on this page"),
        ("<p>x", {"links": "//p"}, "finds no link"),
        ("<p>x", {"links": "(count(//p))"}, "finds no link"),
        ("<p>x", {"links": "json-ld"}, "links = 'json-ld' finds no link"),
        ("<a href=/1>x", {"links": "a["}, "links = 'a[': "),
        ("<a href=/1>x", {"links": "//a["}, "links = '//a[': "),
        ("<a href=/1>x", {"links": "//a[nosuch()]"}, "links = '//a[nosuch()]': "),
        ("<a href=/1>x", {"links": "a", "date": "> time"}, "date = '> time': "),
        ("<a href=/1>x", {"links": "a", "title": "//x:y"}, "title = '//x:y': "),
        (" " * (10 << 20) + "<a href=/1>", {"links": "a"}, "larger than 10 MiB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(body: str, keys: dict[str, str], reason: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(reason)):
        read(body, **keys)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<a href=/1>Café</a>".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ("<meta charset=windows-1252><a href=/1>Café</a>".encode("cp1252"), "text/html"),
        ("<a href=/1>Café</a>".encode(), "text/html; charset=iso-8859-1"),
        ("<a href=/1>Café</a>".encode("utf-16"), "text/html"),
    ],
)
def test_charsets(body: bytes, content_type: str) -> None:
    assert [one.title for one in read(body, "a", content_type).entries] == ["Café"]


@pytest.mark.parametrize("body", ["<div>" * 50_000 + "<a href=/1>x", "<a href=/1>" * 100_000, "<div><a href=/1>x</a>" * 20_000])
def test_nesting_ends_in_a_reading_or_a_reason(body: str) -> None:
    with suppress(Unreadable):
        assert [one[0] for one in told(body, "a", date="time")] == ["/1"]


def test_more_links_than_any_front_page_are_cut() -> None:
    body = "".join(f"<a href=/{number}>x</a>" for number in range(LINKS + 100))
    document = read(body, "a")
    assert len(document.entries) == LINKS
    assert document.rejected == (f"more than {LINKS:,} links: the rest is not read",)


PIECES = """<a href= /1 ' " > </a> <li> <base href= https://[ <time datetime= <h2> <img alt= \x00 \ud800 </script> [ {"url":"/1"} ]}
    {"@type":"ItemList","itemListElement":[ <!-- <svg> <?x <![CDATA[ &#0; &#xd800; <frameset> <template> <plaintext>""".split()
PIECES += ['<script type="application/ld+json">', "<link rel=next href="]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30),
    st.sampled_from(["a", "//*", "li", "json-ld", "//@*", "//text()"]),
    st.sampled_from(["text/html", "text/html; charset=utf-16", "; charset=hex", "\ud800"]),
)
def test_hostile_pages_are_read_or_refused(pieces: list[str], links: str, content_type: str) -> None:
    try:
        found = read("<p>" + "".join(pieces), links, content_type, date="time", title="h2", summary="..")
    except Unreadable:
        return
    assert all(re.match("https?://", url) for url in (*found.follow, *(one.link for one in found.entries)))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("a/.()[]@:|>+~*='\"1, #\x00\ud800é"), min_size=1, max_size=12))
def test_any_selector_is_used_or_refused(selector: str) -> None:
    with suppress(Unreadable):
        read("<p>x<a href=/1>x", "a", date=selector)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"links": "//a["}, "links = '//a[': "),
        ({"links": "a", "title": "json-ld ["}, "title = 'json-ld [': "),
        ({"links": "a", "summary": "p:nosuch(2)"}, "summary = 'p:nosuch(2)': "),
    ],
)
def test_a_bad_selector_is_named_with_its_key(keys: dict[str, str], expected: str) -> None:
    with pytest.raises(Unreadable, match=f"^{re.escape(expected)}[^\n]+$"):
        read("<p>x<a href=/1>x", **keys)

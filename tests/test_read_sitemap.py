"""Sitemaps of every form, faulty ones included, give the addresses they list and nothing else."""

import gzip
import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings, strategies as st

from crawler.read.item import MOST, REASONS, Origin, Unreadable
from crawler.read.sitemap import LARGEST, read_sitemap
from tickerwire.model import Document, Entry

URL = "https://news.example/map/sitemap.xml"
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS_SPACE = "http://www.google.com/schemas/sitemap-news/0.9"


def read(body: str | bytes, content_type: str = "application/xml") -> Document:
    return read_sitemap(body.encode() if isinstance(body, str) else body, content_type, Origin(URL, NOW, "de", "Europe/Berlin"))


def entries(body: str | bytes, content_type: str = "application/xml") -> tuple[Entry, ...]:
    return read(body, content_type).entries


def links(body: str | bytes, content_type: str = "application/xml") -> list[str]:
    return [entry.link for entry in entries(body, content_type)]


def urlset(*locations: str) -> str:
    inner = "".join(f"<url><loc>{one}</loc></url>" for one in locations)
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SPACE}">{inner}</urlset>'


NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="{SPACE}" xmlns:news="{NEWS_SPACE}" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
        xmlns:xhtml="http://www.w3.org/1999/xhtml">
 <url><loc> https://news.example/a?x=1&amp;y=2 </loc><lastmod>2026-03-05T11:00:00Z</lastmod>
  <xhtml:link rel="alternate" hreflang="fr" href="https://news.example/fr/a"/>
  <news:news><news:publication><news:name>The Example &amp; Times</news:name><news:language>zh-cn</news:language></news:publication>
   <news:publication_date>2026-03-04T08:30:00+01:00</news:publication_date>
   <news:title><![CDATA[AT&amp;T & more]]></news:title><news:keywords>markets, Telecoms,, markets</news:keywords></news:news>
  <image:image><image:loc>/pictures/a.jpg</image:loc><image:title>Not the title</image:title></image:image></url>
 <url><loc>https://news.example/b</loc></url>
</urlset>"""


def test_google_news_tells_title_date_language_keywords_and_picture() -> None:
    document = read(NEWS)
    assert document.title == "The Example & Times"
    assert document.entries[0] == Entry(
        link="https://news.example/a?x=1&y=2",
        title="AT&T & more",
        published=datetime(2026, 3, 4, 7, 30, tzinfo=UTC),
        language="zh-CN",
        tags=("markets", "Telecoms"),
        image="https://news.example/pictures/a.jpg",
        provenance=dict.fromkeys(("link", "title", "published", "language", "tags", "image"), "sitemap")
        | {"lastmod": "2026-03-05T11:00:00Z"},
    )
    assert document.entries[1] == Entry(
        link="https://news.example/b", title="", language="de", provenance={"link": "sitemap", "language": "sitemap"}
    )


def test_lastmod_is_provenance_and_never_a_date_of_the_article() -> None:
    (entry,) = entries("<urlset><url><loc>https://n.example/1</loc><lastmod>2026-03-01</lastmod></url></urlset>")
    assert (entry.published, entry.updated, entry.provenance["lastmod"]) == (None, None, "2026-03-01")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(urlset("https://n.example/1"), ["https://n.example/1"], id="plain"),
        pytest.param(f"\ufeff \n{urlset('https://n.example/1')}", ["https://n.example/1"], id="BOM and blanks first"),
        pytest.param(urlset("https://n.example/?a=1&b=2&copy=3"), ["https://n.example/?a=1&b=2&copy=3"], id="bare &"),
        pytest.param(
            "<urlset><url><loc><![CDATA[https://n.example/?a=1&b=2]]></loc></url></urlset>",
            ["https://n.example/?a=1&b=2"],
            id="CDATA",
        ),
        pytest.param(
            urlset("https://n.example/1").replace(SPACE, "http://www.google.com/schemas/sitemap/0.84"),
            ["https://n.example/1"],
            id="old namespace",
        ),
        pytest.param("<urlset><url><loc>https://n.example/1</loc></url></urlset>", ["https://n.example/1"], id="none"),
        pytest.param(
            f'<s:urlset xmlns:s="{SPACE}"><s:url><s:loc>https://n.example/1</s:loc></s:url></s:urlset>',
            ["https://n.example/1"],
            id="prefix",
        ),
        pytest.param(
            "<s:urlset><s:url><s:loc>https://n.example/1</s:loc></s:url></s:urlset>",
            ["https://n.example/1"],
            id="undeclared prefix",
        ),
        pytest.param(
            urlset("https://n.example/1", "https://n.example/2").removesuffix("2</loc></url></urlset>"),
            ["https://n.example/1"],
            id="breaks off inside an address",
        ),
        pytest.param(
            urlset("https://n.example/1", "https://n.example/2").removesuffix("</url></urlset>"),
            ["https://n.example/1"],
            id="breaks off inside an entry",
        ),
        pytest.param(
            urlset("https://n.example/1", "https://n.example/2").removesuffix("lset>"),
            ["https://n.example/1", "https://n.example/2"],
            id="breaks off after an entry",
        ),
        pytest.param(
            "<urlset><url><loc>https://n.example/1</lco></url><url><loc>https://n.example/2</loc></url></urlset>",
            ["https://n.example/1", "https://n.example/2"],
            id="ill-formed",
        ),
        pytest.param(urlset("/rel", "2.html"), ["https://news.example/rel", "https://news.example/map/2.html"], id="relative"),
        pytest.param(urlset(), [], id="empty"),
        pytest.param(f"<!-- <html> -->{urlset('https://n.example/1')}", ["https://n.example/1"], id="comment first"),
        pytest.param(
            '<!DOCTYPE urlset [<!ENTITY x "https://n.example/1"><!ENTITY y SYSTEM "file:///etc/passwd">]>'
            + urlset("/&x;.html", "https://n.example/&y;").partition("?>")[2],
            ["https://news.example/&x;.html", "https://n.example/&y;"],
            id="no entity is expanded",
        ),
        pytest.param(
            "https://n.example/1\r\n# note\n\n  https://n.example/2 \n",
            ["https://n.example/1", "https://n.example/2"],
            id="text",
        ),
        pytest.param(
            "<rss version='2.0'><channel><image><url>https://n.example/i.png</url></image><item><title>T</title>"
            "<link>https://n.example/1</link></item></channel></rss>",
            ["https://n.example/1"],
            id="a feed is a sitemap too",
        ),
    ],
)
def test_every_form_gives_its_complete_entries(body: str, expected: list[str]) -> None:
    assert links(body) == expected
    assert links(gzip.compress(body.encode())) == expected
    assert links(gzip.compress(gzip.compress(body.encode()))) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (urlset("https://n.example/é").encode("utf-16"), "application/xml"),
        (urlset("https://n.example/é").replace("UTF-8", "ISO-8859-1").encode("latin-1"), "application/xml"),
        (urlset("https://n.example/é").encode("latin-1"), "application/xml; charset=iso-8859-1"),
        (urlset("https://n.example/é").encode(), "application/xml; charset=iso-8859-1"),
        (urlset("https://n.example/é").encode(), "application/xml; charset=hex"),
    ],
)
def test_charsets(body: bytes, content_type: str) -> None:
    assert links(body, content_type) == ["https://n.example/é"]


def test_an_index_gives_its_children_newest_first_and_their_dates() -> None:
    found = read(
        f"""<sitemapindex xmlns="{SPACE}">
        <sitemap><loc>https://news.example/undated-1.xml</loc></sitemap>
        <sitemap><loc>/old.xml.gz</loc><lastmod>2020-01-01</lastmod></sitemap>
        <sitemap><loc>https://news.example/new.xml</loc><lastmod>2026-03-05T10:00:00+00:00</lastmod></sitemap>
        <sitemap><loc>{URL}</loc></sitemap><sitemap><loc>ftp://news.example/x</loc></sitemap>
        <sitemap><loc>https://news.example/undated-2.xml</loc></sitemap></sitemapindex>"""
    )
    names = ["new.xml", "old.xml.gz", "undated-1.xml", "undated-2.xml"]
    assert found.follow == tuple(f"https://news.example/{name}" for name in names)
    assert found.entries == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty document"),
        (b" \n\0", "empty document"),
        (b"<!DOCTYPE HTML><html><body>Not found</body></html>", "HTML page"),
        (b"<head><title>Not found</title></head>", "its first element is <head>"),
        (b"<opml><body/></opml>", "its first element is <opml>"),
        (b"User-agent: *\nDisallow: /", "neither XML nor a list"),
        (b'{"urls": []}', "neither XML nor a list"),
        (b"\x1f\x8b\x08garbage", "damaged gzip data"),
        (b"<", "not a sitemap"),
        (b"<urlset><url><loc>https://n.exam", "truncated sitemap"),
    ],
)
def test_what_is_no_sitemap_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(reason)):
        read(body)


def test_only_web_addresses_are_entries() -> None:
    document = read(urlset("javascript:alert(1)", "https://u:p@n.example/", "", "mailto:a@n.example", "https://n.example/1"))
    assert [entry.link for entry in document.entries] == ["https://n.example/1"]
    assert len(document.rejected) == 4
    assert "javascript:alert(1)" in document.rejected[0]
    assert read("https://n.example/1\nhello").rejected == ("not a web address: 'hello'",)


def test_packed_data_that_breaks_off_gives_what_came_before() -> None:
    packed = gzip.compress(urlset(*(f"https://n.example/{number}-{number * 7919}" for number in range(2000))).encode())
    found = links(packed[: len(packed) // 2])
    assert 500 < len(found) < 2000
    assert found == [f"https://n.example/{number}-{number * 7919}" for number in range(len(found))]


def test_too_much_is_cut_and_said() -> None:
    bomb = gzip.compress(urlset("https://n.example/1").encode() + b" " * (LARGEST + 1), 1)
    document = read(bomb)
    assert ([entry.link for entry in document.entries], document.rejected) == (
        ["https://n.example/1"],
        ("larger than 50 MiB: the rest is not read",),
    )
    document = read(urlset(*["https://n.example/1"] * (MOST + 1)))
    assert (len(document.entries), document.rejected) == (MOST, ("more than 50,000 entries: the rest is not read",))
    document = read(urlset(*["x:y"] * (REASONS + 10)))
    assert (len(document.rejected), document.rejected[-1]) == (REASONS + 1, "and 10 more")


@pytest.mark.parametrize(
    "body",
    [b"<urlset>" + b"<url>" * 100_000, b"<urlset><url><loc>" + b"<a>" * 100_000, b"<urlset>" + b"<![CDATA[" * 100_000],
)
def test_nesting_ends_in_a_reading_or_a_reason(body: bytes) -> None:
    with suppress(Unreadable):
        assert read(body).entries == ()


PIECES = """<urlset> </urlset> <url> </url> <loc> </loc> <news:news> <news:title> </news:title> <sitemap> & https://n.example/ <![CDATA[
    ]]> &#0; \x00 \ud800 <!-- <?xml <!DOCTYPE <!ENTITY [ <lastmod> 9999-12-31 [::1""".split()


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=30), st.binary(max_size=20), st.booleans())
def test_hostile_documents_are_read_or_refused(pieces: list[str], tail: bytes, packed: bool) -> None:
    body = "".join(pieces).encode("utf-8", "surrogatepass") + tail
    try:
        found = read(gzip.compress(body)[: -len(tail) or None] if packed else body)
    except Unreadable:
        return
    assert all(re.match("https?://", url) for url in (*found.follow, *(one.link for one in found.entries)))

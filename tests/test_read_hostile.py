"""Documents that attack the parsers, read as a worker reads them: quickly, else stopped; honest ones of the same kind lose nothing."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.clean import affordable, plain
from crawler.extract.page import extract, read_page
from crawler.read.item import CONTENT, Origin, distinct
from crawler.work import SourceRead, read_source
from crawler.workers import WorkerKilled, Workers
from tickerwire.config import Source

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HERE = "http://www.example.org"
LISTING = {"kind": "listing", "links": "h2 a"}


def job(body: bytes, **keys: Any) -> tuple[Any, ...]:
    source = Source(**{"kind": "feed", "url": f"{HERE}/feed.xml"} | keys)
    return body, {"content-type": "text/xml"}, Origin(source.url, NOW), source


def read(body: bytes, **keys: Any) -> SourceRead:
    return read_source(*job(body, **keys))


def titles(found: SourceRead) -> list[str]:
    return [one.entry.title for one in found.entries]


def item(number: int, title: str = "", more: str = "") -> str:
    return f"<item><title>{title or f'N{number}'}</title><link>{HERE}/news/{number}</link>{more}</item>"


def rss(*inside: str, before: str = "") -> bytes:
    return f"<?xml version='1.0'?>{before}<rss version='2.0'><channel><title>T</title>{''.join(inside)}</channel></rss>".encode()


def links(count: int) -> bytes:
    return f"<html><body>{''.join(f'<h2><a href=/news/{n}>N{n}</a></h2>' for n in range(count))}".encode()


def urls(*inside: str) -> bytes:
    return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{''.join(inside)}</urlset>".encode()


def url(number: int, more: str = "") -> str:
    return f"<url><loc>{HERE}/news/{number}</loc>{more}</url>"


DTD = "<!DOCTYPE rss>"  # what makes feedparser read it
# What no limit at the door tells from an honest document: the worker's own limits end it.
SPINNING: dict[str, Callable[[], tuple[Any, ...]]] = {
    "namespaces": lambda: job(rss(item(1), "".join(f"<n{n}:x xmlns:n{n}='u{n}'/>" for n in range(140_000)), before=DTD)),
    "open tags": lambda: job(rss(item(1), "<x" * 3_000_000)),
    "empty items": lambda: job(rss("<item/>" * 1_000_000)),
    "empty JSON": lambda: job(b'{"items":[{}' + b",{}" * 2_000_000 + b"]}"),
    "categories": lambda: job(rss(item(1, "", "".join(f"<category>c{n}</category>" for n in range(60_000))), before=DTD)),
    "attributes": lambda: job(f"<h2><a href=/1 {' '.join(f'a{n}=1' for n in range(150_000))}>".encode(), **LISTING),
    "siblings": lambda: job(b"<p>" * 50_000 + links(1), kind="listing", links="p:nth-child(2n+1) ~ h2 a"),
}


@pytest.mark.parametrize("name", SPINNING)
def test_what_spins_is_stopped_and_the_next_document_is_read(name: str) -> None:
    async def both() -> SourceRead:
        with pytest.raises(WorkerKilled, match=r"used more than 1 s of CPU|ran out of memory"):
            await workers.run(read_source, *SPINNING[name]())
        return await workers.run(read_source, *job(rss(item(1))))

    with closing(Workers(1, wall_s=60, cpu_s=1, memory_bytes=512 << 20)) as workers:
        assert titles(asyncio.run(both())) == ["N1"]


LARGE: dict[str, tuple[Callable[[], SourceRead], int, str]] = {
    "feed": (lambda: read(rss(*map(item, range(60_000)))), 60_000, ""),
    "sitemap": (lambda: read(urls(*map(url, range(60_000))), kind="sitemap"), 50_000, "more than 50,000 entries: the rest is not read"),
    "listing": (lambda: read(links(50_000), **LISTING), 5_000, "more than 5,000 links: the rest is not read"),
    "odd feed": (lambda: read(rss(*map(item, range(7_000)), before=DTD)), 7_000, ""),
    "lines": (
        lambda: read("\n".join(f"{HERE}/{n}" for n in range(60_000)).encode(), kind="sitemap"), 50_000,
        "more than 50,000 entries: the rest is not read",
    ),
    "JSON": (
        lambda: read(json.dumps({"items": [{"id": f"n{n}", "url": f"{HERE}/{n}", "title": "N"} for n in range(60_000)]}).encode()),
        60_000, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LARGE)
def test_a_large_document_loses_nothing_in_silence(name: str) -> None:
    make, count, reason = LARGE[name]
    found = make()
    assert (len(found.entries), found.rejected) == (count, (reason,) if reason else ())


QUICK: dict[str, tuple[Callable[[], SourceRead], list[str]]] = {
    "names": (lambda: read(rss(item(1, "", f"<author>x{'a.' * 200_000}y@</author>"), before=DTD)), ["N1"]),
    "entities": (
        lambda: read(
            rss(item(1, "&l9;"), before=f"""<!DOCTYPE rss [<!ENTITY l0 "lol">{
                "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))}]>""")
        ),
        ["&l9;"],
    ),
    "newlines": (lambda: read(rss(item(1, "", f"<description>{'x' * 99 + chr(10) * 3_000_000}</description>"))), ["N1"]),
    "ampersands": (lambda: read(urls(url(1), "&" * 5_000_000), kind="sitemap"), [""]),
    "blank lines": (lambda: read(b"x\n" + b" \n" * 200_000 + b"x", kind="sitemap"), []),
    "levels": (lambda: read(urls(*(url(n, "<a>" * 200 + "x" * 99 + "</a>" * 200) for n in range(500))), kind="sitemap"), [""] * 500),
    "keywords": (
        lambda: read(urls(url(1, f"<n:news xmlns:n='n'><n:keywords>{'a,' * 2_000_000}</n:keywords></n:news>")), kind="sitemap"), [""]
    ),
    "semicolons": (
        lambda: read(f"<script type=application/ld+json>{';' * 1_000_000}x</script>".encode(), kind="listing", links="json-ld"), []
    ),
    "cards": (lambda: read(b"<div class=c>" * 200 + links(2_000), kind="listing", links=".c", title="h3", date="time"), ["N0"]),
}  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_what_took_the_square_of_its_size_is_read_at_once(name: str) -> None:
    make, expected = QUICK[name]
    began = time.process_time()
    assert titles(make()) == expected
    assert time.process_time() - began < 3


def test_the_rest_of_a_costly_feed_is_left_out_with_a_reason() -> None:
    found = read(rss(item(1), item(2, "", "<b>" * 200_000), item(3), before=DTD))
    assert (titles(found), found.rejected) == (["N1"], ("more than 150,000 tags: the rest is not read",))
    assert read(rss(item(2, "", "<b>" * 200_000), before=DTD)).error == "no complete item within 150,000 tags"


def test_markup_in_sections_costs_nothing() -> None:
    section = f"<description><![CDATA[{'<p>x</p>' * 1_000}]]></description>"
    assert len(read(rss(*(item(n, "", section) for n in range(200)), before=DTD)).entries) == 200  # 400,000 tags


def test_refused_tags_and_honest_ones() -> None:
    many = " ".join(f"a{n}='>'" for n in range(600))
    assert "500 attributes" in read(rss(item(1), f"<x {many}/>")).error
    picture = f"<media:thumbnail xmlns:media='http://search.yahoo.com/mrss/' url='data:image/png;base64,{'A=' * 20_000}'/>"
    assert titles(read(rss(item(1, "", picture), item(2, "", f"<description>{'a = &quot;b&quot; ' * 2_000}</description>")))) == [
        "N1",
        "N2",
    ]


def test_reasons_are_counted_not_kept() -> None:
    found = read(b'{"items":[1' + b",1" * 9_999 + b"]}")
    assert len(found.rejected) == 51
    assert found.rejected[-1] == "and 9,950 more"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_wide_encodings_of_plain_english(encoding: str) -> None:
    """Without a charset in the header feedparser takes them for ASCII."""
    body = ("" if encoding != "utf-16-le" else "\ufeff").encode(encoding) + rss(item(1)).decode().encode(encoding)
    assert titles(read(body)) == ["N1"]


def test_what_is_affordable() -> None:
    assert affordable("a<b>c") == "a<b>c"
    assert affordable("<b>" * 60_000).count("<") == 49_999
    assert len(affordable("x" * 3_000_000)) == 2_000_000
    assert plain("x " * 5_000_000, 10) == "x x x x…"
    assert distinct(["a", "A", "b", "", "c"], 2) == ("a", "b")


def test_pages_beyond_any_article_give_nothing_but_their_reservations() -> None:
    head = "<head><meta name=robots content=noarchive></head>"
    page = extract(f"<html>{head}<article><h1>H</h1>{'<p>word</p>' * 40_000}".encode(), HERE)
    assert (page.text, page.robots) == ("", frozenset({"noarchive"}))
    long = extract(f"<article><h1>H</h1><p>{'word ' * (CONTENT // 4)}".encode(), HERE)
    assert (long.text, long.content_html, long.title) == ("", "", "H")


def test_a_charset_that_is_none_of_text() -> None:
    body = "".join(f"<p>Paragraph {n} of M\xfcller tells at some length what happened.</p>" for n in range(9)).encode("latin-1")
    assert "Paragraph 8" in read_page(b"<article>" + body, HERE, "text/html; charset=hex", NOW).text

"""Extraction: what a page says, from whichever evidence it has, and nothing of what merely stands around it."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.extract import Page, extract, read_page
from crawler.work import merge
from tickerwire.model import Entry

SHARED = Path(__file__).parents[2] / "shared"
URL = "https://www.harbour-news.example/2026/11/02/ferry-returns/"
FETCHED = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARAGRAPHS = [
    "The old ferry returned to the eastern pier on Monday after two winters in the yard, and the first passengers were waiting at six.",
    "Repairs cost more than the council had planned, because the hull turned out to be thinner than the last survey had suggested.",
    "Captain Mara Quist said that the crew had missed the crossing, the gulls and even the fog that stops them every other morning.",
    "The timetable stays as it was: a boat every forty minutes, the last one an hour before midnight, and none at all on Sundays.",
]
BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
HEADLINE = "Ferry returns to the old pier"
META = f'<meta property="og:title" content="{HEADLINE} - Harbour News"><meta property="og:site_name" content="Harbour News">'


def site(head: str = "", body: str = "", article: str = BODY, language: str = "en") -> str:
    """A page with what sites put around an article: a header ticker, navigation, share bar, author box, comments."""
    return f"""<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8">
<title>{HEADLINE} | Harbour News</title>{head}</head><body>
<header><div class="site-name"><a href="/">Harbour News</a></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/sea">Sea</a></li></ul></nav>
<div class="header-ticker"><ul>
<li><span class="date">[ November 9, 2026 ]</span> <a href="/other">Mayor opens the new fish market</a></li>
</ul></div></header>
<main><article><h1>{HEADLINE}</h1>{body}<div class="entry">{article}</div>
<div class="author-box"><h4>About Ann Lee (348 Articles)</h4><p>Ann writes about the sea.</p></div></article>
<div id="respond"><h3>Leave a Reply</h3><form><p>Your email address will not be published.</p></form></div>
</main><footer><p>© Harbour News</p></footer></body></html>"""


def ld(**fields: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@context": "https://schema.org", **fields})}</script>'


ARTICLE = {
    "@type": "NewsArticle",
    "headline": HEADLINE,
    "datePublished": "2026-11-02T07:30:00+01:00",
    "author": {"@type": "Person", "name": "Ann Lee"},
    "publisher": {"@type": "Organization", "name": "Harbour News"},
}
PERSON = {"@type": "Person", "@id": "#ann", "name": "Ann Lee"}
PARTS = {"@type": "Person", "givenName": "Ann", "familyName": "Lee"}
MOMENT = datetime.fromisoformat("2026-11-02T07:30:00+01:00")


@pytest.mark.parametrize(
    ("page", "origin"),
    [
        pytest.param(site(ld(**ARTICLE)), "json-ld", id="json-ld"),
        pytest.param(
            site(ld(**{"@graph": [{**ARTICLE, "author": {"@id": "#ann"}}, {"@type": "WebPage", "url": URL}, PERSON]})),
            "json-ld",
            id="graph",
        ),
        pytest.param(site(ld(**{**ARTICLE, "author": [PARTS]})), "json-ld", id="name-parts"),
        pytest.param(site(ld(**ARTICLE).replace("}</script>", ",}</script>")), "json-ld", id="trailing-comma"),
        pytest.param(
            site(ld(**{**ARTICLE, "headline": "Another", "url": URL + "x"}) + ld(**{**ARTICLE, "mainEntityOfPage": URL})),
            "json-ld",
            id="own-node-of-several",
        ),
        pytest.param(
            site(
                META
                + '<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2026-11-02T06:30:00Z">'
            ),
            "meta",
            id="opengraph",
        ),
        pytest.param(
            site(META + '<meta name="author" content="Harbour News"><meta name="twitter:label1" content="Written by">')
            .replace(
                "</head>",
                '<meta name="parsely-author" content="Ann Lee"><meta name="pubdate" content="2026-11-02T07:30+0100"></head>',
            )
            .replace('<meta name="author" content="Harbour News">', ""),
            "meta",
            id="vendor-meta",
        ),
        pytest.param(
            site("", '<a rel="author" href="/ann">Ann Lee</a><time datetime="2026-11-02T07:30:00+01:00">today</time>'),
            "dom",
            id="rel-author-and-time",
        ),
        pytest.param(
            site(
                "",
                '<p class="byline">by <span class="author-name">Ann Lee</span></p><time datetime="2026-11-02T07:30+01:00"></time>',
            ),
            "dom",
            id="byline-class",
        ),
        pytest.param(
            site(
                "",
                '<p itemprop="author"><b itemprop="name">Ann Lee</b></p><i itemprop="datePublished" content="2026-11-02T06:30Z"></i>',
            ),
            "dom",
            id="microdata",
        ),
    ],
)
def test_one_article_in_many_layouts(page: str, origin: str) -> None:
    found = extract(page, URL)
    assert found.title == HEADLINE
    assert found.authors == ("Ann Lee",)
    assert found.published == MOMENT
    assert found.text.split("\n") == PARAGRAPHS
    assert found.language == "en"
    assert found.provenance["authors"] == found.provenance["published"] == origin
    assert found.content_html.startswith(f"<p>{PARAGRAPHS[0][:40]}")


def test_a_bare_page_is_dated_by_its_address_not_by_the_ticker() -> None:
    page = site().replace("November 9, 2026", "2026-11-09")
    found = extract(page, URL)
    assert (found.published or FETCHED).date() == MOMENT.date()
    assert found.text.split("\n") == PARAGRAPHS


def test_a_guessed_day_does_not_predate_todays_article() -> None:
    page, later = site().encode(), datetime(2026, 11, 2, 9, tzinfo=UTC)
    assert read_page(page, URL, "text/html", later).published is None
    assert read_page(page, URL, "text/html", later + timedelta(days=1)).published == datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (f"{HEADLINE} - Harbour News", HEADLINE),
        (f"{HEADLINE} | harbour-news.example", HEADLINE),
        (f"Harbour News: {HEADLINE}", f"Harbour News: {HEADLINE}"),
        (f"Harbour News – {HEADLINE}", HEADLINE),
        (f"{HEADLINE} | Sea | Harbour News", HEADLINE),
        ("Peace - at last", "Peace - at last"),
        ("Harbour News", "Harbour News"),
    ],
)
def test_the_sites_name_leaves_the_title(given: str, shown: str) -> None:
    page = site(f'<meta property="og:title" content="{given}"><meta property="og:site_name" content="Harbour News">')
    assert extract(page, URL).title == shown


def test_the_outlet_is_the_author_only_where_no_person_is_named() -> None:
    head = META + '<meta name="author" content="Harbour News">'
    assert extract(site(head, '<p class="byline">Ann Lee</p>'), URL).authors == ("Ann Lee",)
    alone = site(head).replace("author-box", "box").replace("About Ann Lee", "About us")
    assert extract(alone, URL).authors == ("Harbour News",)


def test_dates_lend_each_other_time_and_offset() -> None:
    visible = '<time datetime="2026-11-02T07:30:00+01:00">2 November</time>'
    for written in ("2026-11-02T07:30:00", "2026-11-02"):
        assert extract(site(ld(**{**ARTICLE, "datePublished": written}), visible), URL).published == MOMENT
    naive = site(ld(**{**ARTICLE, "datePublished": "2026-11-02T07:30:00"})).encode()
    assert read_page(naive, URL, "text/html", FETCHED, "Europe/Berlin").published == MOMENT


def test_future_dates_are_clamped() -> None:
    page = site(ld(**{**ARTICLE, "datePublished": "2031-01-01T00:00:00Z"})).encode()
    assert read_page(page, URL, "text/html", FETCHED, "UTC").published == FETCHED


def test_images_tags_section_and_robots() -> None:
    fields = {
        "image": {"@type": "ImageObject", "url": "/lead.jpg"},
        "articleSection": "Sea",
        "keywords": "ferry, pier,Ferry",
    }
    found = extract(site(ld(**ARTICLE, **fields) + '<meta name="robots" content="index, noarchive,NOAI">'), URL)
    assert found.image == "https://www.harbour-news.example/lead.jpg"
    assert (found.section, found.tags) == ("Sea", ("ferry", "pier"))
    assert found.robots == {"index", "noarchive", "noai"}


@pytest.mark.parametrize(
    "html",
    [
        b"",
        b"   ",
        b"\x00\x00",
        b"<",
        b"not html",
        b"<html></html>",
        b"\xff\xfe\x00\xd8",
        b"<p>" * 5_000,
        b"{}",
        b"<!-- -->",
        bytes(range(256)) * 20,
    ],
)
def test_no_page_is_an_error(html: bytes) -> None:
    assert extract(html, URL).title == ""
    assert isinstance(extract(html.decode("latin-1"), URL), Page)


def test_broken_markup_and_controls_do_not_hide_the_article() -> None:
    page = (
        site(ld(**ARTICLE)).replace("</p>", "\x00\x0b").replace("</div>", "").replace('"@type": "Person"', '"@type": "Per\x01son"')
    )
    found = extract(page, URL)
    assert found.title == HEADLINE
    assert "The timetable stays as it was" in found.text
    assert "\x00" not in found.text + found.content_html


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ("utf-8", "text/html"),
        ("iso-8859-1", "text/html; charset=iso-8859-1"),
        ("utf-16", "text/html"),
        ("utf-8", "text/html; charset=iso-8859-1"),
    ],
)
def test_charsets(charset: str, content_type: str) -> None:
    article = BODY.replace("gulls", "Möwen über Brücken")
    page = site(ld(**ARTICLE), article=article).replace('<meta charset="utf-8">', "").encode(charset)
    assert "Möwen über Brücken" in read_page(page, URL, content_type, FETCHED).text


PAGE = Page(
    link=URL,
    title="Page title",
    authors=("Page Author",),
    published=MOMENT,
    text="\n".join(PARAGRAPHS),
    content_html=BODY,
    language="de",
    image="https://x.example/i.jpg",
    section="Sea",
    provenance={
        "published": "json-ld",
        "authors": "meta",
        "text": "trafilatura",
        "content_html": "trafilatura",
        "language": "text",
        "image": "meta",
    },
)


def test_merging_fills_what_the_feed_left_out() -> None:
    merged = merge(Entry(link=URL, title="Feed title", language="en", provenance={"title": "feed", "language": "feed"}), PAGE)
    assert merged.title == "Feed title"
    assert (merged.authors, merged.image, merged.section, merged.language) == (
        ("Page Author",),
        PAGE.image,
        "Sea",
        "de",
    )
    assert merged.published == MOMENT
    assert merged.published.utcoffset() == timedelta(0)
    assert merged.text == PAGE.text
    assert merged.summary.startswith(PARAGRAPHS[0])
    assert merged.provenance["title"] == "feed"
    assert (merged.provenance["published"], merged.provenance["text"], merged.provenance["language"]) == (
        "json-ld",
        "trafilatura",
        "text",
    )


def test_merging_keeps_what_the_feed_said() -> None:
    entry = Entry(
        URL,
        "T",
        authors=("A",),
        published=FETCHED,
        text=PAGE.text + "!",
        content_html="<p>own</p>",
        language="de-AT",
        summary="S",
    )
    merged = merge(entry, PAGE)
    assert replace(merged, section="", image="", provenance={}) == entry


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared corpus beside the checkout")
def test_the_model_page() -> None:
    page = (SHARED / "corpus/seed/article.html").read_bytes()
    found = extract(page, "https://example.org/why-iran-needs-to-get-out-of-syria/")
    paragraphs = found.text.split("\n")
    assert len(paragraphs) == 13
    assert paragraphs[5].startswith("Iran has continued")
    assert found.title == "Why Iran Needs to Get Out of Syria"
    assert found.authors == ("Siavosh Hosseini",)
    assert found.published == datetime(2016, 12, 19, 14, 5, 11, tzinfo=UTC)
    assert not [
        clutter
        for clutter in ("Articles)", "Ticker", "Reply", "email address", "420")
        if clutter in found.text + found.content_html
    ]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared corpus beside the checkout")
def test_real_pages_do_not_get_worse() -> None:
    floors = {
        "title_norm": 0.9,
        "authors_f1": 0.88,
        "date_instant": 0.94,
        "date_day": 0.97,
        "body_f1": 0.94,
        "lang": 1.0,
    }
    gates = [f"--gate={key}={floor}" for key, floor in floors.items()]
    command: list[str | Path] = [
        sys.executable,
        SHARED / "tools/eval_extraction.py",
        SHARED / "corpus/pages",
        "--callable",
        "crawler.extract:extract",
    ]
    run = subprocess.run(
        [*command, "--limit=20", "--bootstrap=2", *gates],
        check=False,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        ("<title>Ferry returns to the pier – The Courier</title></head><a href='/'>The Courier</a>", "Ferry returns to the pier"),
        ("<title>夜班渡轮告别老码头 – 河口日报</title></head><h1>夜班渡轮告别老码头</h1>", "夜班渡轮告别老码头"),
        (
            "<title>Ferry returns to the pier – The Courier</title></head><h1>Sea: Ferry returns to the pier</h1>",
            "Ferry returns to the pier",
        ),
        ("<title>Ferry returns – at last</title></head><h1>Sea: Ferry returns – at last</h1>", "Ferry returns – at last"),
    ],
)
def test_a_title_is_cut_where_the_page_itself_cuts_it(page: str, shown: str) -> None:
    assert extract(f"<html><head>{page}{BODY}</html>", URL).title == shown


def test_an_author_of_three_characters_and_a_date_in_the_articles_footer() -> None:
    footer = '<footer><span class="author">李明华</span><time datetime="2026-11-02T07:30:00+01:00"></time></footer>'
    found = extract(site("", footer), URL)
    assert (found.authors, found.published) == (("李明华",), MOMENT)

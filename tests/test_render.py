"""Rendering: golden bytes, hostile articles, republication policy, quarantine, and what the check refuses.

After a wanted change of the bytes: `python -m tests.test_render` writes the golden files anew; read the difference.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest

from syndicate.channel import channel
from syndicate.check import Invalid, active, check
from syndicate.item import Item, Unfit, fitted, item
from syndicate.publish import render
from syndicate.render import RENDERERS
from syndicate.rss_atom import byline
from syndicate.text import plain, web_url
from syndicate.ticker import marked_stale, stale_after, ticker
from syndicate.tree import CODINGS
from tests import sample
from tests.archive import HOSTILE, NOW, PLAIN_SET, article, config, feed, outlet
from tests.conftest import ROOT, SHARED
from tickerwire.model import Article

GOLDEN = Path(__file__).parent / "golden"
FORMATS = ("rss", "atom", "json", "ticker")
CONFIG = config(Path("/nowhere"))
SCHEMA = json.loads((ROOT / "syndicate/embed/ticker-1.schema.json").read_text())


def items(articles: Sequence[Article]) -> tuple[Item, ...]:
    outlets = {each.id: each for each in CONFIG.outlets}
    return fitted([item(each, outlets.get(each.outlet)) for each in articles])


def rendered(articles: Sequence[Article]) -> dict[str, bytes]:
    result = render(CONFIG, CONFIG.feeds[0], shown := items(articles), shown)
    assert result.quarantined == {}
    return dict(result.documents)


@pytest.mark.parametrize("kind", FORMATS)
def test_bytes_are_the_golden_ones(kind: str) -> None:
    assert rendered(PLAIN_SET)[kind].decode() == (GOLDEN / f"world.{kind}").read_text(encoding="utf-8")


def test_bytes_are_the_same_in_any_process() -> None:
    code = (
        "from hashlib import sha256; from tests import test_render as t;"
        "print(*(sha256(d).hexdigest() for d in t.rendered(t.PLAIN_SET + t.HOSTILE).values()))"
    )
    command = [sys.executable, "-c", code]
    env = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    other = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=env, timeout=60)
    assert other.stdout.split() == [sha256(data).hexdigest() for data in rendered(PLAIN_SET + HOSTILE).values()]


def test_feedparser_reads_the_same_from_every_xml_format() -> None:
    documents = rendered(PLAIN_SET)
    rss, atom = (feedparser.parse(documents[kind]) for kind in ("rss", "atom"))
    for name in ("id", "title", "link"):
        assert [entry[name] for entry in rss.entries] == [entry[name] for entry in atom.entries]
    assert [entry.published_parsed for entry in rss.entries] == [entry.published_parsed for entry in atom.entries]
    assert rss.entries[0].author == "Ada Lind, Bo Ek"
    assert [author.name for author in atom.entries[0].authors] == ["Ada Lind", "Bo Ek"]
    for parsed in (rss, atom):
        assert not parsed.bozo
        assert parsed.feed.link == "https://news.example.org/feeds/world/"
        assert parsed.entries[0].enclosures[0].length == "1234"
        assert parsed.entries[0].content[0].value.startswith("<p>Open <a")
        assert {link.rel for link in parsed.feed.links} >= {"self", "hub", "alternate"}


@pytest.mark.parametrize("articles", [PLAIN_SET, HOSTILE, ()], ids=["plain", "hostile", "empty"])
def test_tickers_fit_the_published_schema(articles: Sequence[Article]) -> None:
    document = rendered(articles)["ticker"]
    fits(document)
    fits(marked_stale(document))
    assert not set(document.decode()) & set("<>&\u2028\u2029")


def fits(document: bytes) -> dict[str, Any]:
    """A ticker that is what the published schema says, read."""
    read: dict[str, Any] = json.loads(document)
    jsonschema.validate(read, SCHEMA, cls=jsonschema.Draft202012Validator)
    return read


def test_a_published_schema_never_changes() -> None:
    # It is served as immutable. What consumers would have to know anew is /schema/ticker-2.json.
    assert sha256((ROOT / "syndicate/embed/ticker-1.schema.json").read_bytes()).hexdigest() == (
        "2abfd96d76df7c56ca66bf69f055d095c6a0c768d433cfd6b88e473923678e52"
    )
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_what_marks_a_headline_is_in_the_ticker_and_fits_the_schema() -> None:
    also = (("The Meridian", "Another title", "https://meridian.example/1"),)
    site = sample.config()
    marked = sample.items(3, urgent=True, also=also, licence="https://creativecommons.org/licenses/by/4.0/", language="fa")
    document = ticker(channel(site.feeds[0], site.site, "", marked), tuple(marked))
    first, *_ = fits(document)["items"]
    assert first == {
        "id": marked[0].id, "title": marked[0].title, "url": marked[0].url, "source": marked[0].outlet_name,
        "time": "2026-11-22T11:57:00Z", "lang": "fa", "urgent": True, "licence": "https://creativecommons.org/licenses/by/4.0/",
        "also": [{"source": "The Meridian", "url": "https://meridian.example/1"}],
    }  # fmt: skip
    times = [each["time"] for each in fits(document)["items"]]
    assert times == sorted(times, reverse=True)
    stale = fits(marked_stale(document))
    assert stale.pop("stale") is True
    assert stale == json.loads(document), "nothing else changed"


@pytest.mark.parametrize("wrong", [
    {"id": "1"}, {"id": 1.5}, {"id": 0}, {"title": ""}, {"title": "x" * 201}, {"url": "javascript:alert(1)"}, {"url": "/relative"},
    {"source": ""}, {"time": "2026-11-22 11:57"}, {"time": "2026-11-22T11:57:00+01:00"}, {"lang": "en_US"}, {"urgent": False},
    {"also": [{"source": "x"}]},
])  # fmt: skip
def test_the_schema_refuses_what_is_not_a_headline(wrong: dict[str, Any]) -> None:
    document = fits(rendered(PLAIN_SET)["ticker"])
    document["items"][0] |= wrong
    with pytest.raises(jsonschema.ValidationError):
        fits(json.dumps(document).encode())


def test_every_hostile_article_is_in_every_format() -> None:
    shown = items(HOSTILE)
    for kind, document in rendered(HOSTILE).items():
        check(kind, document, shown)
        assert len(document) < 512_000
    assert [each.id for each in shown] == [each.id for each in HOSTILE]


@pytest.mark.shared
@pytest.mark.parametrize("articles", [PLAIN_SET, HOSTILE], ids=["plain", "hostile"])
def test_feedcheck_finds_neither_errors_nor_warnings(tmp_path: Path, articles: Sequence[Article]) -> None:
    for kind, document in rendered(articles).items():
        if kind != "ticker":
            (tmp_path / kind).write_bytes(document)
    checker = [sys.executable, str(SHARED / "tools/feedcheck.py"), "--json", "--level", "W", "--now", NOW.isoformat()]
    command = [*checker, "--loopback", *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [report["kind"] for report in reports] == ["atom", "json", "rss"]
    assert [report["findings"] for report in reports] == [[], [], []]


def test_no_format_shows_more_than_the_policy() -> None:
    for document in rendered(PLAIN_SET).values():
        assert b"never shown" not in document  # a body under "excerpt"
        assert b"secret" not in document  # a picture under "headline", the key in a source's address
        assert b"says report 7" not in document  # a summary under "headline"
        assert b"says report 6" not in document  # an outlet no longer configured


def test_an_article_without_an_address_is_unfit() -> None:
    with pytest.raises(Unfit, match="not an http"):
        item(article(1, url="javascript:alert(1)", link="ftp://harbour.example/"), outlet())


@pytest.mark.parametrize(
    "spoiled",
    [
        {"content_html": "<p>fine</p><script>alert(1)</script>"},
        {"content_html": '<a href=" java\nscript:alert(1)">x</a>'},
        {"content_html": '<img src="https://x.example/" onerror="alert(1)">'},
        {"title": "nul \x00"},
        {"title": "surrogate \ud800"},
        {"url": ""},
        {"title": "", "summary": ""},
    ],
)
def test_one_spoiled_item_costs_itself_alone(spoiled: dict[str, str]) -> None:
    good = items(PLAIN_SET)
    bad = replace(items((article(77),))[0], **spoiled)  # type: ignore[arg-type]
    shown = (*good[:2], bad, *good[2:])
    result = render(CONFIG, CONFIG.feeds[0], shown, shown)
    assert list(result.quarantined) == [77]
    assert result.quarantined[77]
    assert result.items == good
    assert dict(result.documents) == rendered(PLAIN_SET)


@pytest.mark.parametrize("kind", FORMATS)
def test_check_refuses_what_is_not_exactly_these_items(kind: str) -> None:
    shown = items(PLAIN_SET)
    document = rendered(PLAIN_SET)[kind]
    wrong: dict[str, tuple[bytes, Sequence[Item]]] = {
        "cut short": (document[:-20], shown),
        "empty": (b"", shown),
        "HTML": (b"<!doctype html><title>Busy</title>", shown),
        "one missing": (document, (*shown, shown[0])),
        "one too many": (document, shown[1:]),
        "another order": (document, shown[::-1]),
        "another date": (document, (replace(shown[0], date=NOW), *shown[1:])),
        "control character": (document.replace(b"Ferry 8", b"Ferry \xc2\x9f"), shown),
        "not UTF-8": (document.replace(b"Ferry 8", b"Ferry \xff"), shown),
        "no date": (document.replace(b"2026", b"next"), shown),
    }
    check(kind, document, shown)
    assert [what for what, (data, expected) in wrong.items() if not refused(kind, data, expected)] == []


def refused(kind: str, data: bytes, expected: Sequence[Item]) -> bool:
    try:
        check(kind, data, expected)
    except Invalid as reason:
        return bool(str(reason))
    return False


@pytest.mark.parametrize(
    ("fragment", "danger"),
    [
        ('<p>a <b>b</b> <img src="https://x.example/a.png" alt=""> <a href="mailto:a@x.example">c</a></p>', ""),
        ("just words & entities &lt;script&gt;", ""),
        ("", ""),
        ("<iframe src=//x.example></iframe>", "<iframe>"),
        ("<svg/onload=alert(1)>", "<svg>"),
        ("<p ONCLICK=x>", "onclick"),
        ('<a href="&#106;avascript:x">', "href"),
        ('<a href="data:text/html,x">', "href"),
        ("<!-- x -->", "comment"),
    ],
)
def test_active_content_is_seen(fragment: str, danger: str) -> None:
    assert danger in active(fragment)
    assert bool(danger) == bool(active(fragment))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  two\n lines\u2028and\ttabs ", "two lines and tabs"),
        ("10\u00a0000 €", "10\u00a0000 €"),
        ("AT&amp;amp;T &lt;b&gt;bold&lt;/b&gt;", "AT&T bold"),
        ("&copy=1&unknown; &#0;&#xD800;&#x202e;", "&copy=1&unknown;"),
        ("5 < 6 > 4, I <3 it", "5 < 6 > 4, I <3 it"),
        ("<<b>script>alert(1)</script>", "‹script>alert(1)"),
        ("\ufdd0\ufffe\x7f\x85x\ud83d", "x"),
        ("one two three four five six", "one two three four…"),
        ("船は定刻に出発した船は定刻に出発した", "船は定刻に出発した船は定刻に出発した"),
    ],
)
def test_plain(raw: str, shown: str) -> None:
    assert plain(raw, 22) == shown


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://x.example/a?b=c&d=%20e", "https://x.example/a?b=c&d=%20e"),
        (" https://x.example/ü|{}\n", "https://x.example/%C3%BC%7C%7B%7D"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("javascript:alert(1)", ""),
        ("//x.example/", ""),
        ("https:///path", ""),
        ("http://x.example:port/", ""),
        ("http://[::1/", ""),
        ("https://x.example/" + "a" * 3000, ""),
    ],
)
def test_web_url(raw: str, url: str) -> None:
    assert web_url(raw) == url


def test_bylines_stay_short() -> None:
    assert byline(("Ada", "Bo")) == "Ada, Bo"
    line = byline(tuple(f"Somebody with a Name {n}" for n in range(30)))
    assert len(line) <= 300
    assert line.endswith(" …")


def test_bodies_beyond_the_budget_become_summaries() -> None:
    big = [article(n, content_html=f"<p>{'x' * 200_000}</p>") for n in (3, 2, 1)] + [article(0, content_html="<p>y</p>")]
    assert [len(each.content_html) > 0 for each in items(big)] == [True, True, False, True]


def test_stale_after_is_the_newest_change_plus_the_longest_silence() -> None:
    hours = {"a": (1, 2, 7), "b": (1, 1), "c": (0, 1000), "d": (5,)}
    expected = {"a": 5, "b": 1, "c": 7 * 24, "d": 1}
    for name, ages in hours.items():
        shown = items([article(100 - age, date=NOW - timedelta(hours=age)) for age in ages])
        about = channel(feed(), CONFIG.site, "", shown)
        assert stale_after(about, shown) - about.updated == timedelta(hours=expected[name]), name


@pytest.mark.parametrize(("count", "plain", "packed"), [(20, 5_000, 1_500), (50, 12_000, 3_000)])
def test_the_ticker_stays_small(count: int, plain: int, packed: int) -> None:
    site, shown = sample.config(), tuple(sample.headlines(count))
    document = ticker(channel(site.feeds[0], site.site, "", shown), shown)
    assert len(json.loads(document)["items"]) == count
    assert len(document) <= plain
    _, encode, _ = CODINGS["br"]
    assert len(encode(document)) <= packed


def write_golden() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for kind, data in rendered(PLAIN_SET).items():
        (GOLDEN / f"world.{kind}").write_bytes(data)


if __name__ == "__main__":
    assert set(RENDERERS) == set(FORMATS)
    write_golden()

"""Feeds before their judges: RFC 4287's grammar, the rules of the W3C's validator, the feed checker; and parsers read all the same."""

import json
import subprocess
import sys
from calendar import timegm
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from syndicate.channel import channel
from syndicate.item import Item, fitted, item
from syndicate.publish import render
from syndicate.render import RENDERERS
from tests.archive import HOSTILE, NOW, PLAIN_SET, article, config, feed, outlet
from tests.conftest import SHARED
from tests.judges import complaints
from tickerwire.model import Article, Enclosure

CONFIG = config(Path("/nowhere"), feed(title="R&amp;D <more> & 2", description="5 < 6 & 7"))
MINUTE = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
# What no tool of publishers finds odd and some judge does.
ODD = (
    article(99, title="Channel 4&5 &copy 2026, Q&A &lt, &amp;lt;b&gt;", tags=("R&D", "a<b", "x&y;z"), language="jp"),
    article(98, title="R10 x&#xFFFFFFFF;y &#99999999999;z", summary="&amp;#39;", language="cn-CN"),
    article(97, content_html="&lt;p&gt;told as text&lt;/p&gt; &amp;amp;", language="en-uk"),
    article(96, url="https://harbour.example/a?b[]=1|2&c={x}^`y#f[1]", image="https://harbour.example/i[1].png?a&b"),
    article(95, enclosures=(Enclosure("https://harbour.example/[1].mp3", "audio/mpeg; codecs=x", -1),) * 2, language="zzzzz"),
    article(94, authors=("A & B <a@b.example>", "</b>", "&#8217;Neil"), summary="\u2028\u0085&nbsp;|\u00a0", language="EN"),
    article(93, content_html='<p><a href="https://harbour.example/?a=1&amp;b=2#x">x</a> &amp;lt; ]]&gt;</p>', language="gsw-CH"),
    *(article(number, date=MINUTE, title=f"The same minute, {number}") for number in range(92, 42, -1)),
)
LONG = "Über & <under> the bridge, a sentence of an honest length that goes on for a while and a bit longer than most do. " * 9
MANY = tuple(
    article(
        number,
        title=LONG,
        summary=LONG,
        content_html=f"<p>{LONG.replace('&', '&amp;').replace('<', '&lt;')}</p>" * 9,
        authors=tuple(f"Author Number {n}" for n in range(3)),
        tags=tuple(f"Subject number {n}" for n in range(6)),
        image="https://harbour.example/" + "i" * 200,
        enclosures=(Enclosure("https://harbour.example/" + "e" * 200, "audio/mpeg", 1234),),
    )
    for number in range(120, 0, -1)
)
SETS = {"plain": PLAIN_SET, "hostile": HOSTILE, "odd": ODD, "many": MANY, "empty": ()}
OUTLETS = {
    "harbour": outlet(
        homepage="HTTPS://Harbour.example:443", credit="© A & B <2026> &copy", licence="https://harbour.example/l[1]"
    ),
    "quay": outlet("quay", homepage="https://quay.example"),
}


def items(articles: Sequence[Article]) -> tuple[Item, ...]:
    also = (("Quay & Sons &lt", "Told & <told>", "https://quay.example/x?a=1&b=2"),)
    made = [item(each, OUTLETS.get(each.outlet)) for each in articles]
    return fitted([replace(each, also=also) if each.id % 3 == 0 else each for each in made])


def rendered(name: str) -> tuple[tuple[Item, ...], dict[str, bytes]]:
    shown = items(SETS[name])
    result = render(CONFIG, CONFIG.feeds[0], shown, shown)
    assert result.quarantined == {}
    return shown, dict(result.documents)


@pytest.mark.parametrize("name", SETS)
def test_neither_grammar_nor_validator_has_anything_against_a_feed(name: str) -> None:
    _, documents = rendered(name)
    for kind in ("rss", "atom"):
        assert complaints(kind, documents[kind]) == [], kind
    assert {kind: len(data) for kind, data in documents.items() if len(data) > 500_000} == {}


@pytest.mark.parametrize(
    ("kind", "old", "new", "why"),
    [
        ("rss", "&#x26;", "&amp;", "ContainsHTML"),
        ("atom", "&#x26;", "&amp;", "ContainsHTML"),
        ("rss", "<dc:language>", "<dc:language>x", "InvalidLanguage"),
        ("atom", 'xml:lang="gsw', 'xml:lang="jp', "InvalidLanguage"),
        ("atom", "<id>tag:news.example.org,2026:harbour</id>", "<id>https://Harbour.example</id>", "NonCanonicalURI"),
        ("atom", "30:00.", "30:00Z<!-- ", "RFC 4287"),
        ("atom", 'type="html"', 'type="CDATA"', "RFC 4287"),
        ("atom", "%5B", "[", "InvalidUriChar"),
        ("rss", "%5B", "[", "InvalidUriChar"),
        ("rss", "<pubDate>", "<title>2</title><pubDate>", "DuplicateElement"),
        ("rss", 'rel="self"', 'rel="via"', "MissingAtomSelfLink"),
        ("rss", 'length="0"', 'length="-1"', "UseZeroForUnknown"),
        ("rss", 'href="https://harbour.example/?a', 'href="/?a', "ContainsRelRef"),
    ],
)
def test_the_judges_see_what_is_wrong(kind: str, old: str, new: str, why: str) -> None:
    text = rendered("odd")[1][kind].decode().replace('&lt;a href="', '&lt;a href="')
    assert old in text
    wrong = text.replace(old, new).replace("<!-- ", "<updated/>") if "<!--" in new else text.replace(old, new)
    try:
        found = complaints(kind, wrong.encode())
    except ValueError as error:
        found = [str(error)]
    assert any(each.startswith(why) for each in found), found[:3]


@pytest.mark.parametrize("name", ["plain", "hostile", "odd", "many"])
def test_every_reader_reads_the_same_of_every_format(name: str) -> None:
    shown, documents = rendered(name)
    told = json.loads(documents["json"])["items"]
    assert [(one["id"], one["title"], one["url"]) for one in told] == [(each.guid, each.title, each.url) for each in shown]
    moments = [datetime.fromisoformat(one["date_modified"]) for one in told]
    assert [moment - moment.replace(microsecond=0) < timedelta(seconds=1) for moment in moments]
    assert [moment.replace(microsecond=0) for moment in moments] == [each.updated for each in shown]
    languages = [one.get("language", "en") for one in told]
    for kind in ("rss", "atom"):
        read = feedparser.parse(documents[kind])
        assert not read.bozo
        assert [(one.id, one.link) for one in read.entries] == [(one["id"], one["url"]) for one in told]
        assert [" ".join(one.title.split()) for one in read.entries] == [" ".join(one["title"].split()) for one in told], kind
        assert [datetime.fromtimestamp(timegm(one.published_parsed), UTC) for one in read.entries] == [each.date for each in shown]
        assert [datetime.fromisoformat(one.updated) for one in read.entries] == moments, kind
        if kind == "rss":
            assert [one.get("language", "en") for one in read.entries] == languages


@pytest.mark.shared
@pytest.mark.parametrize("name", ["plain", "hostile", "odd", "many"])
def test_the_feed_checker_finds_nothing(tmp_path: Path, name: str) -> None:
    for kind, document in rendered(name)[1].items():
        if kind != "ticker":
            (tmp_path / kind).write_bytes(document)
    checker = [sys.executable, str(SHARED / "tools/feedcheck.py"), "--json", "--level", "W", "--loopback", "--now", NOW.isoformat()]
    done = subprocess.run(
        [*checker, *map(str, sorted(tmp_path.iterdir()))], capture_output=True, text=True, check=False, timeout=60
    )
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(report["kind"], report["findings"]) for report in reports] == [("atom", []), ("json", []), ("rss", [])]


def test_what_is_not_changed_keeps_its_dates_whatever_stands_beside_it() -> None:
    """`updated` is a function of the article alone: another feed, neighbour or database gives the same."""
    one, alone = items(PLAIN_SET)[0], items(PLAIN_SET[:1])[0]
    assert (one.modified, one.date) == (alone.modified, alone.date)
    assert replace(one, id=one.id + 7, title="Edited in no way that counts").modified == one.modified
    assert timedelta(0) <= one.modified - one.updated < timedelta(seconds=1)
    about = channel(feed(id="other"), CONFIG.site, "", (one,))
    assert one.modified.isoformat().encode() in RENDERERS["atom"](about, (one,))

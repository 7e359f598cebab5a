"""JSON answers are read by JMESPath; what does not fit is said with the key that is wrong."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from crawler.read.api import read_api
from crawler.read.item import MOST, Origin, Unreadable
from tickerwire.config.model import Source
from tickerwire.model import Document, Entry

URL = "https://news.example/api/articles?page=1"
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
KEYS = {"items": "data.articles", "title": "title", "link": "url", "published": "date", "summary": "intro"}


def api(**keys: str) -> Source:
    return Source.model_validate({"kind": "api", "url": URL} | KEYS | keys)


def read(answer: Any, **keys: str) -> Document:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_api(body, "application/json", Origin(URL, NOW, "en", "Europe/Berlin"), api(**keys))


def one(**item: Any) -> Entry:
    (entry,) = read({"data": {"articles": [{"url": "/1", "title": "T"} | item]}}).entries
    return entry


def test_an_item_becomes_an_entry() -> None:
    found = read(
        {
            "data": {
                "articles": [
                    {
                        "url": "../a/1?x=1#top",
                        "title": "Caf&eacute; &amp; <b>bar</b>\u0000",
                        "date": "2026-03-04T10:00:00",
                        "intro": "<p>One</p><p>Two</p>",
                    },
                    {"url": "https://other.example/2", "title": None},
                ]
            }
        }
    )
    said = ("link", "title", "published", "summary", "language")
    assert found.follow == ()
    assert found.rejected == ()
    assert found.entries == (
        Entry(
            link="https://news.example/a/1?x=1#top",
            title="Café & bar",
            published=datetime(2026, 3, 4, 9, tzinfo=UTC),
            summary="One Two",
            language="en",
            provenance=dict.fromkeys(said, "api"),
        ),
        Entry(
            link="https://other.example/2",
            title="",
            language="en",
            provenance=dict.fromkeys(("link", "language"), "api"),
        ),
    )


MOMENT = datetime(2025, 6, 1, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (1748766600, MOMENT),
        (1748766600.0, MOMENT),
        (1748766600_000, MOMENT),
        (1748766600_000_000, MOMENT),
        (1748766600_000_000_000, MOMENT),
        ("1748766600", MOMENT),
        ("1748766600000", MOMENT),
        ("2025-06-01T10:30:00", MOMENT),
        ("Sun, 01 Jun 2025 08:30:00 GMT", MOMENT),
        (800000000, datetime(1995, 5, 9, 6, 13, 20, tzinfo=UTC)),
        (4000000000, NOW),
        (0, None),
        (-5, None),
        (1e300, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ({"sec": 1}, None),
        (None, None),
        ("soon", None),
    ],
)
def test_dates(date: Any, expected: datetime | None) -> None:
    assert one(date=date).published == expected


@pytest.mark.parametrize(
    ("answer", "keys", "expected"),
    [
        ([{"url": "/1"}], {"items": "@"}, ["https://news.example/1"]),
        (["/1", "/2"], {"items": "[]", "link": "@"}, ["https://news.example/1", "https://news.example/2"]),
        ({"e": [{"n": {"u": "/1"}}, {"x": 1}]}, {"items": "e[].n", "link": "u"}, ["https://news.example/1"]),
        (
            {"e": [{"id": 7}]},
            {"items": "e", "link": "join('', ['/story/', to_string(id)])"},
            ["https://news.example/story/7"],
        ),
        ({"data": {"articles": []}}, {}, []),
        (b'\xef\xbb\xbf{"data":{"articles":[{"url":"/\\ud83d"}]}}', {}, ["https://news.example/"]),
        ('{"data":{"articles":[{"url":"/é"}]}}'.encode("utf-16"), {}, ["https://news.example/é"]),
        (b'{"data":{"articles":[{"url":"/1","title":"\xff\x00"}]}}', {}, ["https://news.example/1"]),
    ],
)
def test_where_items_are(answer: Any, keys: dict[str, str], expected: list[str]) -> None:
    assert [entry.link for entry in read(answer, **keys).entries] == expected


@pytest.mark.parametrize(
    ("answer", "keys", "reason"),
    [
        (b"", {}, "empty document"),
        (b"<!doctype html><title>Log in</title>", {}, "markup instead of JSON"),
        (b'{"data":\n{"articles": [', {}, "invalid JSON at line 2: Expecting value"),
        (b"[" * 200_000, {}, "JSON nested too deeply"),
        (b"[" + b"9" * 5000 + b"]", {}, "a number is absurdly long"),
        (b" " * (10 << 20) + b"{}", {}, "larger than 10 MiB"),
        ({"data": {"articles": {"1": {}}}}, {}, "items = 'data.articles' gave an object; expected a list"),
        ({"data": {"articles": "none"}}, {}, "gave text; expected a list"),
        ({"data": {"articles": 3}}, {}, "gave a number; expected a list"),
        ({"data": {"articles": False}}, {}, "gave true or false; expected a list"),
        ({}, {}, "gave nothing; expected a list"),
        ({}, {"items": "data.["}, "items = 'data.[':"),
        ({}, {"title": "a ||"}, "title = 'a ||':"),
        ({"data": 1}, {"items": "length(data)"}, "items = 'length(data)':"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused_with_a_reason(answer: Any, keys: dict[str, str], reason: str) -> None:
    with pytest.raises(Unreadable, match=re.escape(reason)):
        read(answer, **keys)


def test_items_without_link_are_named_and_cost_nobody_else() -> None:
    document = read({"data": {"articles": [{"title": "x"}, {"url": ["/1"]}, 7, {"url": "mailto:a@b.example"}, {"url": "/1"}]}})
    assert [entry.link for entry in document.entries] == ["https://news.example/1"]
    assert document.rejected == (
        "item 1 has no link: link = 'url' gave nothing",
        "item 2 has no link: link = 'url' gave a list",
        "item 3 has no link: link = 'url' gave nothing",
        "an entry without a web address: 'mailto:a@b.example'",
    )
    document = read({"data": {"articles": [{"url": "/1", "title": 5}]}}, title="length(title)")
    assert "item 1: title = 'length(title)':" in document.rejected[0]


def test_too_many_items_are_cut_and_said() -> None:
    document = read({"data": {"articles": [{"url": "https://news.example/1"}] * 100_000}})
    assert (len(document.entries), document.rejected) == (MOST, ("more than 50,000 entries: the rest is not read",))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["/1", "https://[", "\ud800", "1e9"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "title", "date", "intro"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.binary(max_size=3), st.integers(0, 60))
def test_hostile_answers_are_read_or_refused(items: Any, noise: bytes, place: int) -> None:
    body = json.dumps({"data": {"articles": items}}).encode()
    try:
        found = read(body[:place] + noise + body[place:])
    except Unreadable:
        return
    assert all(re.match("https?://", entry.link) for entry in found.entries)

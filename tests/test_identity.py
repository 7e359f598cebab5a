"""Identity: one article is one, two are two, however a document lists them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from crawler.identity import USUAL, canonical_url, identify, normal
from tickerwire.model import Entry, Identified


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://x.example/a", "x.example/a"),
        ("http://X.Example:80/a/", "x.example/a"),
        ("https://x.example:443/a#frag", "x.example/a"),
        ("https://x.example:8443/a", "x.example:8443/a"),
        ("https://x.example/", "x.example"),
        ("https://x.example", "x.example"),
        ("https://x.example./a", "x.example/a"),
        ("https://x.example/a?utm_source=rss&utm_medium=feed", "x.example/a"),
        ("https://x.example/a?b=2&fbclid=X&a=1&gclid=Y", "x.example/a?a=1&b=2"),
        ("https://x.example/a?at_medium=RSS&xtor=RSS-3", "x.example/a"),
        ("https://x.example/?p=123", "x.example?p=123"),
        ("https://x.example/story?id=7&cid=9&source=desk&ref=2", "x.example/story?cid=9&id=7&ref=2&source=desk"),
        ("https://x.example/a?12345", "x.example/a?12345="),
        ("https://x.example/%7Eann/%c3%a9", "x.example/~ann/%C3%A9"),
        ("https://x.example/\u00e9", "x.example/%C3%A9"),
        ("https://b\u00fccher.example/a", "xn--bcher-kva.example/a"),
        ("http://[::1", "http://[::1"),
    ],
)
def test_canonical_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text("ab/?&=#%25 .;:@é", max_size=20))
@settings(max_examples=300, deadline=None)
def test_canonical_url_is_idempotent(host: str, rest: str) -> None:
    once = canonical_url(f"https://x.example/{host}{rest}")
    assert canonical_url(once) == once


def listed(*pairs: tuple[str, str]) -> tuple[Identified, ...]:
    return identify([Entry(link=link, title=f"T{n}", source_guid=guid) for n, (link, guid) in enumerate(pairs)])


A, B, HOME = "https://x.example/a", "https://x.example/b", "https://x.example/"


def kinds(found: tuple[Identified, ...]) -> list[str]:
    return ["".join(key[0] for key in one.keys) for one in found]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(A, "guid-1"), (B, "guid-2")], ["ug", "ug"]),
        ([(A, ""), (B, "")], ["u", "u"]),
        ([("", "guid-1"), ("", "guid-2")], ["g", "g"]),
        ([(A, "guid-1"), (A, "guid-2")], ["g", "g"]),
        ([(A, "guid-1"), (B, "guid-1")], ["u", "u"]),
        ([(HOME, "guid-1")], ["g"]),
        ([(A, HOME)], ["u"]),
        ([(A, "1"), (B, "2")], ["u", "u"]),
        ([("", "1"), ("", "2")], ["g", "g"]),
        ([(A, "guid-1"), (A, "guid-1")], ["ug"]),
        ([(A, ""), (A + "?utm_source=x", "")], ["u"]),
        ([(A + "#1", ""), (A + "#2", "")], ["t", "t"]),
        ([(HOME, ""), (HOME, "")], ["t", "t"]),
        ([("", ""), ("", "")], ["t", "t"]),
    ],
)
def test_what_tells_articles_apart(pairs: list[tuple[str, str]], expected: list[str]) -> None:
    found = listed(*pairs)
    assert kinds(found) == expected
    assert len({one.guid_hash for one in found}) == len(found)
    assert len({key for one in found for key in one.keys}) == sum(len(one.keys) for one in found)


def test_the_first_of_two_listings_wins() -> None:
    (only,) = listed((A, "guid-1"), (A, "guid-1"))
    assert only.entry.title == "T0"


def test_identity_outlives_edits() -> None:
    entry = Entry(link=A, title="Before", source_guid="guid-1")
    (before,) = identify([entry])
    edits = [
        replace(entry, title="After"),
        replace(entry, link="http://x.example/a/?utm_source=rss"),
        replace(entry, source_guid="guid-9"),
        replace(entry, link=B),
    ]
    for edit in edits:
        (after,) = identify([edit])
        assert set(before.keys) & set(after.keys)


def test_the_hash_is_of_the_link_and_else_of_the_guid() -> None:
    first, second = listed((A, "guid-1"), ("", "guid-1"))[0], listed((A, "guid-2"))[0]
    assert first.guid_hash == second.guid_hash
    assert len(first.guid_hash) == 20
    assert listed((HOME, "guid-1"))[0].guid_hash == listed(("", "guid-1"))[0].guid_hash


def test_a_guid_that_is_an_address_is_the_same_with_http_and_https() -> None:
    (one,), (other,) = listed(("", "http://x.example/?p=1")), listed(("", "https://x.example/?p=1"))
    assert one.keys == other.keys


def test_readers_get_the_address_without_tracking() -> None:
    (one,) = listed(("http://x.example/A/?b=%41&utm_source=rss#comments", "guid-1"))
    assert one.url == "http://x.example/A/?b=%41"
    assert one.entry.link == "http://x.example/A/?b=%41&utm_source=rss#comments"
    assert [one.url for one in listed((A + "#1", ""), (A + "#2", ""))] == [A + "#1", A + "#2"]


@given(st.from_regex(USUAL, fullmatch=True))
def test_what_is_canonical_at_sight_is_so_by_the_rules(url: str) -> None:
    assert canonical_url(url) == normal(url)

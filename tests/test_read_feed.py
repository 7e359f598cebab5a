"""Reading feeds: every file of tests/feeds gives what the `.expected` file beside it says."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.read.dates import read_date
from crawler.read.feed import read_feed
from crawler.read.item import Origin, Unreadable

FEEDS = Path(__file__).parent / "feeds"
FETCHED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HERE = Origin("https://x.example/", FETCHED)


def told(body: bytes, given: dict[str, str]) -> dict[str, Any]:
    """What the reader makes of `body`, without empty fields and provenance, as JSON values."""
    url, media = "https://feeds.example/news/feed.xml", given.get("content_type", "text/xml")
    try:
        document = read_feed(body, media, Origin(url, FETCHED, given.get("language", ""), given.get("timezone", "UTC")))
    except Unreadable as error:
        return {"unreadable": str(error)}
    entries = [{key: value for key, value in asdict(entry).items() if value} for entry in document.entries]
    for entry in entries:
        assert set(entry.pop("provenance").values()) <= {"feed"}
    read = {"title": document.title, "ttl": document.ttl, "rejected": document.rejected, "entries": entries}
    plain: dict[str, Any] = json.loads(json.dumps({key: value for key, value in read.items() if value}, default=str))
    return plain


@pytest.mark.parametrize("file", sorted(FEEDS.glob("*.expected")), ids=lambda file: file.stem)
def test_feed(file: Path) -> None:
    expected = json.loads(file.read_text("utf-8"))
    given = expected.pop("given", {})
    assert told(file.with_suffix("").read_bytes(), given) == expected


def test_a_body_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(Unreadable, match="10 MiB"):
        read_feed(b"<rss>" + b" " * (10 << 20), "", HERE)


def test_a_body_is_never_taken_for_a_file_name(tmp_path: Path) -> None:
    feed = tmp_path / "feed.xml"
    feed.write_bytes((FEEDS / "rss20.xml").read_bytes())
    with pytest.raises(Unreadable):
        read_feed(str(feed).encode(), "", HERE)


def test_long_fields_are_cut_at_a_word() -> None:
    text = "word " * 1000
    body = f"<rss version='2.0'><channel><item><title>{text}</title><description>{text}</description></item></channel></rss>"
    (entry,) = read_feed(body.encode(), "", HERE).entries
    assert len(entry.title) <= 1000
    assert entry.title.endswith("word…")
    assert len(entry.summary) <= 1000


def test_language_is_the_outlets_where_none_is_stated() -> None:
    body = b"<rss version='2.0'><channel><item><title>A</title></item></channel></rss>"
    (entry,) = read_feed(body, "", replace(HERE, language="pt_br")).entries
    assert entry.language == "pt-BR"


def test_the_near_future_is_kept_and_the_far_one_is_now() -> None:
    near, far = FETCHED + timedelta(minutes=4), FETCHED + timedelta(minutes=6)
    assert read_date(near.isoformat(), FETCHED) == near
    assert read_date(far.isoformat(), FETCHED) == FETCHED


def test_a_reference_to_no_character_costs_itself_alone() -> None:
    titles = "<item><title>A&#99999999999;B&#65;&#1114112;&#x110000;&#128512;</title></item><item><title>Two</title></item>"
    for before in ("", "<!DOCTYPE rss>"):
        body = f"{before}<rss version='2.0'><channel><title>T</title>{titles}</channel></rss>".encode()
        assert [entry.title for entry in read_feed(body, "", HERE).entries] == ["ABA\U0001f600", "Two"]

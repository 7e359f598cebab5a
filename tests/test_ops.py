"""The feed of what an operator should look at: valid, one entry for each trouble, the same one for as long as it lasts."""

from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree

from syndicate.ops import ops
from syndicate.web import WebServer, app
from tests.judges import grammar
from tests.served import STATUS, asker, written

BASE = "https://news.example.org"


def troubled(state: str, **said: object) -> dict[str, Any]:
    outlet = STATUS["outlets"][0] | {"state": state, "next_due": "2026-11-22T10:00:00Z", "last_success": "2026-11-20T08:00:00Z"}
    return STATUS | {"outlets": [outlet | {"last_new_article": "2026-11-11T11:11:11Z"} | said]}


def read(status: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    data = ops(status, BASE)
    assert grammar().validate(etree.fromstring(data)), grammar().error_log
    feed = feedparser.parse(data)
    assert not feed.bozo
    assert feed.feed.id == f"{BASE}/ops.atom"
    return [(one.title, one.updated, one.summary, one.id) for one in feed.entries]


@pytest.mark.parametrize(
    ("state", "since"),
    [
        ("failing", "2026-11-20T08:00:00"),
        ("gone", "2026-11-20T08:00:00"),
        ("late", "2026-11-22T10:00:00"),
        ("silent", "2026-11-11T11:11:11"),
    ],
)
def test_a_trouble_is_dated_by_its_beginning(state: str, since: str) -> None:
    found = {title: (updated, summary) for title, updated, summary, _ in read(troubled(state))}
    assert found[f"outlet mill is {state}"] == (f"{since}+00:00", "500")
    assert found["feed world is held back"] == ("2026-11-22T12:00:00+00:00", "kept")
    assert len(found) == 2


def test_newest_first_and_one_entry_for_as_long_as_it_lasts() -> None:
    first = read(troubled("silent"))
    assert [title for title, *_ in first] == ["feed world is held back", "outlet mill is silent"]
    later = read(troubled("silent", consecutive_failures=9, reason="still \x07 so") | {"time": "2026-11-23T12:00:00Z"})
    assert [one[3] for one in later] == [one[3] for one in first]
    again = read(troubled("silent", last_new_article="2026-11-22T11:00:00Z"))
    assert again[1][3] != first[1][3]
    for state in ("ok", "never"):
        assert [title for title, *_ in read(troubled(state))] == ["feed world is held back"]


def test_nothing_to_look_at_is_a_valid_feed_too() -> None:
    well = troubled("ok") | {"feeds": []}
    assert read(well) == []
    assert read(well | {"run": {"state": "never", "last_crawl": None, "next_due": None}}) == []


def test_an_outlet_that_never_was_well_has_an_entry() -> None:
    entries = {title: updated for title, updated, *_ in read(troubled("failing", last_success=None))}
    assert entries["outlet mill is failing"] == "2026-11-22T12:00:00+00:00"


def test_it_is_served(tmp_path: Path) -> None:
    with WebServer() as server:
        server.serve(app(written(tmp_path), lambda: STATUS, BASE))
        status, headers, body = asker(server.port)("/ops.atom")
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (
            200,
            "application/atom+xml",
            "no-store",
        )
        assert body == ops(STATUS, BASE)

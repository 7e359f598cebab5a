"""The bytes of one input in; nothing out, or what a broken promise raises: articles in every published format."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
from lxml import etree

from crawler import clean
from syndicate.check import check
from syndicate.item import Item, Unfit, fitted, item
from syndicate.publish import render
from syndicate.ticker import marked_stale
from tests.archive import article, config, feed
from tests.conftest import ROOT
from tests.fuzz.texts import EARLIEST, HERE, sound
from tests.judges import complaints
from tickerwire.model import Article, Enclosure

CONFIG = config(Path("/nowhere"))
OUTLETS = {each.id: each for each in CONFIG.outlets}
STRICT = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
ATOM = "{http://www.w3.org/2005/Atom}"


@cache
def ticker_schema() -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "syndicate/embed/ticker-1.schema.json").read_text())
    return jsonschema.Draft202012Validator(schema)


def stored(number: int, said: Mapping[str, Any]) -> Article:
    """An article whose texts and dates are those of the input."""
    told = dict(said)
    published, updated, seen = (EARLIEST + timedelta(seconds=n) for n in told.pop("seconds"))
    told |= {
        "provenance": {"optout": str(told.pop("optout")).strip("-")},
        "published": published if number % 3 else None,
        "updated": updated,
    }
    told |= {
        "enclosures": tuple(Enclosure(*one) for one in told["enclosures"]),
        "first_seen": seen,
        "changed_at": max(seen, updated),
    }
    told["content_html"] = clean.sanitised(str(told["content_html"]), HERE)[0]
    told |= {name: tuple(told[name]) for name in ("authors", "tags")}
    return article(number, **told)


def articles(data: bytes) -> None:
    """Every article with an address is in every format: well-formed, in the same order, with the same ids, dates and titles."""
    shown: list[Item] = []
    for number, said in enumerate(json.loads(data), 1):
        with suppress(Unfit):
            each = stored(len(json.loads(data)) + 1 - number, said)
            shown.append(item(each, OUTLETS.get(each.outlet)))
    published(fitted(shown))


def published(items: tuple[Item, ...]) -> None:
    """Render `items` in every format and read each back."""
    result = render(CONFIG, feed(), items, items)
    assert not result.quarantined, result.quarantined
    told = {kind: readings[kind](data) for kind, data in result.documents.items()}
    wanted = [(each.guid, each.date, each.title) for each in items]
    assert told["rss"] == told["atom"] == told["json"] == wanted, told
    assert told["ticker"] == [(str(each.id), each.date, each.title[:50]) for each in items], told["ticker"]
    faults = [fault for kind in ("rss", "atom") for fault in complaints(kind, result.documents[kind])]
    assert not faults, faults
    check("ticker", marked_stale(result.documents["ticker"]), items)
    for each in items:
        for text in (each.title, each.summary, each.outlet_name, *each.authors, *each.tags):
            sound(text, 300, lines=True)
            assert len(text.splitlines()) == 1 and text == text.strip(" "), ascii(text)
        for url in (each.url, each.outlet_url, *filter(None, [each.image]), *(file.url for file in each.enclosures)):
            assert url.isascii() and urlsplit(url).scheme in {"http", "https"}, url


Told = list[tuple[str, datetime, str]]


def rss(data: bytes) -> Told:
    items = etree.fromstring(data, STRICT).findall("channel/item")
    shape = "%a, %d %b %Y %H:%M:%S %z"
    return [(one.findtext("guid"), datetime.strptime(one.findtext("pubDate"), shape), one.findtext("title")) for one in items]


def atom(data: bytes) -> Told:
    entries = etree.fromstring(data, STRICT).findall(f"{ATOM}entry")
    told = [tuple(one.findtext(f"{ATOM}{name}") for name in ("id", "published", "title")) for one in entries]
    return [(guid, datetime.fromisoformat(date), title) for guid, date, title in told]


def json_feed(data: bytes) -> Told:
    return [(one["id"], datetime.fromisoformat(one["date_published"]), one["title"]) for one in json.loads(data)["items"]]


def ticker(data: bytes) -> Told:
    document = json.loads(data)
    ticker_schema().validate(document)
    return [(str(one["id"]), datetime.fromisoformat(one["time"]), one["title"][:50]) for one in document["items"]]


readings: dict[str, Callable[[bytes], Told]] = {"rss": rss, "atom": atom, "json": json_feed, "ticker": ticker}

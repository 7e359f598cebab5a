"""Model values in, database columns out, and back: dates as UTC text that sorts, lists as JSON."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from tickerwire.model import Article, Enclosure, Entry

SELECTED = [field.name for field in fields(Article) if field.name != "others"]
COPIES = "(select count(*) from articles s where s.story != 0 and s.story = iif(a.story, a.story, a.id)) + 1 as copies"
SELECT_ARTICLE = ", ".join(COPIES if name == "copies" else f"a.{name}" for name in SELECTED)
KNOWN = "select key, article from seen where outlet = ? and key in (select value from json_each(?))"
# "updated 3 minutes ago", "vor 5 Minuten", "12 comments": a number with a unit of time and its particle, or with what sites count
_TIMES = (
    "s|sec|second|min|minute|h|hr|hour|day|Sekunde|Minute|Stunde|Tag|heure|jour|segundo|minuto|hora|día|ora|giorno|minuut|uur|dag"
)
_COUNTED = "comment|share|view|like|read|reaction|Kommentar|Aufruf|commentaire|partage|vue|comentario|visita|commento|reactie"
CHURN = re.compile(
    rf"\d+\s?(?:{_TIMES})(?:s|e|n|en|i)?\.?\s(?:ago|geleden|fa)\b|\b(?:vor|il y a|hace)\s\d+\s(?:{_TIMES})(?:s|e|n|en)?\b"
    rf"|\b\d[\d.,]*\s(?:{_COUNTED})(?:s|e|n|en|i|ies)?\b",
    re.IGNORECASE,
)
CONTENT = "title authors language section tags image enclosures summary text content_html".split()


@lru_cache(maxsize=256)
def stamp(moment: datetime) -> str:
    """An aware datetime as `2026-11-23T08:00:00Z`: whole seconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"


def stamp_or_none(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


@lru_cache(maxsize=256)  # most moments of an article are the same
def moment_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# one encoder for all: json.dumps makes one at each call
as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=asdict).encode


@lru_cache(maxsize=4096)  # the same authors and tags come again and again
def _tuple(text: str) -> tuple[Any, ...]:
    return () if text == "[]" else tuple(json.loads(text))


@lru_cache(maxsize=4096)  # as above
def _mapping(text: str) -> Mapping[str, str]:
    return dict(json.loads(text))


MOMENTS = (
    "published updated first_seen position changed_at last_attempt last_success last_new_article next_due hold_until published_at until"
).split()
READ: dict[str, Callable[[Any], object]] = dict.fromkeys(MOMENTS, moment_or_none) | {
    "authors": _tuple,
    "tags": _tuple,
    "items": _tuple,
    "enclosures": lambda text: tuple(Enclosure(**enclosure) for enclosure in _tuple(text)),
    "provenance": _mapping,
    "report": json.loads,
    "told": json.loads,
    "quarantined": json.loads,
    "pinned": bool,
    "urgent": bool,
    "stale": bool,
    "backlog": bool,
}


def values(row: sqlite3.Row) -> dict[str, Any]:
    """The columns of a row of articles, outlets, feeds or crawls as the fields of the model."""
    return {name: READ[name](text) if name in READ else text for name, text in zip(row.keys(), row, strict=True)}


_READERS = [(place, READ[name]) for place, name in enumerate(SELECTED) if name in READ]
_ID, _STORY = map(SELECTED.index, ("id", "story"))


def article(row: sqlite3.Row) -> Article:
    """A row of SELECT_ARTICLE as an Article. The story of one that stands alone is its own."""
    said = list(row)
    for place, read in _READERS:
        said[place] = read(said[place])
    said[_STORY] = said[_STORY] or said[_ID]
    return Article(*said)


def content(entry: Entry) -> dict[str, object]:
    """The columns an edit of an article may change; dates are not among them, they never move."""
    said = {name: getattr(entry, name) for name in CONTENT}
    return {name: (as_json(value) if value else "[]") if isinstance(value, tuple) else value for name, value in said.items()}


def entry_hash(entry: Entry) -> str:
    """What a material edit changes: title, authors, summary and body. Tags, pictures, ages and counters are not news."""
    said = CHURN.sub("", as_json([entry.title, entry.authors, entry.summary, entry.text]))
    return hashlib.sha256(said.encode()).hexdigest()[:32]

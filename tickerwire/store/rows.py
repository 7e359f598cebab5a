"""Model values in, database columns out, and back: dates as UTC text that sorts, lists as JSON."""

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from tickerwire.model import Article, Enclosure, Entry

ARTICLE_COLUMNS = (
    "id outlet guid source_guid url link title authors published updated first_seen position changed_at language "
    "section tags image enclosures summary text content_html revision story desk pinned urgent page provenance"
).split()
SELECT_ARTICLE = ", ".join(f"a.{column}" for column in ARTICLE_COLUMNS)


def stamp(moment: datetime) -> str:
    """An aware datetime as `2026-11-23T08:00:00Z`: whole seconds, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def article(row: sqlite3.Row) -> Article:
    """A row of SELECT_ARTICLE as an Article."""
    values: dict[str, Any] = {column: row[column] for column in ARTICLE_COLUMNS}
    for column in ("first_seen", "position", "changed_at"):
        values[column] = moment(values[column])
    for column in ("published", "updated"):
        values[column] = moment_or_none(values[column])
    for column in ("authors", "tags"):
        values[column] = tuple(json.loads(values[column]))
    values["enclosures"] = tuple(Enclosure(**enclosure) for enclosure in json.loads(values["enclosures"]))
    values["provenance"] = json.loads(values["provenance"])
    values["pinned"], values["urgent"] = bool(values["pinned"]), bool(values["urgent"])
    return Article(**values)


def content(entry: Entry) -> dict[str, object]:
    """The columns an edit of an article may change; dates are not among them, they never move."""
    return {
        "title": entry.title,
        "authors": as_json(entry.authors),
        "language": entry.language,
        "section": entry.section,
        "tags": as_json(entry.tags),
        "image": entry.image,
        "enclosures": as_json([{"url": e.url, "type": e.type, "length": e.length} for e in entry.enclosures]),
        "summary": entry.summary,
        "text": entry.text,
        "content_html": entry.content_html,
    }


def entry_hash(entry: Entry) -> str:
    """What a material edit changes: title, authors, summary and body. Tags, pictures and counters are not news."""
    said = as_json([entry.title, entry.authors, entry.summary, entry.text])
    return hashlib.sha256(said.encode()).hexdigest()[:32]

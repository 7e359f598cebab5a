"""An article in; its words and marks in the full-text index, or out of it again, and an index made anew, out."""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from sqlite_utils import Database

from tickerwire.query.clauses import FLAGS
from tickerwire.query.fold import fold, words
from tickerwire.query.tokens import indexed, runs

COLUMNS = "outlet, language, section, title, summary, text, authors, tags, image, published, first_seen, position, pinned, urgent"
ADDRESSES = ("url", "link", "guid", "source_guid")
COLUMNS += ", " + ", ".join(ADDRESSES)
FIRST, LAST = date(1970, 1, 1), date(2100, 12, 31)  # an article before or after these counts as of that day
BATCH = 1_000


def put(db: Database, article: int, said: Mapping[str, Any], remove: bool = False) -> None:
    """Put an article (COLUMNS, flags may be missing) into the index, or take exactly that out of it again."""
    texts = {"body": (said["summary"], said["text"]), "title": (said["title"],), "section": (said["section"],)}
    texts |= {name: json.loads(said[name]) for name in ("authors", "tags")}
    held = {name: indexed([words(fold(value)) for value in values]) for name, values in texts.items()}
    held |= {"facts": " ".join(facts(said))} | ({"articles_index": "delete"} if remove else {})
    sql = f"insert into articles_index (rowid, {', '.join(held)}) values (?{', ?' * len(held)})"
    db.execute(sql, (article, *held.values()))


def facts(said: Mapping[str, Any]) -> list[str]:
    """What is asked of an article beside its texts, one token each; the days are those of its place in the feed and of its date."""
    tag = said["language"].lower().split("-")
    moments = (min(max(at, str(FIRST)), str(LAST)) for at in (said["position"], said["published"] or said["first_seen"]))
    days = {f"on:{moment[:length]}" for moment in moments for length in (10, 7, 4)}
    languages = (fact("lang", "-".join(tag[:length])) for length in range(1, len(tag) + 1))
    flags = (f"{flag}:{name}" for flag, names in FLAGS.items() for name in names if said.get(name))
    return ["is:all", fact("outlet", said["outlet"]), *languages, *flags, *sorted(days), runs([said[name] for name in ADDRESSES])]


@lru_cache(maxsize=4096)
def fact(name: str, value: str) -> str:
    """The token of an outlet id or a language tag. What neither can hold becomes a | and is never asked for."""
    return f"{name}:{re.sub('[^a-z0-9-]', '|', value)}"


def fill(db: Database) -> None:
    """Put every stored article into the empty index, a few at a time: texts need much memory."""
    batch, names, last = f"select id, {COLUMNS} from articles where id > ? order by id limit {BATCH}", COLUMNS.split(", "), 0
    while found := db.execute(batch, (last,)).fetchall():
        for last, *said in found:
            put(db, last, dict(zip(names, said, strict=True)))

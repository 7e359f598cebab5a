"""What a crawl brought in; the rows, validators, ledger and health it leaves in an open transaction out.

known = ledger keys of the entries | unknown -> new article + ledger + index + page task
                                   | known, other text -> revision + index | known, same text -> listed again
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from tickerwire.model import Identified, OutletOutcome, SourceOutcome
from tickerwire.query import fold
from tickerwire.store import rows
from tickerwire.store.archive import CHUNK

LISTED_STEP = timedelta(
    hours=6
)  # how exactly "last listed" is kept: retention counts in days, a write per poll is waste


@dataclass(slots=True)
class Tally:
    """How many articles one outlet's commit made and changed."""

    new: int = 0
    revised: int = 0


def outlet(db: Database, outcome: OutletOutcome, authority: str, full_text: bool) -> Tally:
    """Write everything one outlet came to. The caller holds the transaction."""
    tally = Tally()
    for source in outcome.sources:
        _entries(db, outcome, source, authority, full_text, tally)
        _source(db, outcome, source)
    if tally.new or tally.revised:
        changed(db)
    _health(db, outcome, tally)
    return tally


def changed(db: Database) -> None:
    """Count one change of the archive, so that publishing knows whether to look."""
    db.execute(
        "insert into settings values ('generation', '1') "
        "on conflict (name) do update set value = cast(cast(value as integer) + 1 as text)"
    )


def _entries(
    db: Database, outcome: OutletOutcome, source: SourceOutcome, authority: str, full_text: bool, tally: Tally
) -> None:
    """Oldest first, so that ids grow with the dates of what arrives together."""
    listed: list[int] = []
    known = _known(db, outcome.outlet, [key for found in source.entries for key in found.keys])
    said = _said(db, source.url, set(known.values()))
    oldest_first = list(reversed(source.entries))
    oldest_first.sort(key=lambda found: found.entry.published or outcome.started)
    for found in oldest_first:
        article = next((known[key] for key in found.keys if key in known), None)
        if article is None:
            article = _insert(db, outcome, source.url, found, authority, full_text)
            tally.new += 1
        else:
            now_says = rows.entry_hash(found.entry)
            if said.get(article, now_says) != now_says:
                revise(db, article, found, outcome.finished)
                tally.revised += 1
            listed.append(article)
        fresh = [key for key in found.keys if key not in known]
        db.conn.executemany(
            "insert or ignore into seen (outlet, key, article, first_seen) values (?, ?, ?, ?)",
            [(outcome.outlet, key, article, rows.stamp(outcome.started)) for key in fresh],
        )
        known.update((key, article) for key in fresh)
    _listed_again(db, listed, outcome.finished)


def _known(db: Database, outlet: str, keys: Sequence[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        marks = ",".join("?" * len(part))
        found = db.execute(f"select key, article from seen where outlet = ? and key in ({marks})", (outlet, *part))
        known.update(found.fetchall())
    return known


def _said(db: Database, source: str, ids: Iterable[int]) -> dict[int, str]:
    """Entry hashes of the stored articles that `source` listed first: only that source edits them, since two sources of
    one outlet often word the same article differently, and each poll would look like an edit."""
    wanted, found = sorted(ids), dict[int, str]()
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        marks = ",".join("?" * len(part))
        sql = f"select id, entry_hash from articles where source = ? and id in ({marks})"
        found.update(db.execute(sql, (source, *part)).fetchall())
    return found


def _insert(
    db: Database, outcome: OutletOutcome, source: str, found: Identified, authority: str, full_text: bool
) -> int:
    entry, seen = found.entry, outcome.started
    values = rows.content(entry) | {
        "outlet": outcome.outlet,
        "guid": f"tag:{authority}:{outcome.outlet}/{found.guid_hash}",
        "source_guid": entry.source_guid,
        "url": found.url,
        "link": entry.link,
        "published": rows.stamp_or_none(entry.published),
        "updated": rows.stamp_or_none(entry.updated),
        "first_seen": rows.stamp(seen),
        "position": rows.stamp(min(entry.published or seen, seen)),
        "changed_at": rows.stamp(seen),
        "page": "pending" if full_text and entry.link else "none",
        "provenance": rows.as_json(dict(entry.provenance)),
        "source": source,
        "entry_hash": rows.entry_hash(entry),
        "last_listed": rows.stamp(outcome.finished),
    }
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    cursor = db.execute(f"insert into articles ({names}) values ({marks})", values)
    article = int(cursor.lastrowid or 0)
    index(db, article, values)
    if values["page"] == "pending":
        db.execute("insert into pages values (?, ?, 0, ?, '')", (article, outcome.outlet, rows.stamp(seen)))
    return article


def index(db: Database, article: int, values: dict[str, object], remove: bool = False) -> None:
    """Put an article's folded text into the full-text index, or take exactly that text out of it again."""
    folded = (
        fold(str(values["title"])),
        fold(f"{values['summary']} {values['text']}"),
        fold(_lines(values["authors"])),
        fold(f"{values['section']}\n{_lines(values['tags'])}"),
    )
    if remove:
        sql = "insert into articles_fts (articles_fts, rowid, title, body, authors, tags) values ('delete', ?, ?, ?, ?, ?)"
    else:
        sql = "insert into articles_fts (rowid, title, body, authors, tags) values (?, ?, ?, ?, ?)"
    db.execute(sql, (article, *folded))


def _lines(listed: object) -> str:
    """A JSON list of names, one a line: words of two names never look adjacent."""
    return "\n".join(json.loads(str(listed)))


INDEXED = "title, summary, text, authors, section, tags"


def update(db: Database, article: int, values: dict[str, object]) -> None:
    """Set columns of an article and keep the full-text index in step."""
    was = dict(
        zip(
            INDEXED.split(", "),
            db.execute(f"select {INDEXED} from articles where id = ?", (article,)).fetchone(),
            strict=True,
        )
    )
    index(db, article, was, remove=True)
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"update articles set {assignments} where id = :id", {**values, "id": article})
    index(db, article, was | values)


def revise(db: Database, article: int, found: Identified, now: datetime) -> None:
    """Keep what the article said as a revision, then let it say what the source says now; body text taken from its page stays."""
    names = list(rows.content(found.entry))
    row = db.execute(f"select revision, page, {', '.join(names)} from articles where id = ?", (article,)).fetchone()
    was = dict(zip(names, row[2:], strict=True))
    values = rows.content(found.entry)
    if row[1] == "done":
        values |= {name: was[name] for name in ("text", "content_html") if was[name]}
    values = {name: value or was[name] for name, value in values.items()}
    values |= {
        "revision": row[0] + 1,
        "changed_at": rows.stamp(now),
        "updated": rows.stamp_or_none(found.entry.updated) or rows.stamp(now),
        "entry_hash": rows.entry_hash(found.entry),
    }
    db.execute("insert into revisions values (?, ?, ?, ?)", (article, row[0], rows.stamp(now), rows.as_json(was)))
    update(db, article, values)


def _listed_again(db: Database, articles: Sequence[int], now: datetime) -> None:
    db.conn.executemany(
        "update articles set last_listed = ? where id = ? and last_listed < ?",
        [(rows.stamp(now), article, rows.stamp(now - LISTED_STEP)) for article in articles],
    )


def _source(db: Database, outcome: OutletOutcome, source: SourceOutcome) -> None:
    """Validators change only with a body that was read and committed beside them; an error keeps the old ones."""
    values: dict[str, object] = {
        "outlet": outcome.outlet,
        "url": source.url,
        "kind": source.kind,
        "checked_at": rows.stamp(outcome.finished),
        "status": source.status,
        "error": source.error,
        "parser": source.parser,
    }
    if source.result == "ok":
        values["body_at"] = rows.stamp(outcome.finished)
    if source.validators:
        values |= {
            "etag": source.validators.etag,
            "last_modified": source.validators.last_modified,
            "body_hash": source.validators.body_hash,
        }
    upsert(db, "sources", ("outlet", "url"), values)


def _health(db: Database, outcome: OutletOutcome, tally: Tally) -> None:
    failed = [source for source in outcome.sources if source.result == "error"]
    worst = failed[0] if failed else outcome.sources[0]
    results = {source.result for source in outcome.sources}
    result = "error" if failed else "ok" if "ok" in results else "unchanged"
    now = rows.stamp(outcome.finished)
    values: dict[str, object] = {
        "id": outcome.outlet,
        "schedule": outcome.schedule,
        "last_result": result,
        "last_error": "; ".join(f"{source.url}: {source.error}" for source in failed),
        "last_attempt": rows.stamp(outcome.started),
        "next_due": rows.stamp(outcome.next_due),
        "hold_until": rows.stamp(outcome.hold_until),
        "consecutive_failures": outcome.failures,
        "http_status": worst.status,
        "last_duration_s": round((outcome.finished - outcome.started).total_seconds(), 3),
        "cpu_s": round(outcome.cpu_s, 3),
        "bytes": sum(source.bytes for source in outcome.sources),
    }
    if not failed:
        values["last_success"] = now
    if tally.new:
        values["last_new_article"] = now
    upsert(db, "outlets", ("id",), values)


def upsert(db: Database, table: str, key: tuple[str, ...], values: dict[str, object]) -> None:
    """Insert a row or update the given columns of the one with its key. `Table.upsert` asks for the schema each time: twice
    per outlet that was a tenth of an unchanged crawl."""
    names, others = ", ".join(values), ", ".join(f"{name} = excluded.{name}" for name in values if name not in key)
    marks = ", ".join(f":{name}" for name in values)
    db.execute(
        f"insert into {table} ({names}) values ({marks}) on conflict ({', '.join(key)}) do update set {others}", values
    )


def expired(db: Database, before: datetime) -> list[int]:
    """Articles that no source has listed since `before`. A source that only ever answers 304 still lists what its last
    body did, however long ago that body was read."""
    found = db.execute(
        """
        select id from articles a where last_listed < :before and not exists (
            select 1 from sources s where s.outlet = a.outlet and s.checked_at >= :before and s.status in (200, 304)
            and julianday(s.body_at) - julianday(a.last_listed) <= :step
        )
        """,
        {"before": rows.stamp(before), "step": LISTED_STEP / timedelta(days=1)},
    )
    return [row[0] for row in found]


def remove(db: Database, article: int) -> None:
    """Delete an article and everything said of it but the ledger, which notes that this was meant."""
    db.execute("update seen set pruned = 1 where article = ?", (article,))
    row = db.execute(f"select {INDEXED} from articles where id = ?", (article,)).fetchone()
    index(db, article, dict(zip(INDEXED.split(", "), row, strict=True)), remove=True)
    db.execute("delete from articles where id = ?", (article,))

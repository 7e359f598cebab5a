"""What a crawl brought in; the rows, validators, ledger and health it leaves in an open transaction out.

known = ledger keys of the entries | unknown -> new article + ledger + index + page task
                                   | known, other text -> revision + index | known, same text -> listed again
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlite_utils import Database

from tickerwire.model import Identified, OutletOutcome, Relisted, SourceOutcome, Validators
from tickerwire.store import index, learned, rows, stories, withdrawn

# How exactly "last listed" is kept: retention counts in days, a write per poll is waste.
LISTED_STEP = timedelta(hours=6)
# Of what a source lists when it is first read, so many are news if they are that young; the rest was there before us.
FIRST_NEWS, FIRST_AGE = 5, timedelta(days=1)
SWEPT = 500  # newest articles of an outlet that are put right once something is learnt
REVISIONS = 50  # kept of one article, besides the first
COUNTED = ("requests", "bytes", "not_modified", "robots_refused", "retry_after")


@dataclass(slots=True)
class Tally:
    """How many articles one outlet's commit made and changed."""

    new: int = 0
    revised: int = 0


def outlet(db: Database, outcome: OutletOutcome, authority: str, full_text: bool) -> Tally:
    """Write everything one outlet came to. The caller holds the transaction."""
    tally = Tally()
    read = {url for (url,) in db.execute("select url from sources where outlet = ? and body_at is not null", (outcome.outlet,))}
    for source in outcome.sources:
        old = set() if (source.root or source.url) in read else _backlog(source, outcome.started)
        whole = not source.entries or _entries(db, outcome, source, authority, full_text, tally, old)
        _source(db, outcome, source if whole else replace(source, validators=Validators()))
    if tally.new or tally.revised:
        changed(db)
    _health(db, outcome, tally)
    return tally


def summary(sources: Sequence[SourceOutcome]) -> dict[str, str]:
    """What an outlet as a whole came to: `result`, and as `error` what failed of it."""
    results = {source.result for source in sources}
    error = "; ".join(f"{source.url}: {source.error}" for source in sources if source.result == "error")
    return {"result": "error" if error else "ok" if "ok" in results else "unchanged", "error": error}


def changed(db: Database) -> None:
    """Count one change of the archive, so that publishing knows whether to look."""
    again = "on conflict (name) do update set value = cast(cast(value as integer) + 1 as text)"
    db.execute(f"insert into settings values ('generation', '1') {again}")


def _backlog(source: SourceOutcome, now: datetime) -> set[int]:
    """Which entries (by `id()`) of a source never read before are no news: all but the newest few of the last day."""
    newest = sorted(source.entries, key=lambda found: found.entry.published or now, reverse=True)
    return {id(e) for n, e in enumerate(newest) if n >= FIRST_NEWS or now - (e.entry.published or now) > FIRST_AGE}


def _entries(
    db: Database,
    outcome: OutletOutcome,
    source: SourceOutcome,
    authority: str,
    full_text: bool,
    tally: Tally,
    backlog: set[int],
) -> bool:
    """Oldest first, so that ids grow with the dates of what arrives together. False when something said to be known is not: then
    nothing may be kept that spares reading the source anew."""
    now, long_ago = rows.stamp(outcome.finished), rows.stamp(outcome.finished - LISTED_STEP)
    keys = rows.as_json([key for found in source.entries for key in found.keys])
    known = dict(db.execute(rows.KNOWN, (outcome.outlet, keys)).fetchall())
    same = [found for found in source.entries if isinstance(found.entry, Relisted)]
    titles: list[str] = []
    listed = {known[key] for found in same for key in found.keys if key in known}
    oldest_first = [found for found in reversed(source.entries) if not isinstance(found.entry, Relisted)]
    oldest_first.sort(key=lambda found: found.entry.published or outcome.started)
    if oldest_first:
        outcome = replace(outcome, affixes=(*outcome.affixes, *learned.known(db, outcome.outlet, "title").values()))
    said = _said(db, source.url, {known[key] for found in oldest_first for key in found.keys if key in known})
    for found in oldest_first:
        article = next((known[key] for key in found.keys if key in known), None)
        if article is None:
            # front pages and sitemaps often leave out title or date: then the article's page must tell
            bare = source.kind in ("listing", "sitemap") and not (found.entry.title and found.entry.published)
            old = id(found) in backlog
            article = _insert(db, outcome, source.url, found, authority, full_text or bare, old)
            titles.append(found.entry.title)
        else:
            if was := said.pop(article, ""):  # two entries of one article edit it once
                tally.revised += was != rows.entry_hash(found.entry) and _revise(db, article, found, outcome)
                _move(db, article, found)
            listed.add(article)
        fresh = [(outcome.outlet, key, article, rows.stamp(outcome.started)) for key in found.keys if key not in known]
        if fresh:
            db.conn.executemany("insert or ignore into seen (outlet, key, article, first_seen) values (?, ?, ?, ?)", fresh)
        known.update((key, article) for key in found.keys if key not in known)
    tally.new += len(titles)
    if learned.note_titles(db, outcome.outlet, titles, outcome.finished):
        trim(db, outcome.outlet)
    # "+": by id, never by an index over all that was listed long ago
    sql = "update articles set last_listed = ? where +last_listed < ? and id in (select value from json_each(?))"
    db.execute(sql, (now, long_ago, rows.as_json(list(listed))))
    if withdrawn.suspect(db, outcome.outlet, source.url, listed, outcome.finished - LISTED_STEP, outcome.finished):
        changed(db)
    return all(any(key in known for key in found.keys) for found in same)


def _said(db: Database, source: str, ids: Iterable[int]) -> dict[int, str]:
    """Entry hashes of the stored articles that `source` listed first: only that source edits them, since two sources of
    one outlet often word the same article differently, and each poll would look like an edit."""
    sql = "select id, entry_hash from articles where source = ? and id in (select value from json_each(?))"
    return dict(db.execute(sql, (source, rows.as_json(list(ids)))).fetchall())


def _insert(
    db: Database, outcome: OutletOutcome, source: str, found: Identified, authority: str, full_text: bool, backlog: bool
) -> int:
    entry, seen = found.entry, outcome.started
    position = min(entry.published or seen, seen)
    values = rows.content(entry) | {
        "title": learned.trimmed(entry.title, outcome.affixes),
        "outlet": outcome.outlet,
        "guid": f"tag:{authority}:{outcome.minted or outcome.outlet}/{found.guid_hash}",
        "backlog": backlog,
        "source_guid": entry.source_guid,
        "url": found.url,
        "link": entry.link,
        "page": "pending" if full_text and entry.link else "none",
        "provenance": rows.as_json(dict(entry.provenance)),
        "source": source,
        "entry_hash": rows.entry_hash(entry),
    }
    moments = {"published": entry.published, "updated": entry.updated, "position": position, "last_listed": outcome.finished}
    moments |= {"first_seen": seen, "changed_at": seen}
    values |= {name: rows.stamp_or_none(moment) for name, moment in moments.items()}
    article = put(db, "articles", values)
    if story := stories.join(db, article, outcome.outlet, entry.title, position, seen, found.sketch):
        db.execute("update articles set story = ? where id = ?", (story, article))
    index.put(db, article, values)
    if values["title"] != entry.title:
        put(db, "removed", {"article": article, "field": "title", "place": 0, "said": entry.title})
    if values["page"] == "pending":
        put(db, "pages", {"article": article, "outlet": outcome.outlet, "next_try": rows.stamp(seen)})
    return article


def trim(db: Database, outlet: str) -> None:
    """Cut what has just been learnt off the titles stored before."""
    affixes = learned.known(db, outlet, "title").values()
    newest = "select id, title from articles where outlet = ? order by id desc limit ?"
    for article, title in db.execute(newest, (outlet, SWEPT)).fetchall():
        if (short := learned.trimmed(title, affixes)) != title:
            update(db, article, {"title": short})
            db.execute("insert or ignore into removed values (?, 'title', 0, ?)", (article, title))


def put(db: Database, table: str, values: dict[str, object], key: tuple[str, ...] = ()) -> int:
    """Insert a row and return its rowid; with `key`, update the given columns of the row that has it. `Table.upsert` asks
    for the schema each time: twice per outlet that was a tenth of an unchanged crawl."""
    return int(db.execute(_put(table, tuple(values), key), values).lastrowid or 0)


@cache
def _put(table: str, names: tuple[str, ...], key: tuple[str, ...]) -> str:
    sql = f"insert into {table} ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
    others = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return f"{sql} on conflict ({', '.join(key)}) do update set {others}" if key else sql


def _unindex(db: Database, article: int) -> dict[str, Any]:
    """Take an article out of the full-text index; what was indexed of it."""
    was = dict(db.execute(f"select {index.COLUMNS} from articles where id = ?", (article,)).fetchone())
    index.put(db, article, was, remove=True)
    return was


def update(db: Database, article: int, values: dict[str, object]) -> None:
    """Set columns of an article and keep the full-text index in step."""
    was = _unindex(db, article)
    assignments = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(f"update articles set {assignments} where id = :id", {**values, "id": article})
    index.put(db, article, was | values)


def _move(db: Database, article: int, found: Identified) -> None:
    """Where the outlet has put an article it lists under the same guid: the old address may be dead. That is no edit."""
    moved = "select 1 from articles where id = ? and url != ?"
    has_its_own = found.keys[0].startswith("u:") and found.url
    if has_its_own and db.execute(moved, (article, found.url)).fetchone():
        update(db, article, {"url": found.url, "link": found.entry.link})
        changed(db)


def _revise(db: Database, article: int, found: Identified, outcome: OutletOutcome) -> bool:
    """Keep what the article said as a revision, then let it say what the source says now; body text taken from its page stays. What it
    has said before, as where a site tries two titles in turn, is said again, but is no edit."""
    columns = ", ".join(rows.CONTENT)
    row = db.execute(f"select {columns}, revision, page, entry_hash from articles where id = ?", (article,)).fetchone()
    was = {name: row[name] for name in rows.CONTENT}
    kept = [name for name in ("text", "content_html") if row["page"] == "done" and was[name]]
    says = {name: was[name] if name in kept else value for name, value in rows.content(found.entry).items()}
    now, title = outcome.finished, learned.trimmed(found.entry.title, outcome.affixes)
    values = {name: value or was[name] for name, value in (says | {"title": title}).items()}
    values["entry_hash"] = rows.entry_hash(found.entry)
    if again := db.execute("select 1 from said where article = ? and hash = ?", (article, values["entry_hash"])).fetchone():
        changed(db)
    else:
        values |= {
            "revision": row["revision"] + 1,
            "changed_at": rows.stamp(now),
            "updated": rows.stamp(found.entry.updated or now),
        }
        db.execute("insert into revisions values (?, ?, ?, ?)", (article, row["revision"], rows.stamp(now), rows.as_json(was)))
    said = [(article, row["entry_hash"]), (article, values["entry_hash"])]
    db.conn.executemany("insert or ignore into said values (?, ?)", said)
    update(db, article, values)
    return not again


def _source(db: Database, outcome: OutletOutcome, source: SourceOutcome) -> None:
    """Validators change only with a body that was read and committed beside them; an error keeps the old ones."""
    values: dict[str, object] = {name: getattr(source, name) for name in ("url", "kind", "status", "error", "parser")}
    values |= {"outlet": outcome.outlet, "checked_at": rows.stamp(outcome.finished)}
    if source.result == "ok":
        values["body_at"] = rows.stamp(outcome.finished)
    if source.validators:
        values |= asdict(source.validators)
    put(db, "sources", values, ("outlet", "url"))


def _health(db: Database, outcome: OutletOutcome, tally: Tally) -> None:
    failed = [source for source in outcome.sources if source.result == "error"]
    now = rows.stamp(outcome.finished)
    values: dict[str, object] = {f"last_{name}": text for name, text in summary(outcome.sources).items()}
    values |= {name: getattr(outcome, name) for name in ("schedule", "strain", "rhythm")}
    values |= {name: rows.stamp(getattr(outcome, name)) for name in ("next_due", "hold_until")}
    values |= {
        "id": outcome.outlet,
        "last_attempt": rows.stamp(outcome.started),
        "consecutive_failures": outcome.failures,
        "http_status": (failed or outcome.sources)[0].status,
        "last_duration_s": round((outcome.finished - outcome.started).total_seconds(), 3),
        "cpu_s": round(outcome.cpu_s, 3),
        "bytes": sum(source.bytes for source in outcome.sources),
    }
    if not failed:
        values["last_success"] = now
    if tally.new:
        values["last_new_article"] = now
    put(db, "outlets", values, ("id",))


def rename(db: Database, old: str, new: str) -> None:
    """Move every row of outlet `old` to `new`; where both know a key or a source, the one of `new` stands."""
    for (article,) in db.execute("select id from articles where outlet = ?", (old,)).fetchall():
        update(db, article, {"outlet": new})
    for table in ("pages", "seen", "sources", "outlets"):
        column = "id" if table == "outlets" else "outlet"
        db.execute(f"update or ignore {table} set {column} = ? where {column} = ?", (new, old))
        db.execute(f"delete from {table} where {column} = ?", (old,))
    changed(db)


def prune(db: Database, now: datetime, before: datetime) -> int:
    """Delete the articles that no source has listed since `before`, all but their ledger, and return how many. A source
    that only ever answers 304 still lists what its last body did, however long ago that body was read."""
    old = db.execute(
        """
        select id from articles a where last_listed < :before and not exists (
            select 1 from sources s where s.outlet = a.outlet and s.checked_at >= :before and s.status in (200, 304)
            and julianday(s.body_at) - julianday(a.last_listed) <= :step
        )
        """,
        {"before": rows.stamp(before), "step": LISTED_STEP / timedelta(days=1)},
    ).fetchall()
    for (article,) in old:
        db.execute("update seen set pruned = 1 where article = ?", (article,))
        _unindex(db, article)
        db.execute("delete from articles where id = ?", (article,))
    if old:
        changed(db)
    stories.prune(db, now)
    learned.prune(db, now)
    withdrawn.prune(db, now)
    # An article edited every ten minutes for weeks keeps what it said first and the last fifty times.
    older = "revision > 1 and revision < (select revision from articles where id = article) - ?"
    db.execute(f"delete from revisions where {older}", (REVISIONS,))
    return len(old)

"""What fetching an article page came to in; the article's filled fields and the remaining work out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from tickerwire.model import Entry, PageTask
from tickerwire.store import ingest, rows

MAX_ATTEMPTS = 5
RETRY_STEP = timedelta(minutes=30)  # linear: the n-th retry waits n steps


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page's reading merged into its entry (`entry`), or why there is none (`error`); `final` means asking again is useless."""

    entry: Entry | None = None
    error: str = ""
    final: bool = False


def commit(db: Database, task: PageTask, read: PageRead, now: datetime) -> None:
    """Late page text is not an edit: neither revision nor change time moves. A failure leaves the entry published, with the reason."""
    if read.entry is not None:
        _fill(db, task.article, read.entry)
    elif read.final or task.attempts + 1 >= MAX_ATTEMPTS:
        db.execute(
            "update articles set page = 'failed', provenance = json_set(provenance, '$.page', ?) where id = ?",
            (read.error, task.article),
        )
    else:
        db.execute(
            "update pages set attempts = attempts + 1, next_try = ?, error = ? where article = ?",
            (rows.stamp(now + RETRY_STEP * (task.attempts + 1)), read.error, task.article),
        )
        return
    db.execute("delete from pages where article = ?", (task.article,))


def _fill(db: Database, article: int, entry: Entry) -> None:
    """A date the source never gave may be learnt from the page once; a date once stored never moves."""
    known, first_seen = db.execute("select published, first_seen from articles where id = ?", (article,)).fetchone()
    values = rows.content(entry) | {"page": "done", "provenance": rows.as_json(dict(entry.provenance))}
    if known is None and entry.published is not None:
        published = rows.stamp(entry.published)
        values |= {"published": published, "position": min(published, first_seen)}
    ingest.update(db, article, values)
    ingest.changed(db)

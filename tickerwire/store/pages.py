"""What fetching an article page came to in; the article's filled fields and the remaining work out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from tickerwire.model import Entry, PageTask
from tickerwire.store import ingest, learned, rows, stories, withdrawn

MAX_ATTEMPTS = 5
RETRY_STEP = timedelta(minutes=30)  # linear: the n-th retry waits n steps


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page's reading merged into its entry (`entry`) and a sketch of it, or why there is none (`error`).

    `said` is the text with what was taken out of it as boilerplate, `removed`: field, place, what stood there. `final` means asking
    again is useless, `answered` that the server spoke.
    """

    entry: Entry | None = None
    sketch: bytes = b""
    said: str = ""
    removed: tuple[tuple[str, int, str], ...] = ()
    error: str = ""
    final: bool = False
    answered: bool = False


def commit(db: Database, task: PageTask, read: PageRead, now: datetime) -> bool:
    """Late page text is not an edit: neither revision nor change time moves. A failure leaves the entry published, with the reason.
    Whether boilerplate was found that stands in pages read before."""
    news = False
    if task.check:
        if withdrawn.checked(db, task.article, read.final if read.answered else None, read.error, now):
            ingest.changed(db)
        return False
    if read.entry is not None:
        _fill(db, task.article, read.entry, read.sketch)
        strip(db, task.article, {}, read.removed)
        news = bool(read.said) and learned.note(db, task.outlet, learned.lines(read.said, read.entry.title), now)
    elif read.final or task.attempts + 1 >= MAX_ATTEMPTS:
        sql = "update articles set page = 'failed', provenance = json_set(provenance, '$.page', ?) where id = ?"
        db.execute(sql, (read.error, task.article))
    else:
        again = rows.stamp(now + RETRY_STEP * (task.attempts + 1))
        sql = "update pages set attempts = attempts + 1, next_try = ?, error = ? where article = ?"
        db.execute(sql, (again, read.error, task.article))
        return False
    db.execute("delete from pages where article = ?", (task.article,))
    return news


def strip(db: Database, article: int, values: Mapping[str, object], removed: Iterable[tuple[str, int, str]]) -> None:
    """Set columns of an article; `removed` is all that is missing from it now. That is no edit."""
    if values:
        ingest.update(db, article, dict(values))
        ingest.changed(db)
    db.execute("delete from removed where article = ? and (field != 'title' or ?)", (article, "title" in values))
    db.conn.executemany("insert into removed values (?, ?, ?, ?)", [(article, *one) for one in removed])


def _fill(db: Database, article: int, entry: Entry, sketch: bytes) -> None:
    """A date the source never gave may be learnt from the page once; a date once stored never moves. Nor does a story."""
    columns = "outlet, published, first_seen, position, title"
    outlet, known, first_seen, position, title = db.execute(f"select {columns} from articles where id = ?", (article,)).fetchone()
    values = rows.content(entry) | {"page": "done", "provenance": rows.as_json(dict(entry.provenance))}
    if not title:  # a listing's or a sitemap's: told by the page alone
        if learned.note_titles(db, outlet, [entry.title], datetime.fromisoformat(first_seen)):
            ingest.trim(db, outlet)
        values["title"] = learned.trimmed(entry.title, learned.known(db, outlet, "title").values())
        if values["title"] != entry.title:
            ingest.put(db, "removed", {"article": article, "field": "title", "place": 0, "said": entry.title})
    if known is None and entry.published is not None:
        published = rows.stamp(entry.published)
        values |= {"published": published, "position": min(published, first_seen)}
    if not db.execute("select 1 from sketches where article = ?", (article,)).fetchone():
        seen, when = map(datetime.fromisoformat, (first_seen, str(values.get("position", position))))
        values["story"] = stories.join(db, article, outlet, entry.title, when, seen, sketch)
    ingest.update(db, article, values)
    ingest.changed(db)

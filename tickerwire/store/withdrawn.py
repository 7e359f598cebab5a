"""What a source lists now, and what article pages answered, in; which articles their outlet has withdrawn out.

A list gets shorter at its end. An article missing from its midst may have been taken down: its page is asked once a day, and when it
has answered 404 or 410 on three days the article is withdrawn, in the desk's log too. Listed again, it comes back.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlite_utils import Database

from tickerwire.store import rows

CONFIRMED, OVER = 3, timedelta(days=2)  # answers, and the time between the first and the last
AGAIN = timedelta(days=1)
RECENT = timedelta(days=3)  # since it was last listed
FORGOTTEN = timedelta(days=30)
HOLES = 3  # in one list at a time; where more are missing the list has another order
FEWEST = 3  # articles a list must have to have a midst
BY = "crawler"


def suspect(db: Database, outlet: str, source: str, listed: Collection[int], long_ago: datetime, now: datetime) -> bool:
    """Have the articles checked that `source`, which lists `listed`, no longer lists although it does older ones; whether one that was
    withdrawn is back."""
    ids = rows.as_json(list(listed))
    back = db.execute("select article, misses from checks where article in (select value from json_each(?))", (ids,)).fetchall()
    for article, misses in back:
        db.execute("delete from checks where article = ?", (article,))
        if misses >= CONFIRMED:
            _say(db, article, "", "listed again", now)
    if len(listed) >= FEWEST:
        sql = "select id from articles where outlet = ? and source = ? and desk = '' and last_listed < ? and last_listed > ? "
        sql += "and position > (select min(position) from articles where id in (select value from json_each(?))) limit ?"
        about = (outlet, source, rows.stamp(long_ago), rows.stamp(now - RECENT), ids, HOLES + 1)
        holes = db.execute(sql, about).fetchall()
        if len(holes) <= HOLES:
            found = [(article, outlet, rows.stamp(now), rows.stamp(now)) for (article,) in holes]
            db.conn.executemany("insert or ignore into checks (article, outlet, since, next_try) values (?, ?, ?, ?)", found)
    return any(misses >= CONFIRMED for _, misses in back)


def checked(db: Database, article: int, gone: bool | None, answer: str, now: datetime) -> bool:
    """Note that an article's page was gone, was there, or (None) could not be asked; whether that withdraws the article."""
    next_try = None if gone is False else rows.stamp(now + AGAIN)
    sql = "update checks set next_try = ?, misses = misses + ? where article = ? returning misses, since"
    misses, since = db.execute(sql, (next_try, gone is True, article)).fetchone()
    if not gone or misses < CONFIRMED or now - datetime.fromisoformat(since) < OVER:
        return False
    db.execute("update checks set next_try = null where article = ?", (article,))
    _say(db, article, "withdrawn", f"its page answered {answer} {misses} times since {since}", now)
    return True


def prune(db: Database, now: datetime) -> None:
    """Forget checks that ended a month ago; withdrawn articles may still come back."""
    db.execute("delete from checks where misses < ? and since < ?", (CONFIRMED, rows.stamp(now - FORGOTTEN)))


def _say(db: Database, article: int, desk: str, why: str, now: datetime) -> None:
    db.execute("update articles set desk = ? where id = ?", (desk, article))
    said = (article, rows.stamp(now), BY, f'desk = "{desk}": {why}')
    db.execute("insert into desk (article, at, who, word) values (?, ?, ?, ?)", said)

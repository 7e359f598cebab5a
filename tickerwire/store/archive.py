"""A database file in; articles, health and publishing state out: the read-only half of the store."""

import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from heapq import merge
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tickerwire.errors import StoreError
from tickerwire.model import Article, FeedState, OutletHealth, PageTask, Validators
from tickerwire.query import Folded, Not, Or, Query, compile_query
from tickerwire.query.ast import without
from tickerwire.store import rows
from tickerwire.store.narrow import Bounds, copies, costly, narrow
from tickerwire.tables import table

BUSY_SECONDS = 20.0
FEW, MOST = 60, 2_000  # articles read at once, at first and at most
OFTEN, SELDOM = 6, 30  # where one in so many articles meets what costs much, or what NOT costs, so many times FEW are looked at
STORIES = 300  # as many are few
MANY = 20_000  # ids held back before SQLite has to sort
LIVE = "a.desk = '' and a.title != ''"  # one without a title still waits for its page
STORY = "iif(a.story, a.story, a.id)"
SIZED = f"(:copies < 2 or exists (select 1 from sizes s where s.story = {STORY} and s.copies >= :copies))"
NEWEST = f"""
    select {rows.SELECT_ARTICLE} from articles a where {LIVE} and a.position >= :since and {SIZED} order by a.position desc, a.id desc
"""
LISTED = f"select {rows.SELECT_ARTICLE} from json_each(?) j cross join articles a on a.id = j.value where {LIVE} order by j.key"
INDEX = "articles_index f cross join articles a on a.id = f.rowid"
FOUND = f"select position, id from {INDEX} where articles_index match :search and position <= :until and {SIZED}"
STORED = f"{FOUND} order by f.rowid desc"
SORTED = f"{FOUND} and position >= :since and (position, id) < (:horizon, :last) order by position desc, id desc"
LARGE = "select story from sizes where copies >= ? limit ?"
COPIES = """
    select id from articles where id in (select value from json_each(?1))
    union select id from articles where story != 0 and story in (select value from json_each(?1))
"""
# The latest position of all that was stored before an article: of the 256 ids its own is among, and of those before them.
HORIZON = """
    select max(coalesce((select position from horizons where block < ?1 >> 8 order by block desc limit 1), ''),
        coalesce((select max(position) from articles where id >= ?1 >> 8 << 8 and id < ?1), ''))
"""
ADVICE: dict[str, str] = table("tickerwire.store", "advice")


def place(article: Article) -> tuple[datetime, int]:
    """What articles are in order of."""
    return article.position, article.id


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """A driver error as one line with the file and the way out."""
    advice = next(way for sign, way in ADVICE.items() if sign in str(error))
    return StoreError(f"{path}: {error}; {advice}")


def behind(path: Path) -> bool:
    """Whether a database lacks steps of this version's schema: an earlier version made it, or a first run that was killed at it."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as found:
            ((steps,),) = found.execute("select count(*) from _sqlite_migrations")
    except sqlite3.Error:
        return True
    return bool(steps < len([*Path(__file__).parent.glob("migrations/*.sql")]))


class Archive:
    """Read-only view of the store; safe beside a writer (WAL). All methods raise StoreError when the file is unusable."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection, self.path = connection, path
        connection.row_factory = sqlite3.Row

    @classmethod
    def open(cls, path: Path) -> Self:
        if not path.exists():
            raise StoreError(f"{path}: no database yet; `tickerwire crawl` makes it")
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS)
            connection.execute("select id from articles limit 1")
        except sqlite3.Error as error:
            raise explain(error, path) from error
        return cls(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.connection.close()

    def stream(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> Iterator[sqlite3.Row]:
        """The rows of a query one by one, as they are asked for."""
        try:
            yield from self.connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        return list(self.stream(sql, parameters))

    def candidates(self, query: Query, now: datetime, outlets: Sequence[str] = ()) -> Iterator[Article]:
        """Every live article that `query` may match and some that it does not, newest first by (position, id).

        The caller's predicate decides; SQL only narrows. Hidden and withdrawn articles never come. What costs the index much is not
        asked of it while many of those that meet the rest are found to meet that, too.
        """
        rest, seen, met = without(query, costly), set[int](), 0
        if rest == query:
            yield from self._narrowed(query, now, outlets)
            return
        belongs = compile_query(query)
        share = OFTEN if without(query, lambda part: costly(part) and not isinstance(part, Not)) != query else SELDOM
        for one in self._narrowed(rest, now, outlets):
            seen.add(one.id)
            yield one  # before it is looked at: the caller's time may be up
            met += len(seen) <= FEW and belongs(Folded(one), now)
            if len(seen) == FEW + FEW * share or (len(seen) == FEW and met * share < FEW):
                break
        else:
            return
        last, others = place(one), self._narrowed(query, now, outlets)
        yield from (other for other in others if other.id not in seen and place(other) < last)  # not what was stored meanwhile

    def _narrowed(self, query: Query, now: datetime, outlets: Sequence[str]) -> Iterator[Article]:
        """As `candidates`, as the index has them."""
        bounds = narrow(query, now, outlets)
        large = [row["story"] for row in self.read(LARGE, (bounds.copies, STORIES))] if bounds.copies > 1 else []
        if bounds.copies > 1 and len(large) < STORIES:
            return (one for one in self._of(large) if not outlets or one.outlet in outlets)
        if isinstance(query, Or) and not bounds.search:  # large stories or what the index knows
            stories = [part for part in query.parts if copies(part) > 1]
            others = [Or(rest)] if (rest := tuple(part for part in query.parts if part not in stories)) else []
            if stories and all(narrow(one, now).search for one in others):
                streams = (self._narrowed(one, now, ()) for one in (*others, *stories))
                return (next(same) for _, same in groupby(merge(*streams, key=place, reverse=True), key=place))
        if not bounds.search:
            return map(rows.article, self.stream(NEWEST, bounds._asdict()))
        return self._live(self._found(bounds))

    def _of(self, stories: list[int]) -> list[Article]:
        """What may be shown of these stories, newest first."""
        found = self._live(row["id"] for row in self.stream(COPIES, (rows.as_json(stories),)))
        return sorted(found, key=place, reverse=True)

    def _live(self, ids: Iterator[int]) -> Iterator[Article]:
        """Those of these articles that may be shown, in this order; they are wide, so none is read before it is wanted."""
        while some := list(islice(ids, FEW)):
            yield from map(rows.article, self.stream(LISTED, (rows.as_json(some),)))

    def _found(self, bounds: Bounds) -> Iterator[int]:
        """The ids of what a search of the index finds, without sorting all that a frequent word does: the index has the last stored
        first, and an article goes out once none stored before those read so far is newer. Where positions say nothing of that,
        SQLite sorts."""
        stored, size, later, since = self.stream(STORED, bounds._asdict()), FEW, FEW // 2, bounds.since
        waiting: list[tuple[str, int]] = []  # oldest first
        while chunk := [(row["position"], row["id"]) for row in islice(stored, size)]:
            last = chunk[-1][1]
            horizon = self.read(HORIZON, (last,))[0][0]
            waiting = sorted(waiting + chunk)
            settled = bisect_left(waiting, (max(horizon, since),))
            yield from (one for _, one in reversed(waiting[settled:]))
            if horizon < since:
                return
            del waiting[settled:]
            if len(waiting) > MANY:
                yield from (row["id"] for row in self.stream(SORTED, bounds._asdict() | {"horizon": horizon, "last": last}))
                return
            size, later = later, min(2 * later, MOST)  # half of the first mostly settles what waits of it
        yield from (one for position, one in reversed(waiting) if position >= since)

    def articles(self, ids: Iterable[int]) -> dict[int, Article]:
        """The articles of these ids, hidden and withdrawn ones too; an id that is gone is absent."""
        sql = f"select {rows.SELECT_ARTICLE} from articles a where a.id in (select value from json_each(?))"
        return {row["id"]: rows.article(row) for row in self.read(sql, [rows.as_json(list(ids))])}

    def newest(self) -> Iterator[tuple[int, str, int]]:
        """The ids of what readers see with the feeds that show it and their stories, by the date shown, newest first."""
        sql = f"""
            select m.article, m.feed, {STORY} from members m cross join articles a on a.id = m.article where m.date is not null
            order by m.date desc, m.article desc
        """
        return map(tuple, self.stream(sql))

    def members(self, feed: str) -> dict[int, bool]:
        """The ids of all articles that entered a feed when it was last looked at, and whether its readers see them."""
        return {row["article"]: row["date"] is not None for row in self.read("select * from members where feed = ?", (feed,))}

    def showing(self, ids: Iterable[int]) -> dict[str, set[int]]:
        """The feeds that one of these articles entered, with those that did."""
        found: dict[str, set[int]] = {}
        sql = "select feed, article from members where article in (select value from json_each(?))"
        for feed, article in self.stream(sql, [rows.as_json(list(ids))]):
            found.setdefault(feed, set()).add(article)
        return found

    def changes(self) -> set[int]:
        """The ids of articles stored, changed or deleted since `forget_changes` was last told of them."""
        return {row["article"] for row in self.read("select article from changes")}

    def story(self, story: int) -> list[Article]:
        """The live articles of one story, first seen first."""
        sql = f"select {rows.SELECT_ARTICLE} from articles a where a.id = ? or (a.story = ? and a.story != 0) order by a.id"
        return [one for row in self.read(sql, (story, story)) if not (one := rows.article(row)).desk]

    def taken_down(self) -> list[Article]:
        """Every article that the desk hid or withdrew, or its outlet took down."""
        where = "a.id in (select article from desk) and a.desk != ''"
        return [rows.article(row) for row in self.read(f"select {rows.SELECT_ARTICLE} from articles a where {where} order by a.id")]

    def history(self, article: int) -> dict[str, list[dict[str, object]]]:
        """What became of an article: `revisions`, oldest first (when each was replaced, what changed then and what it had said), and
        `desk`, every word of the desk."""
        kept = self.read("select revision, replaced_at, was from revisions where article = ? order by revision", (article,))
        columns = ", ".join(rows.CONTENT)
        now = self.read(f"select {columns} from articles where id = ?", (article,))
        said = [*(json.loads(row["was"]) for row in kept), *map(dict, now)]
        revisions = [
            {"revision": row["revision"], "replaced_at": row["replaced_at"]}
            | {"was": {name: value for name, value in was.items() if value != then.get(name)}}
            for row, (was, then) in zip(kept, pairwise(said), strict=True)
        ]
        words = self.read("select at, who, word from desk where article = ? order by id", (article,))
        return {"revisions": revisions, "desk": [dict(row) for row in words]}

    def authors(self, outlet: str = "", since: datetime | None = None) -> list[dict[str, Any]]:
        """Every author of an outlet, or of all, with the count of their articles and the date of the newest, most articles first."""
        sql = """
            select j.value as author, a.outlet, count(*) as articles, max(a.position) as newest
            from articles a, json_each(a.authors) j where a.desk = '' and (? = '' or a.outlet = ?) and a.position >= ?
            group by j.value, a.outlet order by articles desc, author, a.outlet
        """
        return [dict(row) for row in self.read(sql, (outlet, outlet, rows.stamp(since) if since else ""))]

    def learned(self, outlet: str) -> list[dict[str, Any]]:
        """What repeats over an outlet's pages and titles and is cut out (state "removed") or was (state "kept"): `share` of `times`."""
        sql = """
            select l.kind, l.key, l.state, l.said, l.times, round(1.0 * l.times / (t.times - l.since), 3) as share, l.last_seen
            from learned l join learned t on t.outlet = l.outlet and t.kind = l.kind and t.key = 0
            where l.outlet = ? and l.state != '' order by l.kind, l.times desc
        """
        return [dict(row) for row in self.read(sql, (outlet,))]

    def bodies(self, outlet: str, limit: int) -> list[dict[str, Any]]:
        """The newest articles of an outlet that learning concerns: id, title, text, content_html, and what was `removed` from each."""
        concerned = "(a.page = 'done' or exists (select 1 from removed r where r.article = a.id))"
        sql = f"select id, title, text, content_html from articles a where outlet = ? and {concerned} order by id desc limit ?"
        taken = "select field, place, said from removed where article = ?"
        found = self.read(sql, (outlet, limit))
        return [dict(row) | {"removed": [tuple(one) for one in self.read(taken, (row["id"],))]} for row in found]

    def pruned(self, ids: Iterable[int]) -> set[int]:
        """Those of these ids that retention removed: they are gone on purpose, not lost."""
        sql = "select article from seen where pruned = 1 and article in (select value from json_each(?))"
        return {row["article"] for row in self.read(sql, [rows.as_json(list(ids))])}

    def export(self, since: datetime | None = None, outlet: str = "") -> Iterator[Article]:
        """Every stored article by id, withdrawn ones too; `since` compares with the last change (UTC)."""
        where = "a.changed_at >= ? and (? = '' or a.outlet = ?)"
        sql = f"select {rows.SELECT_ARTICLE} from articles a where {where} order by a.id"
        return map(rows.article, self.stream(sql, (rows.stamp(since) if since else "", outlet, outlet)))

    def setting(self, name: str) -> str:
        found = self.read("select value from settings where name = ?", (name,))
        return str(found[0]["value"]) if found else ""

    def generation(self) -> int:
        """A number that grows with every change of any article."""
        return int(self.setting("generation") or 0)

    def feed_states(self, feed: str = "") -> dict[str, FeedState]:
        """What was published for each feed, or for one; one never published is absent."""
        found = self.read("select * from feeds where id = ?", (feed,)) if feed else self.read("select * from feeds")
        return {row["id"]: FeedState(**rows.values(row)) for row in found}

    def standing(self, now: datetime) -> dict[str, FeedState]:
        """The feeds that are as they should be at `now`, unless articles, the configuration or the disk changed; of their states no
        more than that needs."""
        columns = "id, items, reason, settled, until, quarantined"
        sql = f"select {columns} from feeds where not stale and settled != '' and ifnull(until > ?, 1)"
        return {row["id"]: FeedState(**rows.values(row)) for row in self.read(sql, (rows.stamp(now),))}

    def waiting(self, now: datetime) -> dict[tuple[str, str], list[tuple[int, str, str]]]:
        """What hubs and webhooks are to be told now: id, name and body, in order, by feed and target; twenty at most for each, since
        they may be large."""
        lanes: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
        for row in self._outbox("select * from waiting where due <= ? and place <= 20 order by id", (rows.stamp(now),)):
            lanes.setdefault((row["feed"], row["target"]), []).append((row["id"], row["name"], row["body"]))
        return lanes

    def deliveries(self) -> dict[str, dict[str, object]]:
        """How much of each feed's waits, how much was given up, and the newest reason."""
        return {row["feed"]: dict(row) for row in self._outbox("select * from deliveries")}

    def _outbox(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Rows; none of a database that an earlier version made and nobody has written to since."""
        return self.read(sql, parameters) if self.read("select 1 from sqlite_master where name = 'outbox'") else []

    def health(self) -> dict[str, OutletHealth]:
        """Stored health by outlet id; an outlet never crawled is absent."""
        found = self.read("select o.*, (select count(*) from articles a where a.outlet = o.id) articles from outlets o")
        return {row["id"]: OutletHealth(**rows.values(row)) for row in found}

    def validators(self, outlet: str, parser: int) -> dict[str, Validators]:
        """Validators by source URL; those of another parser version are left out, so that an upgrade reads anew."""
        columns = ", ".join(field.name for field in fields(Validators))
        sql = f"select url, {columns} from sources where outlet = ? and parser = ?"
        return {url: Validators(*kept) for url, *kept in self.read(sql, (outlet, parser))}

    def turns(self, outlet: str) -> dict[str, int]:
        """The documents of an outlet ever asked for, by URL, numbered from the one longest not asked."""
        found = self.read("select url from sources where outlet = ? order by checked_at", (outlet,))
        return {row["url"]: turn for turn, row in enumerate(found)}

    def known(self, outlet: str, keys: Sequence[str]) -> dict[str, int]:
        """Those of these ledger keys that the outlet has shown before, with their articles' ids."""
        return dict(map(tuple, self.read(rows.KNOWN, (outlet, rows.as_json(keys)))))

    def robots(self, since: datetime) -> dict[str, tuple[int, str]]:
        """robots.txt by origin as (status, body), those fetched after `since` (RFC 9309 section 2.4: at most 24 h)."""
        found = self.read("select * from hosts where fetched_at >= ?", (rows.stamp(since),))
        return {row["origin"]: (row["status"], row["body"]) for row in found}

    def pending_pages(self, outlet: str, now: datetime, limit: int) -> list[PageTask]:
        """Article pages of `outlet` to fetch now, newest article first, at most `limit`."""
        found = self.read(
            "select p.article, p.outlet, a.link, p.attempts from pages p join articles a on a.id = p.article "
            "where p.outlet = ? and p.next_try <= ? and a.desk = '' order by p.article desc limit ?",
            (outlet, rows.stamp(now), limit),
        )
        return [PageTask(**row) for row in found]

    def pending_checks(self, outlet: str, now: datetime) -> list[PageTask]:
        """Articles of `outlet` whose pages are to be asked now whether they are still there."""
        found = self.read(
            "select c.article, c.outlet, a.link from checks c join articles a on a.id = c.article "
            "where c.outlet = ? and c.next_try <= ? and a.desk = '' and a.link != ''",
            (outlet, rows.stamp(now)),
        )
        return [PageTask(**row, check=True) for row in found]

    def last_crawl(self) -> dict[str, object]:
        """The newest crawl's record: started, finished (None while it runs), state, report; empty before the first."""
        found = self.read("select * from crawls order by id desc limit 1")
        return rows.values(found[0]) if found else {}

    def hosts(self) -> list[dict[str, object]]:
        """The politeness receipt of each host, with what its robots.txt came to and when it was asked."""
        kept: dict[str, list[dict[str, object]]] = {}
        for row in self.read("select origin, status, fetched_at as fetched from hosts order by origin"):
            kept.setdefault(urlsplit(row["origin"]).hostname or "", []).append(dict(row))
        found = self.read("select *, round(1.0 * not_modified / max(requests, 1), 3) as share_304 from receipts order by host")
        return [dict(row) | {"robots": kept.get(row["host"], [])} for row in found]

    def backup(self, target: Path) -> None:
        """A consistent copy of the whole database into a new file, while others read."""
        try:
            with closing(sqlite3.connect(target)) as copy:
                self.connection.backup(copy)
        except sqlite3.Error as error:
            raise explain(error, target) from error

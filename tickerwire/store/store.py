"""A database file and what happened in; durable rows out: the writing half of the store, one writer at a time."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlite_utils import Database

from tickerwire.errors import StoreError, UsageError
from tickerwire.model import Desk, FeedState, OutletOutcome, PageTask
from tickerwire.store import ingest, pages, rows
from tickerwire.store.archive import BUSY_SECONDS, Archive, explain
from tickerwire.store.ingest import Tally
from tickerwire.store.schema import migrate

CRAWLS = timedelta(days=90)
Members = Mapping[int, datetime | None]  # articles by id, with the date that readers see, if they do


class Store(Archive):
    """Writes. The caller holds the write lock (`exclusive(write_lock(path), …)`) for as long as the store is open."""

    def __init__(self, db: Database, path: Path) -> None:
        super().__init__(db.conn, path)
        self.db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file and bring it to the newest schema. StoreError when it is newer, damaged or not writable."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute("pragma foreign_keys = on")
            db = Database(connection)
            migrate(db, str(path))
        except sqlite3.Error as error:
            raise explain(error, path) from error
        except OSError as error:
            raise StoreError(f"{path.parent}: {error.strerror}; the directory must exist and be writable") from error
        return cls(db, path)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """BEGIN IMMEDIATE … COMMIT: a deferred begin lost 603 of 900 writes to "database is locked" with three writers."""
        try:
            self.connection.execute("begin immediate")
            with self.connection:
                yield self.db
        except sqlite3.IntegrityError:  # one row's fault, not the file's
            raise
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def authority(self, configured: str, host: str, now: datetime) -> str:
        """The authority of this archive's tag: URIs (RFC 4151): as configured, else `host,year` of the first run, then fixed."""
        fixed = configured or self.setting("tag_authority")
        if not fixed:
            fixed = f"{host},{now.year}"
            self.remember("tag_authority", fixed)
        return fixed

    def commit_outlets(self, outcomes: Sequence[tuple[OutletOutcome, bool]], authority: str) -> list[Tally | Exception]:
        """Rows, ledger, validators and health of outlets (and whether each wants full texts), each whole or not at all: an ETag
        saved without its rows loses articles. One transaction for all: the index writes once. What the database will not take is
        returned as the error; StoreError when nothing can be written."""
        with self.transaction() as db:
            return [self._outlet(db, outcome, authority, full_text) for outcome, full_text in outcomes]

    def _outlet(self, db: Database, outcome: OutletOutcome, authority: str, full_text: bool) -> Tally | Exception:
        result: Tally | Exception
        db.execute("savepoint outlet")
        try:
            result = ingest.outlet(db, outcome, authority, full_text)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
                raise  # the file's fault, not these rows'
            db.execute("rollback to outlet")
            result = error
        db.execute("release outlet")
        return result

    def commit_page(self, task: PageTask, read: pages.PageRead, now: datetime) -> bool:
        """A fetched article page, or why there is none, with what remains to be done about it; whether it showed new boilerplate."""
        with self.transaction() as db:
            return pages.commit(db, task, read, now)

    def strip(self, article: int, values: Mapping[str, object], removed: Iterable[tuple[str, int, str]]) -> None:
        """Take boilerplate out of a stored article, or put it back: its columns, and all that is missing from them now."""
        with self.transaction() as db:
            pages.strip(db, article, values, removed)

    def keep_learned(self, outlet: str, key: int, keep: bool) -> None:
        """Keep what was learnt to be boilerplate from now on, or take it out again. UsageError when nothing has this key."""
        state = "kept" if keep else "removed"
        sql = "update learned set state = ? where outlet = ? and key = ? and state not in ('', ?)"
        with self.transaction() as db:
            if not db.execute(sql, (state, outlet, key, state)).rowcount:
                raise UsageError(f"{outlet}: nothing with the key {key} is {'removed' if keep else 'kept'}; see `outlets learned`")

    def save_robots(self, origin: str, status: int, body: str, now: datetime) -> None:
        values = {"origin": origin, "status": status, "body": body, "fetched_at": rows.stamp(now)}
        with self.transaction() as db:
            ingest.put(db, "hosts", values, ("origin",))

    def save_receipts(self, receipts: Mapping[str, Mapping[str, float | None]], now: datetime) -> None:
        """Add one crawl's counts to each host's receipt (columns of `receipts`); of the measured gaps the shortest stands."""
        keep = ", ".join(f"{name} = {name} + excluded.{name}" for name in ingest.COUNTED)
        sql = (
            f"insert into receipts (host, since, last_request, {', '.join(ingest.COUNTED)}, delay_s, shortest_gap_s) values "
            f"(:host, :now, :now, {', '.join(f':{name}' for name in ingest.COUNTED)}, :delay_s, :shortest_gap_s) "
            f"on conflict (host) do update set last_request = excluded.last_request, {keep}, delay_s = excluded.delay_s, "
            "shortest_gap_s = coalesce(min(shortest_gap_s, excluded.shortest_gap_s), shortest_gap_s, excluded.shortest_gap_s)"
        )
        none: dict[str, object] = dict.fromkeys(ingest.COUNTED, 0) | {"now": rows.stamp(now)}
        with self.transaction() as db:
            db.conn.executemany(sql, [none | dict(said) | {"host": host} for host, said in receipts.items()])

    def rename_outlets(self, moved: Iterable[tuple[str, str]]) -> None:
        """Give what was stored under an outlet's earlier id to its present one: (old, new). Ids and guids of articles stay."""
        for old, new in moved:
            if self.read("select 1 from seen where outlet = ? limit 1", (old,)):
                with self.transaction() as db:
                    ingest.rename(db, old, new)

    def remember(self, name: str, value: str) -> None:
        """Keep one named value for `setting`."""
        with self.transaction() as db:
            ingest.put(db, "settings", {"name": name, "value": value}, ("name",))

    def save_feed(
        self,
        state: FeedState,
        members: Members | None = None,
        said: Mapping[str, Iterable[str]] | None = None,
        now: datetime | None = None,
    ) -> None:
        """Remember what was published for one feed. `members` are all articles that entered it. `said` is what its hub and webhooks
        are to be told by target, all of which it names. None of either changes nothing."""
        moments = {name: rows.stamp_or_none(getattr(state, name)) for name in ("published_at", "until")}
        encoded = moments | {"items": rows.as_json(state.items)}
        encoded |= {name: json.dumps(getattr(state, name)) for name in ("told", "quarantined")}
        waits = [(state.id, target, body, rows.stamp_or_none(now)) for target, bodies in (said or {}).items() for body in bodies]
        others = "delete from outbox where feed = ? and target not in (select value from json_each(?))"
        with self.transaction() as db:
            ingest.put(db, "feeds", asdict(state) | encoded, ("id",))
            if members is not None:
                db.execute("delete from members where feed = ?", (state.id,))
                entered = [(state.id, article, rows.stamp_or_none(date)) for article, date in members.items()]
                db.conn.executemany("insert into members values (?, ?, ?)", entered)
            if said is not None:
                db.execute(others, (state.id, rows.as_json([*said])))
                db.conn.executemany("insert into outbox (feed, target, body, made) values (?, ?, ?, ?)", waits)

    def forget_changes(self, ids: Iterable[int], name: str, value: str) -> None:
        """These were looked at by every feed; with that a named value is kept."""
        with self.transaction() as db:
            db.execute("delete from changes where article in (select value from json_each(?))", (rows.as_json(list(ids)),))
            ingest.put(db, "settings", {"name": name, "value": value}, ("name",))

    def settle(self, tried: Mapping[int, str], now: datetime) -> None:
        """Deliveries that were tried, by id, with why each was not taken ("" when it was). What was given up is shown for a month."""
        with self.transaction() as db:
            values = [(rows.stamp(now), error, one) for one, error in tried.items()]
            db.conn.executemany("update outbox set attempts = attempts + 1, tried = ?, error = ? where id = ?", values)

    def start_crawl(self, now: datetime) -> int:
        """Open a crawl record; one left open by a killed run is closed as "crashed"."""
        with self.transaction() as db:
            db.execute("update crawls set state = 'crashed', finished = ? where finished is null", (rows.stamp(now),))
            return ingest.put(db, "crawls", {"started": rows.stamp(now), "state": "running"})

    def finish_crawl(self, crawl: int, now: datetime, state: str, report: dict[str, object]) -> None:
        with self.transaction() as db:
            db.execute(
                "update crawls set finished = ?, state = ?, report = ? where id = ?",
                (rows.stamp(now), state, rows.as_json(report), crawl),
            )

    def set_desk(self, article: int, now: datetime, who: str, **word: Desk | bool) -> None:
        """The desk's word on one article: `desk`, `pinned`, `urgent`; kept with who gave it. UsageError when there is no such
        article."""
        with self.transaction() as db:
            if not db.execute("select 1 from articles where id = ?", (article,)).fetchone():
                raise UsageError(f"article {article}: no such article; `tickerwire articles search` lists ids")
            ingest.update(db, article, {**word})
            said = ", ".join(f"{name} = {json.dumps(value)}" for name, value in word.items())
            ingest.put(db, "desk", {"article": article, "at": rows.stamp(now), "who": who, "word": said})
            ingest.changed(db)

    def prune(self, now: datetime, keep: timedelta) -> int:
        """Delete articles that no source has listed for `keep`, at most once a day; return how many. Records of crawls go after
        three months, all but the newest fifty revisions of an article at once.

        The ledger stays, so they never come back as new. Nothing is deleted when the clock has jumped since the last
        time (backwards, or 30 days ahead): ages cannot be trusted then.
        """
        last = rows.moment_or_none(self.setting("pruned_at"))
        if last is not None and timedelta(0) <= now - last < timedelta(days=1):
            return 0
        jumped = last is not None and not timedelta(0) <= now - last <= timedelta(days=30)
        with self.transaction() as db:
            ingest.put(db, "settings", {"name": "pruned_at", "value": rows.stamp(now)}, ("name",))
            if jumped:
                return 0
            db.execute("delete from crawls where finished < ?", (rows.stamp(now - CRAWLS),))
            return ingest.prune(db, now, now - keep)

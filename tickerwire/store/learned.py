"""Lines of an outlet's pages and ends of its titles in; which of them repeat so often that they are no article's own out.

A line is boilerplate when a quarter of the pages read since it first appeared have it, or, at the top or the bottom of every page it
stands on, a twentieth: an author's box stands on the author's pages alone. Short lines between others are headings some
outlets give every article. What stands on fewer than LEAST pages never is; what the operator keeps (`kept`) never again.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlite_utils import Database

from tickerwire.store import rows

LEAST, SHARE = 4, 0.25
LEAST_EDGES, EDGE_SHARE = 5, 0.05
TOP, BOTTOM = 2, 3  # lines
HEADING = 6  # words
LEAST_TITLES, TITLE_SHARE = 5, 0.6
SEPARATOR = re.compile(r"\s+[-–—|·•»]\s+|\s*[|»]\s*")
FORGOTTEN, ONCE = timedelta(days=90), timedelta(days=14)


def key(line: str) -> int:
    """Eight bytes that name a line, whatever its case and spacing, and whatever numbers it counts: "About Jane (348 Articles)". In
    few words a number may be all that tells one from another."""
    bare = " ".join(line.casefold().split())
    bare = re.sub(r"\d+", "0", bare) if "(" in line or len(line.split()) >= HEADING else bare
    return int.from_bytes(blake2b(bare.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def lines(text: str, title: str = "") -> dict[int, tuple[bool, str]]:
    """The lines of a page's text that may be boilerplate, by key: whether each stands at the top or bottom, and what it says."""
    said = [line for line in text.split("\n") if line != title]
    edges = {*range(TOP), *range(len(said) - BOTTOM, len(said))}
    return {key(line): (n in edges, line) for n, line in enumerate(said) if n in edges or len(line.split()) >= HEADING}


def ends(title: str) -> dict[int, tuple[bool, str]]:
    """What may be a prefix or a suffix of many titles: "News: " and " | Example", by key, as `lines` has it."""
    cuts = list(SEPARATOR.finditer(title))
    both = (title[: cuts[0].end()], title[cuts[-1].start() :]) if cuts else ()
    return {key(end): (True, end) for end in both if end.strip() and end != title}


def trimmed(title: str, affixes: Iterable[str]) -> str:
    """`title` without these at its ends; never made empty."""
    short = title
    for affix in affixes:
        short = cut if (cut := short.removesuffix(affix)).strip() else short
        short = cut if (cut := short.removeprefix(affix)).strip() else short
    return title if short == title else short.strip()


def note(db: Database, outlet: str, seen: Mapping[int, tuple[bool, str]], now: datetime) -> bool:
    """Count one more page; whether more is boilerplate from now on."""
    total = _count(db, outlet, "page", 0, 1, 0, 0, now)["times"]
    return _note(db, outlet, "page", seen, total, total - 1, now)


def note_titles(db: Database, outlet: str, titles: Sequence[str], now: datetime) -> bool:
    """Count new titles; whether their ends are boilerplate from now on."""
    if not titles:
        return False
    total = _count(db, outlet, "title", 0, len(titles), 0, 0, now)["times"]
    return sum(_note(db, outlet, "title", ends(title), total, total - len(titles), now) for title in titles) > 0


def _note(
    db: Database, outlet: str, kind: str, seen: Mapping[int, tuple[bool, str]], total: int, since: int, now: datetime
) -> bool:
    fresh = []
    for one, (edge, said) in seen.items():
        row = _count(db, outlet, kind, one, 1, edge, since, now)
        if not row["state"] and repeats(kind, row["times"], row["edges"], row["times"] / (total - row["since"])):
            fresh.append((said, outlet, kind, one))
    db.conn.executemany("update learned set state = 'removed', said = ? where outlet = ? and kind = ? and key = ?", fresh)
    return bool(fresh)


def repeats(kind: str, times: int, edges: int, share: float) -> bool:
    """Whether what was seen so many `times`, and of them so many at an edge, in this share of all, is boilerplate."""
    if kind == "title":
        return times >= LEAST_TITLES and share >= TITLE_SHARE
    return (times >= LEAST and share >= SHARE) or (times == edges and times >= LEAST_EDGES and share >= EDGE_SHARE)


def _count(db: Database, outlet: str, kind: str, one: int, times: int, edges: int, since: int, now: datetime) -> Any:
    sql = "insert into learned (outlet, kind, key, times, edges, since, last_seen) values (?, ?, ?, ?, ?, ?, ?) on conflict do update "
    sql += "set times = times + excluded.times, edges = edges + excluded.edges, last_seen = excluded.last_seen returning *"
    return db.execute(sql, (outlet, kind, one, times, edges, since, rows.stamp(now))).fetchone()


def known(db: Database, outlet: str, kind: str) -> dict[int, str]:
    """The outlet's boilerplate by key."""
    sql = "select key, said from learned where outlet = ? and kind = ? and state = 'removed'"
    return dict(db.execute(sql, (outlet, kind)).fetchall())


def prune(db: Database, now: datetime) -> None:
    """Forget what was seen once and not again in two weeks, and what has not been seen for three months; never what is learnt."""
    old, once = rows.stamp(now - FORGOTTEN), rows.stamp(now - ONCE)
    sql = "delete from learned where state = '' and key != 0 and (last_seen < ? or (times = 1 and last_seen < ?))"
    db.execute(sql, (old, once))

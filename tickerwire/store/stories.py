"""A new article with its sketch, in an open transaction, in; the story it belongs to out.

Bands of hashes stand by the days they belong to, so that finding what is like an article costs the same however large the archive:
a few dozen places of one index. Who is first gives the story its id, for good; nobody ever changes stories.
"""

import struct
from collections import Counter
from datetime import datetime, timedelta

from sqlite_utils import Database

from tickerwire.query.fold import fold, spaceless, words
from tickerwire.store import rows

HASHES, BANDS = 63, 32
WINDOW = timedelta(days=3)  # between copies of one story
SPAN = 6 * 24 * 3600  # seconds; twice the window, so that one or two hold all that may match
KEPT = timedelta(days=7)  # news that is older when it is first seen joins no story
LIKE = 0.3  # of two beginnings with the same title; measured: copies .35 to .9, others below .26
COPY = 0.6  # whatever the titles
# So many of one outlet that are alike share a formula, or are one story told thrice: then both must agree, title and text.
FORMULA = 3
NEAR = """
    select s.article, s.outlet, s.hashes, a.title, iif(a.story, a.story, a.id) as story
    from articles a join sketches s on s.article = a.id
    where abs(julianday(s.position) - julianday(:position)) <= :window and s.article in (
        select article from bands where span in (:span, :beside) and key in (select value from json_each(:keys)) limit 500
    )
"""


def join(db: Database, article: int, outlet: str, title: str, position: datetime, seen: datetime, sketch: bytes) -> int:
    """File `article` under its sketch and return its story: that of the article of another outlet it is most like, else 0. Two
    of one outlet are no copies of each other; what many of one outlet have in common, a disclaimer say, is nobody's story."""
    if not sketch or seen - position > KEPT:
        return 0
    asked = {"position": rows.stamp(position), "window": WINDOW / timedelta(days=1), "keys": str(list(_keys(sketch)))}
    spans = {"span": _span(position - WINDOW), "beside": _span(position + WINDOW)}
    near = db.execute(NEAR, asked | spans).fetchall()
    scored = [(alike(sketch[4 * BANDS :], other), like, by, named, story) for like, by, other, named, story in near]
    file(db, article, outlet, position, sketch)
    formula = max(Counter(by for share, _, by, *_ in scored if share >= LIKE).values(), default=0) >= FORMULA
    copies = [
        (share, -near, story)
        for share, near, by, named, story in scored
        if by != outlet and share >= (COPY if formula else LIKE) and (same_title(title, named) or (share >= COPY and not formula))
    ]
    return max(copies)[2] if copies else 0


def file(db: Database, article: int, outlet: str, position: datetime, sketch: bytes) -> None:
    """Let later articles find this one."""
    span = _span(position)
    db.conn.executemany("insert or ignore into bands values (?, ?, ?)", [(span, key, article) for key in sorted(_keys(sketch))])
    db.execute("insert into sketches values (?, ?, ?, ?)", (article, outlet, rows.stamp(position), sketch[4 * BANDS :]))


def _keys(sketch: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{BANDS}I", sketch[: 4 * BANDS])


def _span(moment: datetime) -> int:
    return int(moment.timestamp() // SPAN)


def alike(one: bytes, other: bytes) -> float:
    """The share of hashes that agree: how much of two beginnings is the same."""
    return sum(map(int.__eq__, one, other)) / len(one)


def same_title(one: str, other: str) -> bool:
    """Whether half of the words of the shorter title stand in the other."""
    first, second = set(tokens(one)), set(tokens(other))
    return 2 * len(first & second) >= max(1, min(len(first), len(second)))


def tokens(text: str) -> list[str]:
    """The folded words of a text; in scripts written without spaces its characters."""
    return [token for word in words(fold(text)).split() for token in (word if spaceless(word) else (word,))]


def prune(db: Database, now: datetime) -> None:
    """Forget sketches that nothing can join any more."""
    before = now - KEPT - WINDOW
    db.execute("delete from bands where span < ?", (_span(before),))
    db.execute("delete from sketches where position < ?", (rows.stamp(before),))

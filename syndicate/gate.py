"""What was published, what was rendered now and why old items are gone in; the reason to keep the old bytes, or "", out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from syndicate.item import Item
from tickerwire.model import Article, FeedState
from tickerwire.query import Query, matches

FEWEST, LOSS = 10, 0.5
JUST_NOW = timedelta(minutes=10)
# What a file of each format holds when it holds an item: enough to tell a good file whose database was lost.
_ITEM_SIGNS = {"rss": b"<item>", "atom": b"<entry", "json": b'"items":[{', "ticker": b'"items":[{'}


def verdict(state: FeedState | None, spec_hash: str, items: int, unexplained: int, files_hold_items: bool) -> str:
    """Why a valid render must not replace what is published, "" when it may.

    Only sudden emptiness is held back: `items` are those rendered now, `unexplained` those published before that left the
    feed for no reason of their own. A feed whose specification changed starts afresh; where this database never
    published the feed it is new, or lost, and then files that hold items stay.
    """
    if items:
        return ""
    if state is None or not state.fingerprint:
        return "empty, and the database knows nothing of the files published before" if files_hold_items else ""
    if state.spec_hash != spec_hash or not unexplained:
        return ""
    return f"suddenly empty: {unexplained} of {len(state.items)} items vanished without being edited, hidden or too old"


def unexplained(old: tuple[int, ...], stored: Mapping[int, Article], query: Query, now: datetime) -> int:
    """How many of the `old` ids left a feed for no reason of their own: rows that are gone, or live ones that still match.

    An item explains itself when it was hidden or withdrawn, or no longer matches: edited, or older than the query allows.
    """
    return sum(article is None or (article.desk == "" and matches(query, article, now)) for article in map(stored.get, old))


def lost(before: int, old: Mapping[int, Article], shown: Sequence[Article], query: Query, now: datetime) -> str:
    """Why a render that shows articles must not replace what is published: more than half of the items `before` are gone, though they
    still match and nothing newer pushed them out. `old` are those of them that are stored."""
    ids, last = {one.id for one in shown}, min((one.position, one.id) for one in shown)
    away = [one for one in old.values() if one.id not in ids and (one.position, one.id) > last]
    gone = before - len(old) + sum(not one.desk and matches(query, one, now) for one in away)
    return f"{gone} of {before} items vanished although they still match" if before >= FEWEST and gone > LOSS * before else ""


def reborn(published: Mapping[str, str], items: Sequence[Item], now: datetime) -> str:
    """Why a render from a database that never published this feed must not replace files that are there, whose identities are
    `published` by address: the same articles under other identities, or all of them dated now, would be news to every reader."""
    if not published:
        return ""
    same = [item for item in items if item.url in published]
    other = sum(published[item.url] != item.guid for item in same)
    if len(same) >= FEWEST and other > LOSS * len(same):
        return f"{other} of {len(same)} items have another identity than the files there; is [site] tag_authority the same?"
    if len(items) >= FEWEST and all(now - item.date < JUST_NOW for item in items):
        return f"all {len(items)} items are dated within the last {JUST_NOW.seconds // 60} minutes, unlike those published before"
    return ""


def holds_items(kind: str, file: Path) -> bool:
    """Whether a published file of format `kind` is there and holds at least one item."""
    return file.is_file() and _ITEM_SIGNS[kind] in file.read_bytes()

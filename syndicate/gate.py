"""What was published, what was rendered now and why old items are gone in; the reason to keep the old bytes, or "", out."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tickerwire.model import Article, FeedState
from tickerwire.query import Query, matches

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


def holds_items(kind: str, file: Path) -> bool:
    """Whether a published file of format `kind` is there and holds at least one item."""
    return file.is_file() and _ITEM_SIGNS[kind] in file.read_bytes()

"""What was published, what was rendered now and why old items are gone in; the reason to keep the old bytes, or "", out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from syndicate.item import Item
from syndicate.select import quota
from tickerwire.config import FeedSpec
from tickerwire.model import Article, FeedState
from tickerwire.query import Query, matches

FEWEST, LOSS = 4, 0.5  # items a feed must have to lose a share of them
FLOOD = 10  # items of the last minutes that are too many for a feed that was published before
Known = Mapping[str, Mapping[str, datetime]]
JUST_NOW = timedelta(minutes=10)
# What a file of each format holds when it holds an item: enough to tell a good file whose database was lost.
ITEM_SIGNS = {"rss": b"<item>", "atom": b"<entry", "json": b'"items":[{', "ticker": b'"items":[{'}


def verdict(state: FeedState, unexplained: int, files_hold_items: bool) -> str:
    """Why a valid render without any item must not replace what is published, "" when it may: `unexplained` items published before left
    the feed for no reason of their own. Where this database never published the feed it is new, or lost, and then files that hold
    items stay."""
    if not state.fingerprint:
        return "empty, and the database knows nothing of the files published before" if files_hold_items else ""
    why = f"suddenly empty: {unexplained} of {len(state.items)} items vanished without being edited, hidden or too old"
    return why if unexplained else ""


def unexplained(old: tuple[int, ...], stored: Mapping[int, Article], query: Query, now: datetime) -> int:
    """How many of the `old` ids left a feed for no reason of their own: rows that are gone, or live ones that still match.

    An item explains itself when it was hidden or withdrawn, or no longer matches: edited, or older than the query allows.
    """
    return sum(article is None or (article.desk == "" and matches(query, article, now)) for article in map(stored.get, old))


def lost(
    before: int, old: Mapping[int, Article], selected: Sequence[Article], shown: Collection[int], feed: FeedSpec, now: datetime
) -> str:
    """Why a render must not replace what is published: more than half of the items `before` are gone, though they still match and
    nothing newer pushed them out. `old` are those of them that are stored; of what was `selected`, articles that cannot be shown are
    not among the ids `shown`, but take their place."""
    here = {each.id for one in selected if one.id in shown for each in (one, *one.others)}
    away = {one.id: one for one in old.values() if one.id not in here and not _pushed_out(one, selected, feed)}
    gone = before - len(old) + unexplained(tuple(away), away, feed.filter, now)
    return f"{gone} of {before} items vanished although they still match" if before >= FEWEST and gone > LOSS * before else ""


def _pushed_out(one: Article, selected: Sequence[Article], feed: FeedSpec) -> bool:
    """Whether newer articles, and those that the feed puts first, fill it without `one`, or newer ones of its outlet their share."""
    newer = [each for each in selected if (each.position, each.id) > (one.position, one.id)]
    older = [each for each in selected if (each.position, each.id) < (one.position, one.id)]
    before = [*newer, *(each for each in older if any(getattr(each, name) for name in feed.first))]
    crowd = sum(each.outlet == one.outlet for each in before)
    return len(before) >= feed.limit or (feed.max_share < 1 and crowd >= quota(feed))


def reborn(published: Known, items: Sequence[Item], now: datetime, fresh: bool) -> str:
    """Why a render must not replace files that are there, `published` as `check.identities` reads them: the same articles under other
    identities, or dated now, would be news to every reader; so would be nothing but articles of now from a `fresh` database, which
    never published this feed."""
    same = [(item, published[item.url]) for item in items if item.url in published]
    other = sum(item.guid not in known for item, known in same)
    recent = {item.guid for item in items if now - item.date < JUST_NOW}
    moved = sum(item.guid in recent and now - known.get(item.guid, now) >= JUST_NOW for item, known in same)
    if len(same) >= FEWEST and other > LOSS * len(same):
        return f"{other} of {len(same)} items have another identity than the files there; is [site] tag_authority the same?"
    if len(same) >= FEWEST and moved > LOSS * len(same):
        return f"{moved} of {len(same)} items published before are dated within the last {JUST_NOW.seconds // 60} minutes now"
    if fresh and published and len(items) >= FLOOD and len(recent) == len(items):
        return f"all {len(items)} items are dated within the last {JUST_NOW.seconds // 60} minutes, unlike those published before"
    return ""

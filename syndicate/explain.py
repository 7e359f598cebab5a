"""A feed, the archive and one article in; whether the feed shows it now and why, or what another filter would change, out."""

from collections.abc import Iterator
from datetime import datetime

from syndicate.select import BEYOND, quota, select
from syndicate.text import web_url
from tickerwire.config import FeedSpec
from tickerwire.model import Article, FeedState
from tickerwire.query import Folded, compile_query
from tickerwire.query.explain import Reason, reasons
from tickerwire.store import Archive
from tickerwire.store.embargo import free_at
from tickerwire.store.rows import stamp


def explain(feed: FeedSpec, archive: Archive, article: Article, now: datetime, edited: bool = False) -> tuple[bool, list[Reason]]:
    """What the query says of `article`, then what else keeps it out; if nothing does, where it stands. A feed that was `edited` is not
    held back for what it was before."""
    folded = Folded(article)
    said = list(dict.fromkeys(reasons(feed.query, feed.filter, folded, now)))
    rest = [
        Reason("desk", "desk", not article.desk, article.desk),
        Reason("title", "title", bool(article.title), article.title),
        Reason("embargo", "date", free_at(article, feed.embargoes) <= now, stamp(free_at(article, feed.embargoes))),
        Reason("outlets", "outlet", not feed.outlets or article.outlet in feed.outlets, article.outlet),
        Reason("address", "url", addressed(article), article.url),
    ]
    barred = [reason for reason in rest if not reason.matched]
    if barred or not compile_query(feed.filter)(folded, now):
        return False, said + barred
    place = _place(feed, archive, article, now)
    state = archive.feed_states(feed.id).get(feed.id, FeedState(feed.id))
    held = state.reason if state.stale and not edited and article.id not in state.items else ""
    if place.matched and (why := state.quarantined.get(str(article.id), held)):
        return False, [*said, Reason("gate" if why is held else "render", "article", False, why)]
    old = "stood in its source when that was first read: no news for tickers and WebSub"
    return place.matched, [*said, place, *[Reason("backlog", "first_seen", True, old)] * article.backlog]


def preview(feed: FeedSpec, archive: Archive, now: datetime) -> list[Article]:
    """What the feed would show: what it selects, without what no format could show when it was last published, or has no address."""
    unfit = archive.feed_states(feed.id).get(feed.id, FeedState(feed.id)).quarantined
    return [one for one in select(feed, archive, now) if addressed(one) and str(one.id) not in unfit]


def addressed(article: Article) -> bool:
    """Whether there is an address to send readers to."""
    return bool(web_url(article.url) or web_url(article.link))


def _place(feed: FeedSpec, archive: Archive, article: Article, now: datetime) -> Reason:
    """Where a matching article stands: within the limit, beyond it, or in the item of its story."""
    most = feed.limit + BEYOND
    shown = select(feed, archive, now, most)
    for place, one in enumerate(shown, 1):
        if one.id == article.id:
            return Reason(f"limit = {feed.limit}", "position", place <= feed.limit, f"stands at {place}")
        if feed.stories != "all" and one.story == article.story:
            return Reason(f'stories = "{feed.stories}"', "story", False, f"told by article {one.id}")
    if feed.max_share < 1 and sum(one.outlet == article.outlet for one in shown) >= quota(feed):
        return Reason(f"max_share = {feed.max_share}", "outlet", False, f"{quota(feed)} others of {article.outlet} stand before it")
    gone = "" if feed.stories == "all" else ", or its story left with its first article"
    return Reason(f"limit = {feed.limit}", "position", False, f"beyond {most}{gone}")


def replay(feed: FeedSpec, new: FeedSpec, archive: Archive, since: datetime, now: datetime) -> Iterator[tuple[str, Article]]:
    """The articles of the feed's outlets first seen since then that come (+) with the filter of `new`, go (-) or stay (=). All that a
    feed lets in come when it is compared with itself. Ages are judged at `now`; limit and stories play no part."""
    own, other = compile_query(feed.filter), compile_query(new.filter)
    for one in archive.export(since):
        if (not feed.outlets or one.outlet in feed.outlets) and one.first_seen >= since and one.title and not one.desk:
            folded = Folded(one)
            before, after = new is not feed and own(folded, now), other(folded, now)
            if before or after:
                yield "=" if before and after else "+" if after else "-", one

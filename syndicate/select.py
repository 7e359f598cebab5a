"""A feed's query and the archive in; the articles that belong in the feed now, newest first but for what leads, out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import chain, islice

from tickerwire.config import FeedSpec
from tickerwire.model import Article
from tickerwire.query import Flag, Folded, Predicate, Query, both, compile_query
from tickerwire.store import Archive
from tickerwire.store.embargo import free_at, released

FEW = 5
BEYOND = 5_000  # articles looked at beyond a feed's limit for its news


def select(
    feed: FeedSpec, archive: Archive, now: datetime, most: int = 0, among: Iterable[Article] | None = None
) -> tuple[Article, ...]:
    """At most `feed.limit` (or `most`) articles by (position, id) descending, those that the feed puts first before them. The archive
    narrows and the predicate over one article decides, where it is not known `among` which they are: all of these it has let in.

    Raises QueryError for a query that cannot be read, StoreError when the archive cannot.
    """
    belongs = compile_query(feed.filter)

    def told(wanted: Query) -> Iterator[Article]:
        test = compile_query(wanted)
        candidates = archive.candidates(wanted, now, feed.outlets) if among is None else among
        known = among is not None and wanted == feed.filter
        found = (one for one in released(candidates, feed.embargoes, now) if known or test(Folded(one), now))
        return _told(feed, archive, belongs, now, found)

    lead = {one.id: one for name in feed.first for one in told(both(feed.filter, Flag("is", name)))}
    rest = _mixed(feed, told(feed.filter), lead)
    return tuple(islice(chain(lead.values(), rest), most or feed.limit))


def _mixed(feed: FeedSpec, told: Iterator[Article], lead: Mapping[int, Article]) -> Iterator[Article]:
    """`told` without those that `lead` and, together with them, at most the feed's share of articles of one outlet; what is left out
    makes room for older ones of others."""
    most, count = quota(feed), Counter(one.outlet for one in lead.values())
    rest = (one for one in told if one.id not in lead)
    for article in islice(rest, feed.limit + BEYOND) if feed.max_share < 1 else rest:
        count[article.outlet] += 1
        if count[article.outlet] <= most or feed.max_share == 1:
            yield article


def quota(feed: FeedSpec) -> int:
    """How many articles of one outlet the feed shows at most."""
    return max(1, int(feed.max_share * feed.limit + 1e-9))  # 0.29 * 100 is 28.999…


def headlines(feed: FeedSpec, archive: Archive, now: datetime, articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """What of a feed that shows `articles` is news: without the backlog of outlets first read, unless there are FEW others, so that
    a new outlet never floods a ticker and a new ticker is not blank."""
    if not any(article.backlog for article in articles):
        return articles
    belongs = compile_query(query := feed.filter)
    found = islice(released(archive.candidates(query, now, feed.outlets), feed.embargoes, now), feed.limit + BEYOND)
    fresh = (a for a in found if not a.backlog and belongs(Folded(a), now))
    lead = {one.id: one for one in articles if any(getattr(one, name) for name in feed.first)}
    news = list(islice(_mixed(feed, _told(feed, archive, belongs, now, fresh), lead), feed.limit))
    spare = [article for article in articles if article.backlog][: max(0, FEW - len(news) - len(lead))]
    rest = [one for one in (*news, *spare) if one.id not in lead]
    return (*lead.values(), *sorted(rest, key=lambda article: (article.position, article.id), reverse=True))[: feed.limit]


def _told(feed: FeedSpec, archive: Archive, belongs: Predicate, now: datetime, found: Iterator[Article]) -> Iterator[Article]:
    """Each story of `found`, which comes newest first, once, in the place of the copy seen first; every copy, unless `feed` tells
    stories. A copy the feed's own filter keeps out takes no part; a story is as old as its first copy, and leaves with it."""
    waiting: list[tuple[float, int, Article]] = []
    told: set[int] = set()
    for article in found:
        if feed.stories == "all":
            yield article
            continue
        place = (-article.position.timestamp(), -article.id)
        while waiting and waiting[0][:2] <= place:
            yield heappop(waiting)[2]
        if article.story not in told:
            told.add(article.story)
            here = (a for a in archive.story(article.story) if a.title and (not feed.outlets or a.outlet in feed.outlets))
            copies = [
                a for a in released(here, feed.embargoes, now) if any(belongs(Folded(a), moment) for moment in (a.position, now))
            ]
            if feed.embargoes:  # whose copy was shown first stays first when the embargo on an earlier one ends
                copies.sort(key=lambda one: (free_at(one, feed.embargoes), one.id))
            if belongs(Folded(copies[0]), now):
                one = represented(feed, copies)
                heappush(waiting, (-one.position.timestamp(), -one.id, one))
    while waiting:
        yield heappop(waiting)[2]


def represented(feed: FeedSpec, copies: Sequence[Article]) -> Article:
    """One article for all copies of a story, first seen first: what a preferred outlet wrote, else by the feed's policy. Its identity
    and its dates are always those of the first, so that readers never see the story twice."""
    first, rank = copies[0], {outlet: place for place, outlet in enumerate(feed.prefer)}
    length = [len(copy.text or copy.summary) if feed.stories == "longest" else 0 for copy in copies]
    best = min(range(len(copies)), key=lambda n: (rank.get(copies[n].outlet, len(rank)), -length[n], n))
    fixed = {name: getattr(first, name) for name in ("id", "guid", "published", "first_seen", "position", "story")}
    return replace(copies[best], **fixed, others=tuple(copy for n, copy in enumerate(copies) if n != best))

"""What was stored since the last publish, and which articles entered which feed then, in; which feeds are to be looked at again, out.

feed -> nothing concerns it          -> left alone, unread
     -> articles came, none it shows -> what it shows and those that came (`members`)
     -> one it shows changed or left -> the archive is asked again
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain

from tickerwire.config import FeedSpec
from tickerwire.model import Article
from tickerwire.query import Folded, Query, compile_query
from tickerwire.query.required import keys, required
from tickerwire.store import Archive

MOST = 5_000  # changes held in memory to be matched; with more, as after a first crawl, every feed is looked at


class Changes:
    """The articles that changed since a publish of everything last ended, each folded once for all feeds."""

    def __init__(self, archive: Archive, now: datetime) -> None:
        self.archive, self.now = archive, now
        self.logged = archive.changes()
        stored = archive.articles(self.logged) if 0 < len(self.logged) <= MOST else {}
        self.stored = [Folded(one) for one in stored.values()]
        self.ids = self.logged | {one.story for one in stored.values()}  # a story may be told under the id of its first

    def concerning(self, feeds: Sequence[FeedSpec]) -> dict[str, set[int]]:
        """Of each of `feeds`, by id, the articles that it lets in, those it showed and those that its webhooks may have to unlearn,
        among those that changed. An article asks only feeds that name one of its words or its outlet, and those that name none that
        all their articles have."""
        if len(self.logged) > MOST:
            return {feed.id: self.ids for feed in feeds}
        shown = self.archive.showing(self.ids)
        down = {one.article.id for one in self.stored if one.article.desk}
        concern = {feed.id: shown.get(feed.id, set()) | (down if feed.webhooks else set()) for feed in feeds}
        asking, has = defaultdict[str, list[tuple[FeedSpec, Query]]](list), [keys(one) for one in self.stored]
        often = Counter(chain.from_iterable(has))
        for feed in feeds if has else ():
            query = feed.filter
            for key in required(query, often) or {f"outlet:{name}" for name in feed.outlets} or {""}:
                asking[key].append((feed, query))
        for one, known in zip(self.stored, has, strict=True):
            for feed, query in chain.from_iterable(asking[key] for key in asking.keys() & {"", *known}):
                if _open(feed, one.article) and compile_query(query)(one, self.now):
                    concern[feed.id].add(one.article.id)
        return concern

    def members(self, feed: FeedSpec, concern: set[int]) -> Iterable[Article] | None:
        """All that can be among the first of `feed` now, newest first, when nothing it showed is concerned; None when the archive has
        to tell, as for feeds whose articles make room for each other."""
        crowded = feed.stories != "all" or feed.max_share < 1 or feed.first
        if crowded or len(concern) > MOST or concern.intersection(entered := self.archive.members(feed.id)):
            return None
        belongs, sure = compile_query(feed.filter), concern.union(id_ for id_, seen in entered.items() if seen)
        open_ = (one for one in self.archive.articles(entered.keys() | concern).values() if _open(feed, one))
        known = (one for one in open_ if one.id in sure or belongs(Folded(one), self.now))  # not so the first of a story, perhaps
        return sorted(known, key=lambda one: (one.position, one.id), reverse=True)


def _open(feed: FeedSpec, article: Article) -> bool:
    """Whether only the query can keep `article` out of `feed`, as of the archive's candidates."""
    return bool(article.title) and not article.desk and (not feed.outlets or article.outlet in feed.outlets)

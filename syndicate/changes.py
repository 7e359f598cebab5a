"""What was stored since the last publish, and what a feed showed then, in; which articles are a reason to look at it again out.

feed -> nothing concerns it          -> left alone, unread
     -> articles came, none it shows -> what it shows and those that came (`members`)
     -> one it shows changed or left -> the archive is asked again
"""

from collections.abc import Iterable
from datetime import datetime

from tickerwire.config import FeedSpec
from tickerwire.model import Article, FeedState
from tickerwire.query import Folded, compile_query
from tickerwire.store import Archive

MOST = 5_000  # changes held in memory to be matched; with more, as after a first crawl, every feed is looked at


class Changes:
    """The articles that changed since a publish of everything last ended, each folded once for all feeds."""

    def __init__(self, archive: Archive, now: datetime) -> None:
        self.archive, self.now = archive, now
        self.logged = archive.changes()
        stored = archive.articles(self.logged) if len(self.logged) <= MOST else {}
        self.stored = [Folded(one) for one in stored.values()]
        self.ids = self.logged | {one.story for one in stored.values()}  # a story may be told under the id of its first

    def concerning(self, feed: FeedSpec, state: FeedState) -> set[int]:
        """The ids of those the feed lets in, of those it showed, and of those taken down that its webhooks were told of."""
        if len(self.logged) > MOST:
            return self.ids
        belongs = compile_query(feed.filter)
        came = {one.article.id for one in self.stored if _open(feed, one.article) and belongs(one, self.now)}
        told = {one.article.id for one in self.stored if one.article.desk and str(one.article.id) in state.told}
        return came | told | self.ids.intersection(state.shows)

    def members(self, feed: FeedSpec, state: FeedState, concern: set[int]) -> Iterable[Article] | None:
        """All that can be among the first of `feed` now, newest first, when nothing it showed is concerned; None when the archive has
        to tell, as for feeds whose articles make room for each other."""
        crowded = feed.stories != "all" or feed.max_share < 1 or feed.first
        if crowded or len(concern) > MOST or concern.intersection(state.shows):
            return None
        known = self.archive.articles({*state.shows, *concern}).values()  # firsts of stories, too, which the feed may not show
        return sorted((one for one in known if _open(feed, one)), key=lambda one: (one.position, one.id), reverse=True)


def _open(feed: FeedSpec, article: Article) -> bool:
    """Whether only the query can keep `article` out of `feed`, as of the archive's candidates."""
    return bool(article.title) and not article.desk and (not feed.outlets or article.outlet in feed.outlets)

"""A feed's query and the archive in; the articles that belong in the feed now, newest first, out."""

from datetime import datetime
from itertools import islice

from tickerwire.config import FeedSpec
from tickerwire.model import Article
from tickerwire.query import matches, parse
from tickerwire.store import Archive

FEW = 5
BEYOND = 5_000  # articles looked at beyond a feed's limit for its news


def select(feed: FeedSpec, archive: Archive, now: datetime) -> tuple[Article, ...]:
    """At most `feed.limit` articles by (position, id) descending. The archive narrows, the predicate over one article decides.

    Raises QueryError for a query that cannot be read, StoreError when the archive cannot.
    """
    query = parse(feed.query)
    found = (article for article in archive.candidates(query, now, feed.outlets) if matches(query, article, now))
    return tuple(islice(found, feed.limit))


def headlines(feed: FeedSpec, archive: Archive, now: datetime, articles: tuple[Article, ...]) -> tuple[Article, ...]:
    """What of a feed that shows `articles` is news: without the backlog of outlets first read, unless there are FEW others, so that
    a new outlet never floods a ticker and a new ticker is not blank."""
    if not any(article.backlog for article in articles):
        return articles
    query = parse(feed.query)
    found = islice(archive.candidates(query, now, feed.outlets), feed.limit + BEYOND)
    news = list(islice((a for a in found if not a.backlog and matches(query, a, now)), feed.limit))
    spare = [article for article in articles if article.backlog][: max(0, FEW - len(news))]
    return tuple(sorted([*news, *spare], key=lambda article: (article.position, article.id), reverse=True))

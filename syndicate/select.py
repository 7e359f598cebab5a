"""A feed's query and the archive in; the articles that belong in the feed now, newest first, out."""

from datetime import datetime
from itertools import islice

from tickerwire.config import FeedSpec
from tickerwire.model import Article
from tickerwire.query import matches, parse
from tickerwire.store import Archive


def select(feed: FeedSpec, archive: Archive, now: datetime) -> tuple[Article, ...]:
    """At most `feed.limit` articles by (position, id) descending. The archive narrows, the predicate over one article decides.

    Raises QueryError for a query that cannot be read, StoreError when the archive cannot.
    """
    query = parse(feed.query)
    found = (article for article in archive.candidates(query, now, feed.outlets) if matches(query, article, now))
    return tuple(islice(found, feed.limit))

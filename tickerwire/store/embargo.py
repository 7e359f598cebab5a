"""Articles and how long their outlets hold theirs back in; those that may be shown by now, and when the next one may, out.

Nothing is stored when an embargo ends: the clock alone ends it. A publish remembers that moment as the end of what it made
(`tickerwire.fresh`), so that the next run of cron publishes although nothing was crawled; `tickerwire run` asks at each tick, every
five seconds, whether one has ended since its last run, and then starts a run.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from tickerwire.model import Article
from tickerwire.store import rows
from tickerwire.store.archive import Archive

Embargoes = Mapping[str, timedelta]  # by outlet; those without one are absent
AHEAD = timedelta(days=1)  # a date lies at most so far behind the position that the index knows


def free_at(article: Article, embargoes: Embargoes) -> datetime:
    """When `article` may first be shown: so long after its date, and not before it was seen."""
    return max(article.first_seen, article.date + embargoes.get(article.outlet, timedelta(0)))


def released(articles: Iterable[Article], embargoes: Embargoes, now: datetime) -> Iterator[Article]:
    """Those of `articles` that no embargo holds back at `now`."""
    return (one for one in articles if one.outlet not in embargoes or free_at(one, embargoes) <= now)


def next_release(archive: Archive, embargoes: Embargoes, now: datetime) -> datetime | None:
    """When the first embargo on a stored article ends; None when there is none on any."""
    date = "ifnull(published, first_seen)"
    sql = f"select min({date}) from articles where outlet = ? and position > ? and {date} > ?"
    ends = []
    for outlet, wait in embargoes.items():
        since = now - wait
        ((first,),) = archive.read(sql, (outlet, rows.stamp(since - AHEAD), rows.stamp(since)))
        ends += [datetime.fromisoformat(first) + wait] if first else []
    return min(ends, default=None)

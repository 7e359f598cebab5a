"""The status document in; what a monitoring system reads of it, in Prometheus' text format, out."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, get_args

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4 as MEDIA_TYPE
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tickerwire.health import State

__all__ = ["MEDIA_TYPE", "metrics"]
# The end of a metric's name, the key of the status document it is read from, and what it says.
RUN = (
    ("last_crawl_timestamp_seconds", "last_crawl", "When the last crawl ended, or began while it runs"),
    ("next_due_timestamp_seconds", "next_due", "When the next outlet is due"),
)
OUTLET = (
    ("articles", "articles", "Articles stored"),
    ("consecutive_failures", "consecutive_failures", "Failed crawls in a row"),
    ("last_success_timestamp_seconds", "last_success", "When it was last crawled without an error"),
    ("last_new_article_timestamp_seconds", "last_new_article", "When something new last came"),
    ("next_due_timestamp_seconds", "next_due", "When it is to be asked again"),
)
FEED = (
    ("items", "items", "Items in the feed"),
    ("stale", "stale", "1 while the gate keeps the last good files; the reason stands in the status"),
    ("published_timestamp_seconds", "published_at", "When a file of it last changed"),
    ("quarantined_articles", "quarantined", "Articles left out because they cannot be shown"),
    ("deliveries_pending", "pending", "Pings and webhooks that wait"),
    ("deliveries_failed", "failed", "Pings and webhooks given up in the last month"),
)


def metrics(status: Mapping[str, Any]) -> bytes:
    """All series of one scrape, MEDIA_TYPE. What is not known, as the last success of an outlet that had none, has no sample."""
    return generate_latest(_Status(status))


class _Status(Collector):
    """One status document as gauges, in no registry: nothing is kept between two scrapes."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self.status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        outlets, feeds = self.status["outlets"], [one | one.get("deliveries", {}) for one in self.status["feeds"]]
        yield _family("info", "The version that runs", ["version"], [([self.status["version"]], 1)])
        yield from (_family(name, said, [], [([], self.status["run"][key])]) for name, key, said in RUN)
        states = [([one["id"], state], one["state"] == state) for one in outlets for state in get_args(State)]
        yield _family("outlet_state", "1 for the state it is in", ["outlet", "state"], states)
        for label, rows, columns in (("outlet", outlets, OUTLET), ("feed", feeds, FEED)):
            for name, key, said in columns:
                yield _family(f"{label}_{name}", said, [label], [([row["id"]], row.get(key)) for row in rows])


def _family(name: str, said: str, labels: list[str], rows: Iterable[tuple[list[str], Any]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"tickerwire_{name}", said, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, _number(value))
    return family


def _number(value: Any) -> float:
    """A count, a flag, how many there are, or the seconds since 1970 of a moment."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).timestamp()
    return float(len(value) if isinstance(value, list) else value)

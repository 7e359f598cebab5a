"""The status document in; what a monitoring system reads of it, in Prometheus' text format, out. metrics.toml names what that is."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, get_args

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tickerwire.health import State
from tickerwire.tables import table

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
TABLES: dict[str, dict[str, list[str]]] = table("syndicate", "metrics")


def metrics(status: Mapping[str, Any]) -> bytes:
    """All series of one scrape, MEDIA_TYPE. What is not known, as the last success of an outlet that had none, has no sample."""
    return generate_latest(_Status(status))


class _Status(Collector):
    """One status document as gauges, in no registry: nothing is kept between two scrapes."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self.status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        outlets, feeds = self.status["outlets"], self.status["feeds"]
        feeds = [one | one.get("deliveries", {}) | {"quarantined": len(one["quarantined"])} for one in feeds]
        yield _family("info", "The version that runs", ["version"], [([self.status["version"]], 1)])
        states = [([one["id"], state], one["state"] == state) for one in outlets for state in get_args(State)]
        yield _family("outlet_state", "1 for the state it is in", ["outlet", "state"], states)
        yield from (_family(name, said, [], [([], self.status["run"][key])]) for name, (key, said) in TABLES["run"].items())
        for label, rows in (("outlet", outlets), ("feed", feeds)):
            for name, (key, said) in TABLES[label].items():
                yield _family(f"{label}_{name}", said, [label], [([row["id"]], row.get(key)) for row in rows])


def _family(name: str, said: str, labels: list[str], rows: Iterable[tuple[list[str], Any]]) -> GaugeMetricFamily:
    """One metric over its rows: their labels and a count, a flag, or a moment, which becomes seconds since 1970."""
    family = GaugeMetricFamily(f"tickerwire_{name}", said, labels=labels)
    for values, value in rows:
        if value is not None:
            family.add_metric(values, datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value)
    return family

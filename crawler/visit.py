"""The answers of one outlet's sources in; the outlet's outcome out once all have come."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tickerwire.config import Outlet
from tickerwire.due import hold_until, next_due
from tickerwire.model import OutletOutcome, SourceOutcome

DOCUMENTS = 50  # of one outlet in one visit: its sources and the newest sitemaps their indexes name


@dataclass(slots=True)
class Visit:
    """One outlet during one crawl. `failures` are the failed crawls in a row before this one."""

    outlet: Outlet
    started: datetime
    failures: int
    outcomes: list[SourceOutcome] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    cpu_s: float = 0.0

    def __post_init__(self) -> None:
        self.asked.update(source.url for source in self.outlet.sources)

    def add(self, outcome: SourceOutcome) -> bool:
        """Note one source's outcome; True when it was the last one awaited."""
        self.outcomes.append(outcome)
        return len(self.outcomes) == len(self.asked)

    def more(self, urls: Sequence[str]) -> list[str]:
        """Those of the further documents named by one that are to be asked in this visit, and are awaited from now on."""
        fresh = [url for url in dict.fromkeys(urls) if url not in self.asked][: max(0, DOCUMENTS - len(self.asked))]
        self.asked.update(fresh)
        return fresh

    def outcome(self, now: datetime) -> OutletOutcome:
        sources = tuple(self.outcomes)
        failures = self.failures + 1 if any(source.result == "error" for source in sources) else 0
        return OutletOutcome(
            outlet=self.outlet.id,
            started=self.started,
            finished=now,
            sources=sources,
            next_due=next_due(self.outlet, now, failures, sources),
            hold_until=hold_until(now, sources),
            failures=failures,
            schedule=self.outlet.schedule,
            cpu_s=self.cpu_s,
        )

"""The answers of one outlet's sources in; the outlet's outcome out once all have come."""

from dataclasses import dataclass, field
from datetime import datetime

from tickerwire.config import Outlet
from tickerwire.due import hold_until, next_due
from tickerwire.model import OutletOutcome, SourceOutcome


@dataclass(slots=True)
class Visit:
    """One outlet during one crawl. `failures` are the failed crawls in a row before this one."""

    outlet: Outlet
    started: datetime
    failures: int
    outcomes: list[SourceOutcome] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, outcome: SourceOutcome) -> bool:
        """Note one source's outcome; True when it was the last one awaited."""
        self.outcomes.append(outcome)
        return len(self.outcomes) == len(self.outlet.sources)

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

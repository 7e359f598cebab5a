"""The answers of one outlet's sources in; the outlet's outcome out once all have come, as the item that the pipeline stores."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tickerwire.config import Outlet
from tickerwire.due import Limits, hold_until, next_due
from tickerwire.model import Identified, OutletHealth, OutletOutcome, PageTask, Relisted, SourceOutcome
from tickerwire.rhythm import CEILING, FLOOR, Rhythm, observe
from tickerwire.store.pages import PageRead

DOCUMENTS = 50  # of one outlet in one visit: its sources and the newest sitemaps their indexes name


@dataclass(frozen=True, slots=True)
class OutletCrawled:
    """All sources of one outlet have answered or failed."""

    outlet: Outlet
    outcome: OutletOutcome


@dataclass(frozen=True, slots=True)
class PageCrawled:
    """One article page has been read, or cannot be."""

    task: PageTask
    read: PageRead


@dataclass(slots=True)
class Visit:
    """One outlet during one crawl; `before` is its health before this one, `limits` bound an adaptive schedule."""

    outlet: Outlet
    started: datetime
    before: OutletHealth
    limits: Limits = (FLOOR, CEILING)
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

    def listed(self) -> list[Identified]:
        """Everything the sources list."""
        return [found for source in self.outcomes for found in source.entries]

    def keys(self) -> list[str]:
        """The ledger keys of what may be new."""
        return [key for found in self.listed() if not isinstance(found.entry, Relisted) for key in found.keys]

    def outcome(self, now: datetime, known: Container[str]) -> OutletOutcome:
        """The outlet's outcome at `now`; `known` are those of `keys` seen in earlier crawls."""
        sources = tuple(self.outcomes)
        failed = [source for source in sources if source.result == "error"]
        failures = self.before.consecutive_failures + 1 if failed else 0
        strain = self.before.strain + (0.5 if all(s.soft for s in failed) else 1.0) if failed else 0.0
        rhythm = Rhythm.read(self.before.rhythm)
        if len(failed) < len(sources):
            listed = self.listed()
            unsure = [found for found in listed if not isinstance(found.entry, Relisted)]
            new = [found for found in unsure if not any(key in known for key in found.keys)]
            first = self.before.last_success is None  # what is there at first says nothing about gaps
            dates = [found.entry.published for found in new if found.entry.published]
            overlap = first or not listed or len(new) < len(listed)
            rhythm = observe(rhythm, now, 0 if first else len(new), len(listed), overlap, dates)
        return OutletOutcome(
            outlet=self.outlet.id,
            started=self.started,
            finished=now,
            sources=sources,
            next_due=next_due(self.outlet, now, strain, sources, rhythm, self.limits),
            hold_until=hold_until(now, sources),
            failures=failures,
            schedule=self.outlet.schedule,
            cpu_s=self.cpu_s,
            strain=strain,
            rhythm=rhythm.text(),
            minted=next(iter(self.outlet.moved_from), ""),
            affixes=self.outlet.page.title_affixes,
        )

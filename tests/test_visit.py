"""What one visit leaves for the next: failures that add up, soft ones by half, and what is learnt of overlap and rhythm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.identity import identify
from crawler.visit import Visit
from tests.test_due import came, outlet
from tickerwire.model import Entry, OutletHealth, OutletOutcome, SourceOutcome
from tickerwire.rhythm import Rhythm

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEFORE = OutletHealth("one", last_success=NOW - timedelta(hours=1), consecutive_failures=2, strain=1.5)
LISTED = identify([Entry(f"https://one.example/{n}", f"Story {n}", published=NOW) for n in range(4)])


def outcome(source: SourceOutcome, before: OutletHealth = BEFORE, known: tuple[str, ...] = ()) -> OutletOutcome:
    visit = Visit(outlet(), NOW, before)
    assert visit.add(source)
    return visit.outcome(NOW, known)


@pytest.mark.parametrize(
    ("source", "failures", "strain"),
    [(came(404), 3, 2.5), (came(503, soft=True), 3, 2.0), (came(304, result="unchanged"), 0, 0.0), (came(), 0, 0.0)],
)
def test_a_soft_failure_counts_half_and_a_success_ends_them(source: SourceOutcome, failures: int, strain: float) -> None:
    made = outcome(source)
    assert (made.failures, made.strain) == (failures, strain)


@pytest.mark.parametrize(
    ("before", "known", "missed"),
    [
        (BEFORE, LISTED[0].keys, 0),
        (BEFORE, (), 1),
        (replace(BEFORE, last_success=None), (), 0),  # the first document has nothing to overlap with
    ],
)
def test_a_document_that_shows_nothing_known_means_a_missed_window(
    before: OutletHealth, known: tuple[str, ...], missed: int
) -> None:
    made = outcome(came(entries=LISTED), before, known)
    assert Rhythm.read(made.rhythm).missed == missed


def test_a_failure_teaches_nothing_and_a_304_only_that_time_went_by() -> None:
    assert outcome(came(500)).rhythm == ""
    assert sum(Rhythm.read(outcome(came(304, result="unchanged")).rhythm).hours) == 0
    assert sum(Rhythm.read(outcome(came(entries=LISTED), known=LISTED[0].keys).rhythm).hours) == 3

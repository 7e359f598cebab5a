"""When an outlet is asked again: cron as cron means it, the publisher's wishes, refusals, back-off, edited schedules."""

from datetime import UTC, datetime, timedelta

import pytest

from tickerwire.config import Outlet
from tickerwire.due import awake, due, forced, hold_until, next_due, next_fire
from tickerwire.model import OutletHealth, SourceOutcome
from tickerwire.rhythm import CEILING, FLOOR, Rhythm

NOW = datetime(2026, 11, 22, 12, 0, 20, tzinfo=UTC)  # a Sunday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNLEARNT = Rhythm(), (FLOOR, CEILING)


def outlet(schedule: str = "adaptive", **other: object) -> Outlet:
    source = {"kind": "feed", "url": "https://one.example/feed"}
    return Outlet.model_validate({"id": "one", "name": "One", "schedule": schedule, "source": [source], **other})


def came(status: int = 200, **other: object) -> SourceOutcome:
    told = {"result": "ok" if status == 200 else "error"} | other
    return SourceOutcome("https://one.example/feed", "feed", status=status, **told)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("schedule", "fires"),
    [
        ("*/15 * * * *", "2026-11-22T12:15"),
        ("0 9 * * 1", "2026-11-23T09:00"),  # Monday is 1
        ("0 9 * * 0", "2026-11-29T09:00"),  # Sunday is 0
        ("0 9 * * 7", "2026-11-29T09:00"),  # and 7
        ("0 0 13 * 5", "2026-11-27T00:00"),  # day of month OR weekday when both are given
        ("30 6 * * MON-FRI", "2026-11-23T06:30"),
        ("0 0 1 1 *", "2027-01-01T00:00"),
    ],
)
def test_cron_means_what_cron_means(schedule: str, fires: str) -> None:
    assert next_fire(schedule, "UTC", NOW) == datetime.fromisoformat(fires).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tehran", "UTC"])
@pytest.mark.parametrize("schedule", ["30 2 * * *", "0 1 * * *", "15 3 * * *"])
def test_a_daily_job_fires_once_per_local_date_over_clock_changes(zone: str, schedule: str) -> None:
    from zoneinfo import ZoneInfo

    for start in (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)):
        moment, dates = start, []
        while moment < start + timedelta(days=45):
            moment = next_fire(schedule, zone, moment)
            dates.append(moment.astimezone(ZoneInfo(zone)).date())
        assert len(dates) == len(set(dates))
        assert (dates[-1] - dates[0]).days == len(dates) - 1


def test_without_a_schedule_an_outlet_is_asked_every_hour_at_its_own_second() -> None:
    dues = {next_due(outlet(id=name), NOW, 0, [came()], *UNLEARNT) for name in ("one", "two", "three")}
    assert len(dues) == 3
    assert all(abs(when - NOW - HOUR) <= HOUR * 0.05 for when in dues)


@pytest.mark.parametrize(
    ("case", "schedule", "failures", "source", "earliest", "latest"),
    [
        (
            "a max-age of one interval does not skip the next",
            "*/15 * * * *",
            0,
            came(wait=900),
            14 * MINUTE,
            15 * MINUTE,
        ),
        ("a longer one does", "*/15 * * * *", 0, came(wait=3600), 58 * MINUTE, 61 * MINUTE),
        ("but never more than a day", "*/15 * * * *", 0, came(wait=90 * 86400), DAY - 2 * MINUTE, DAY + 15 * MINUTE),
        ("one failure, one interval", "*/15 * * * *", 1, came(404), 14 * MINUTE, 31 * MINUTE),
        ("three soft ones, one and a half", "*/15 * * * *", 1.5, came(500), 20 * MINUTE, 31 * MINUTE),
        ("ten failures, ten intervals", "*/15 * * * *", 10, came(404), 148 * MINUTE, 166 * MINUTE),
        ("never dead for good", "*/15 * * * *", 10_000, came(404), DAY - 2 * MINUTE, DAY + 15 * MINUTE),
        ("a refusal's Retry-After", "*/15 * * * *", 1, came(503, retry_after=7200), 120 * MINUTE, 135 * MINUTE),
        ("gone", "*/15 * * * *", 1, came(410), 30 * DAY, 30 * DAY + 15 * MINUTE),
    ],
)
def test_when_it_is_asked_again(
    case: str, schedule: str, failures: float, source: SourceOutcome, earliest: timedelta, latest: timedelta
) -> None:
    assert earliest <= next_due(outlet(schedule), NOW, failures, [source], *UNLEARNT) - NOW <= latest, case


def test_hours_and_days_a_publisher_asks_to_skip_are_skipped() -> None:
    asked = {"h12", "h13", "d0"}
    assert awake(NOW, asked) == datetime(2026, 11, 22, 14, tzinfo=UTC)
    assert awake(NOW.replace(hour=23), {"h23", "d0"}) == datetime(2026, 11, 24, tzinfo=UTC)
    assert awake(NOW, {"h3"}) == NOW
    assert awake(NOW, {f"d{day}" for day in range(7)}) == NOW, "who leaves no hour is not taken at its word"
    both = [came(skip="h12 h13"), came(skip="h12")]
    assert next_due(outlet("*/5 * * * *"), NOW, 0, both, *UNLEARNT) == NOW.replace(hour=13, minute=0, second=0)


def test_only_a_refusal_or_gone_holds_an_outlet_back_from_an_operator() -> None:
    assert hold_until(NOW, [came(500)]) == NOW
    assert hold_until(NOW, [came(503, retry_after=600)]) == NOW + 10 * MINUTE
    held = {"one": OutletHealth("one", hold_until=NOW + MINUTE, next_due=NOW + DAY)}
    assert forced([outlet()], held, NOW) == []
    assert forced([outlet()], held, NOW + 2 * MINUTE) == [outlet()]


def test_due_is_what_waited_longest_and_never_what_is_disabled() -> None:
    never, waiting, disabled = outlet(id="never"), outlet(id="waiting"), outlet(id="off", enabled=False)
    later = outlet(id="later")
    health = {
        "waiting": OutletHealth("waiting", schedule="adaptive", last_attempt=NOW - DAY, next_due=NOW - HOUR),
        "later": OutletHealth("later", schedule="adaptive", last_attempt=NOW - HOUR, next_due=NOW + HOUR),
    }
    assert due([waiting, later, disabled, never], health, NOW) == [never, waiting]


def test_a_shortened_schedule_counts_from_the_last_crawl() -> None:
    health = {"one": OutletHealth("one", schedule="0 0 * * *", last_attempt=NOW - HOUR, next_due=NOW + 11 * HOUR)}
    assert due([outlet("*/10 * * * *")], health, NOW) == [outlet("*/10 * * * *")]
    assert due([outlet("0 0 * * *")], health, NOW) == []

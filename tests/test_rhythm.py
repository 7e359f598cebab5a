"""The adaptive schedule: what it learns, what it forgets, and that no history whatever makes it rude or silent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from tickerwire.rhythm import CEILING, FLOOR, SOONEST, UNKNOWN, Rhythm, observe, wait

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def learnt(weeks: int, hours: range, days: range = range(7), each: int = 1) -> Rhythm:
    """An outlet that publishes `each` articles in these hours of these weekdays, asked every hour."""
    rhythm = Rhythm()
    for n in range(weeks * 7 * 24):
        now = MONDAY + n * HOUR
        new = each if now.hour in hours and now.weekday() in days else 0
        rhythm = observe(rhythm, now, new, 20 if new else 0, True, [now] * new)
    return rhythm


def test_nothing_learnt_is_an_hour() -> None:
    assert wait(Rhythm(), MONDAY) == UNKNOWN == HOUR
    assert Rhythm().text() == ""
    assert wait(Rhythm(), MONDAY, 6 * HOUR) == 6 * HOUR, "an operator's limits hold before anything is learnt"
    assert wait(Rhythm(), MONDAY, SOONEST, HOUR / 2) == HOUR / 2


def test_a_night_and_a_weekend_are_learnt() -> None:
    rhythm = learnt(3, range(8, 18), range(5), 2)
    now = MONDAY + timedelta(weeks=3)
    assert wait(rhythm, now.replace(hour=9)) < 2 * HOUR
    assert wait(rhythm, now.replace(hour=19)) > 4 * wait(rhythm, now.replace(hour=9))
    assert wait(rhythm, now + timedelta(days=5, hours=9)) > 1.5 * wait(rhythm, now + timedelta(hours=9))


def test_more_news_is_asked_for_sooner_down_to_the_floor() -> None:
    waits = [wait(learnt(2, range(24), each=each), MONDAY + timedelta(weeks=2)) for each in (1, 4, 50)]
    assert waits[0] > waits[1] == FLOOR > 8 * waits[2], "below the hour only where the list would lose news"


def test_a_silent_outlet_is_asked_once_a_day() -> None:
    assert wait(learnt(6, range(0)), MONDAY + timedelta(weeks=6)) == CEILING


def test_a_missed_window_means_sooner_and_an_overlap_ends_it() -> None:
    rhythm = learnt(2, range(8, 18))
    now = MONDAY + timedelta(weeks=2, hours=9)
    usual = wait(observe(rhythm, now, 3, 20, True, [now] * 3), now)
    missed = observe(rhythm, now, 20, 20, False, [now] * 20)
    assert wait(missed, now) < usual
    assert wait(missed, now, SOONEST) <= wait(rhythm, now, SOONEST) / 2
    twice = observe(observe(missed, now, 20, 20, False, [now] * 20), now, 20, 20, False, [now] * 20)
    assert wait(twice, now) < FLOOR, "what drops out of a feed unseen is lost"
    assert observe(missed, now + HOUR, 1, 20, True, [now]).missed == 0


def test_a_window_is_never_left_to_be_missed() -> None:
    busy = learnt(2, range(24), each=5)
    short = observe(busy, MONDAY + timedelta(weeks=2), 3, 3, True, [MONDAY + timedelta(weeks=2)] * 3)
    assert wait(short, MONDAY + timedelta(weeks=2)) <= timedelta(minutes=13), "the least room at five an hour"


@pytest.mark.parametrize("dated", [True, False])
def test_ids_that_change_at_every_fetch_do_not_make_it_rude(dated: bool) -> None:
    now, rhythm, requests = MONDAY, Rhythm(), 0
    dates = [MONDAY - n * HOUR for n in range(25)] if dated else []
    while now < MONDAY + timedelta(weeks=2):
        rhythm = observe(rhythm, now, 25, 25, False, dates)
        now, requests = now + wait(rhythm, now), requests + 1
    assert requests <= 14 * 24 + 24, "not more than hourly, once the first day is over"


def test_old_evidence_fades() -> None:
    rhythm = learnt(3, range(8, 18))
    later = MONDAY + timedelta(weeks=3)
    for _ in range(12 * 7):
        later += DAY
        rhythm = observe(rhythm, later.replace(hour=23), 1, 20, True, [later.replace(hour=22)])
    assert rhythm.hours[22] > 10 * rhythm.hours[12]


def test_the_first_document_s_dates_tell_at_once() -> None:
    dates = [MONDAY - n * timedelta(minutes=10) for n in range(30)]
    assert wait(observe(Rhythm(), MONDAY, 0, 30, True, dates), MONDAY, SOONEST) < timedelta(minutes=50)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # as hypothesis wants it
crawls = st.tuples(moments, st.integers(0, 50_000), st.integers(0, 50_000), st.booleans(), st.lists(moments, max_size=5))


@given(st.lists(crawls, max_size=20), moments)
@settings(max_examples=300, deadline=None)
def test_no_history_breaks_it(history: list[tuple[datetime, int, int, bool, list[datetime]]], now: datetime) -> None:
    rhythm = Rhythm()
    for moment, new, listed, overlap, dates in history:
        rhythm = observe(rhythm, moment, new, listed, overlap, dates)
    assert SOONEST <= wait(rhythm, now) <= CEILING
    kept = Rhythm.read(rhythm.text())
    assert kept.text() == rhythm.text()
    assert len(rhythm.text()) < 1_500
    assert abs(wait(kept, now) - wait(rhythm, now)) <= timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"hours":[1],"days":[],"weeks":1,"seen":"x","missed":0,"size":0}', "null"])
def test_what_cannot_be_read_is_nothing_learnt(text: str) -> None:
    assert Rhythm.read(text) == Rhythm()


def test_a_stored_count_below_zero_is_none() -> None:
    kept = learnt(1, range(24))
    spoilt = Rhythm.read(kept.text().replace('"missed":0', '"missed":-5000'))
    assert spoilt == Rhythm.read(kept.text())
    assert SOONEST <= wait(spoilt, MONDAY) <= CEILING

"""What crawls of one outlet found, and when, in; its rhythm of publishing, and how long to wait for the next crawl, out. Pure."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

FLOOR, CEILING, UNKNOWN = timedelta(hours=1), timedelta(days=1), timedelta(hours=1)
HALF_LIFE = timedelta(weeks=3)  # after which what was learnt counts half
TARGET = 1.7  # hours of waiting at a rate of one article an hour; the one knob between requests and freshness
POWER = 0.6  # see `wait`
SOONEST = timedelta(minutes=5)  # whatever happens, whoever permits it
STEP = timedelta(minutes=15)
STEP_HOURS = STEP / timedelta(hours=1)
EVEN_HOUR, EVEN_DAY = 2.0, 4.0  # articles' worth of belief that all hours, all days are alike
BEFORE, RECENT, MOST_HALVINGS = timedelta(days=1), timedelta(hours=2), 2
HOURS, DAYS = (0.0,) * 24, (0.0,) * 7


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is learnt of one outlet: articles by hour of the day and by weekday (UTC), and the weeks they were counted in, all
    fading with age. `size` is how many entries its sources list, `missed` the crawls in a row that found nothing they knew."""

    hours: tuple[float, ...] = HOURS
    days: tuple[float, ...] = DAYS
    weeks: float = 0.0
    seen: datetime | None = None
    size: int = 0
    missed: int = 0

    @classmethod
    def read(cls, text: str) -> "Rhythm":
        """From what `text` wrote; nothing learnt from "" or what cannot be read."""
        try:
            said = json.loads(text)
            hours, days = (tuple(max(0.0, float(n)) for n in said[key]) for key in ("hours", "days"))
            seen = datetime.fromisoformat(said["seen"]).astimezone(UTC)
            made = cls(hours, days, max(0.0, float(said["weeks"])), seen, int(said["size"]), max(0, int(said["missed"])))
            return made if (len(hours), len(days)) == (24, 7) else cls()
        except (ValueError, KeyError, TypeError, OverflowError):
            return cls()

    def text(self) -> str:
        """Compact JSON, at most a few hundred bytes; "" when nothing was learnt."""
        if self.seen is None:
            return ""
        said = {"hours": [round(n, 2) for n in self.hours], "days": [round(n, 2) for n in self.days]}
        counts = {"weeks": round(self.weeks, 4), "size": self.size, "missed": self.missed}
        return json.dumps(said | counts | {"seen": self.seen.isoformat(timespec="seconds")}, separators=(",", ":"))


def observe(rhythm: Rhythm, now: datetime, new: int, listed: int, overlap: bool, published: Sequence[datetime] = ()) -> Rhythm:
    """`rhythm` after a crawl at `now` (UTC) that listed `listed` entries, `new` of them never seen, which say they were `published`
    then. Without `overlap` nothing listed was known: a window was missed."""
    first = rhythm.seen is None
    if rhythm.seen and published and max(published) < rhythm.seen - BEFORE:
        new, overlap, published = 0, True, ()  # old articles under new ids say nothing of what is published when
    since = min(published, default=now) if first else rhythm.seen or now
    span = min(max(now - max(since, now - HALF_LIFE), timedelta(0)), HALF_LIFE)
    fade = 0.5 ** (span / HALF_LIFE)
    dates = [date for date in published if now - HALF_LIFE <= date <= now] or [now] * min(new, 1)
    weight = 1.0 if first else new / len(dates) if dates else 0.0  # those without a date came when the others did
    hours, days = [n * fade for n in rhythm.hours], [n * fade for n in rhythm.days]
    for date in dates:
        hours[date.hour] += weight
        days[date.weekday()] += weight
    weeks = rhythm.weeks * fade + span / timedelta(weeks=1)
    recent = first or any(date > now - span - RECENT for date in published)
    size = 0 if new and not recent else listed if recent and published else rhythm.size
    missed = 0 if overlap else rhythm.missed + 1
    return Rhythm(tuple(hours), tuple(days), weeks, now, size, missed)


def rates(rhythm: Rhythm) -> tuple[list[float], list[float]]:
    """Articles an hour to expect: one of the first, by hour of the day, times one of the second, by weekday. How hours and days
    differ is believed as far as weeks have shown it."""
    total = sum(rhythm.hours)
    mean, hourly, daily = (total + 0.2) / (rhythm.weeks + 0.02) / 168, trust(rhythm.weeks, 0.5), trust(rhythm.weeks, 2)
    hours = [1 + ((n + EVEN_HOUR / 24) / (total + EVEN_HOUR) * 24 - 1) * hourly for n in rhythm.hours]
    return hours, [mean * (1 + ((n + EVEN_DAY / 7) / (total + EVEN_DAY) * 7 - 1) * daily) for n in rhythm.days]


def trust(weeks: float, half: float) -> float:
    """How far what `weeks` of watching show is believed: one half after `half` weeks."""
    return weeks / (weeks + half)


def wait(rhythm: Rhythm, now: datetime, floor: timedelta = FLOOR, ceiling: timedelta = CEILING) -> timedelta:
    """How long to wait from `now`: until the integral of rate^POWER reaches TARGET, but no sooner than `floor`; sooner only, and
    down to SOONEST, where a quarter of what the sources list would be new by then: what drops out of a feed unseen is lost. Only
    articles dated since the last crawl count there: others, under ever new ids, would be asked for every five minutes.

    For the least mean delay polls should be as dense as the square root of the rate, for the least median denser still where most
    is published; measured in benchmarks/adaptive.py. After a missed window half as long, after a second one a quarter.
    """
    if rhythm.seen is None:
        return min(max(UNKNOWN, floor), ceiling)
    sooner = math.pow(0.5, min(rhythm.missed, MOST_HALVINGS))
    due, left = timedelta(0), TARGET * sooner
    room = max(rhythm.size, 4) / 4 * sooner if rhythm.size else math.inf
    hours, days = rates(rhythm)
    while due < ceiling:
        moment = now + due
        pace = hours[moment.hour] * days[moment.weekday()]
        expected, gained = pace * STEP_HOURS, math.pow(pace, POWER) * STEP_HOURS
        if room < expected:
            return min(max(due + STEP * (room / expected), SOONEST), ceiling)
        if left < gained and due + STEP >= floor:
            return min(max(due + STEP * max(left / gained, 0.0), floor), ceiling)
        due, left, room = due + STEP, left - gained, room - expected
    return ceiling

"""An outlet's schedule, its last crawl and what its server asked for in; when to ask it again out. No clock, no disk."""

import hashlib
from collections.abc import Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tickerwire.config import Outlet
from tickerwire.model import OutletHealth, SourceOutcome
from tickerwire.rhythm import SOONEST, Rhythm, wait

JITTER = 0.05  # share of the interval by which outlets without a schedule of their own are spread
LONGEST_WISH = timedelta(days=1)  # Cache-Control and ttl lengthen an interval up to this
LONGEST_BACKOFF = timedelta(days=1)
GONE = timedelta(days=30)
Limits = tuple[timedelta, timedelta]
SLACK = timedelta(seconds=90)  # a crawl starts a little late; a max-age of one interval must not skip the next


def next_fire(schedule: str, timezone: str, after: datetime) -> datetime:
    """The first moment after `after` that the cron expression names, by Debian cron's rules for clock changes; UTC."""
    return next(CronSim(schedule, after.astimezone(ZoneInfo(timezone)))).astimezone(UTC)


def interval(outlet: Outlet, now: datetime, rhythm: Rhythm, limits: Limits, sources: Sequence[SourceOutcome]) -> timedelta:
    """The time between two crawls when all is well: by the learned rhythm, within `limits`, where the operator names no schedule.

    A publisher who says that all its documents are fresh for less than the lower limit may be asked that soon.
    """
    if outlet.schedule == "adaptive":
        wishes = [timedelta(seconds=source.wait) for source in sources if source.wait]
        stated = max(wishes) if wishes and len(wishes) == len(sources) else limits[0]
        return wait(rhythm, now, min(limits[0], max(stated, SOONEST)), limits[1])
    first = next_fire(outlet.schedule, outlet.timezone, now)
    return next_fire(outlet.schedule, outlet.timezone, first) - first


def next_due(
    outlet: Outlet, now: datetime, strain: float, sources: Sequence[SourceOutcome], rhythm: Rhythm, limits: Limits
) -> datetime:
    """When to crawl `outlet` again after a crawl that ended at `now`; `strain` sums up its failures in a row, `rhythm` is what
    is learnt of it.

    The schedule, lengthened by the publisher's own wish (at most a day), by a linear back-off (one interval per failure, at
    most a day), by Retry-After (always obeyed) and by 410 Gone (30 days); never in an hour that all sources ask to skip.
    """
    usual = interval(outlet, now, rhythm, limits, sources)
    skips = [set(source.skip.split()) for source in sources]
    skipped = set.intersection(*skips) if skips else set()
    wish = min(timedelta(seconds=max((s.wait for s in sources), default=0)), LONGEST_WISH)
    backoff = min(usual * strain, max(LONGEST_BACKOFF, usual))
    earliest = max(now + max(wish, backoff) - SLACK, hold_until(now, sources))
    if outlet.schedule == "adaptive":
        return awake(max(earliest, now + usual + usual * JITTER * _spread(outlet.id)), skipped)
    return awake(next_fire(outlet.schedule, outlet.timezone, earliest), skipped)


def awake(moment: datetime, skipped: Set[str]) -> datetime:
    """`moment`, or the first full hour after it that the publisher does not ask to skip (`h3` an hour, `d6` a day, both GMT).

    A publisher who leaves no hour of the week is not taken at its word.
    """
    hour = moment.replace(minute=0, second=0, microsecond=0)
    for n in range(7 * 24):
        later = hour + timedelta(hours=n)
        if not {f"h{later.hour}", f"d{later.weekday()}"} & skipped:
            return max(moment, later)
    return moment


def hold_until(now: datetime, sources: Sequence[SourceOutcome]) -> datetime:
    """Until when nobody may ask this outlet, not even an operator with `--all`: Retry-After, or 410 Gone; else `now`."""
    refused = timedelta(seconds=max((s.retry_after for s in sources), default=0))
    gone = GONE if sources and all(s.status == 410 for s in sources) else timedelta(0)
    return now + max(refused, gone)


def _spread(outlet: str) -> float:
    """A number in [-1, 1] that is always the same for one outlet, so that outlets do not all come due together."""
    return int.from_bytes(hashlib.sha256(outlet.encode()).digest()[:4], "big") / 2**31 - 1


def due(outlets: Sequence[Outlet], health: Mapping[str, OutletHealth], now: datetime) -> list[Outlet]:
    """The enabled outlets to crawl now, longest waiting first; one never crawled is due at once."""
    waiting = sorted((due_at(outlet, health.get(outlet.id)), outlet.id, outlet) for outlet in outlets if outlet.enabled)
    return [outlet for when, _, outlet in waiting if when <= now]


def forced(outlets: Sequence[Outlet], health: Mapping[str, OutletHealth], now: datetime) -> list[Outlet]:
    """Of the outlets an operator asks for, those that may be asked: schedule and back-off are ignored, a hold is not."""
    held = {name for name, known in health.items() if known.hold_until and known.hold_until > now}
    return [outlet for outlet in outlets if outlet.id not in held]


def due_at(outlet: Outlet, health: OutletHealth | None) -> datetime:
    """The stored due time; a schedule edited since the last crawl counts from that crawl on."""
    if health is None or health.next_due is None or health.last_attempt is None:
        return datetime.min.replace(tzinfo=UTC)
    edited = health.schedule != outlet.schedule
    if edited and outlet.schedule != "adaptive" and not health.consecutive_failures:
        return min(health.next_due, next_fire(outlet.schedule, outlet.timezone, health.last_attempt))
    return health.next_due

"""A date as an outlet wrote it in; an aware UTC moment, or None rather than an invented one, out."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from tickerwire.tables import table

ISO = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.]?)(?P<month>\d\d?)(?P=sign)(?P<day>\d\d?)"
    r"(?:[T\s,]+(?P<hour>\d\d?):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?\s*(?P<zone>[A-Za-z]{1,5}|[+-]\d\d(?::?\d\d)?(?::\d\d)?)?)?"
)
PART = r"(?:\d\d?|[A-Za-z]{3,9}\.?)"
DAY_MONTH_YEAR = re.compile(rf"(?:[^\W\d]+,?\s+)?(?P<first>{PART})\s+(?P<second>{PART}),?\s+(?P<year>\d{{4}})")
TWELVE_HOURS = re.compile(r"\b(?P<hour>\d\d?):(?P<minute>\d\d)(?P<second>:\d\d)?\s*(?P<half>[ap])\.?m\b\.?", re.IGNORECASE)
ZONES: dict[str, int] = table("crawler.read", "zones")  # offsets in hours
EARLIEST = 1990
LEEWAY = timedelta(minutes=5)


def read_date(raw: str, fetched: datetime, zone: str = "UTC") -> datetime | None:
    """The moment `raw` names, in UTC, within [1990, `fetched`]; None when it names none.

    A day without a time is that day's first minute in the outlet's zone. More than five minutes in the future means "now": `fetched`.
    """
    moment = bounded(written(raw), fetched, zone)
    return moment.astimezone(UTC) if moment else None


def written(raw: str) -> datetime | None:
    """The moment as written: with its offset, or naive when none is stated; None when it names none.

    RFC 822, RFC 3339 and the usual slips (`+01:00` in RFC 822, am/pm, zone names, Unix seconds); never a guess at day and month.
    """
    raw = " ".join(raw.split())
    with suppress(ValueError, OverflowError):
        return unix(raw) or iso(raw) or rfc822(raw) or day_only(raw) if 0 < len(raw) <= 100 else None
    return None


def bounded(moment: datetime | None, fetched: datetime, zone: str) -> datetime | None:
    """`moment` aware (naive: in `zone`, which the configuration has checked) with its own offset kept, None before 1990, `fetched`
    itself when it lies in the future."""
    with suppress(ValueError, OverflowError):
        aware = moment if not moment or moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
        if aware and (utc := aware.astimezone(UTC)).year >= EARLIEST:
            return fetched if utc > fetched + LEEWAY else aware
    return None


def unix(raw: str) -> datetime | None:
    """Seconds or milliseconds since 1970: ten or thirteen digits."""
    return datetime.fromtimestamp(int(raw[:10]), UTC) if re.fullmatch(r"\d{10}(?:\d{3})?", raw) else None


def iso(raw: str) -> datetime | None:
    """RFC 3339 and its neighbours. Raises ValueError for a month 13: such a date must not reach a more lenient reader."""
    found = ISO.fullmatch(raw)
    if not found:
        return None
    parts = ("year", "month", "day", "hour", "minute", "second")
    year, month, day, hour, minute, second = (int(found[part] or 0) for part in parts)
    made = datetime(year, month, day, 0 if hour == 24 else hour, minute, min(second, 59), tzinfo=offset(found["zone"] or ""))
    return made + timedelta(days=hour == 24)


def offset(zone: str) -> tzinfo | None:
    """`+01:00`, `+0100`, `+01` or a zone's name as an offset; None when unknown."""
    if zone[:1] not in {"+", "-"}:
        hours = ZONES.get(zone.upper())
        return None if hours is None else timezone(timedelta(hours=hours))
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return timezone((-1 if zone[0] == "-" else 1) * timedelta(hours=int(digits[:2]), minutes=int(digits[2:4])))


def rfc822(raw: str) -> datetime | None:
    """RFC 822/5322 dates by the standard library, after mending what it would misread in silence."""
    raw = TWELVE_HOURS.sub(in_full_day, raw)
    raw = re.sub(r"\b(?:UTC|GMT)(?=[+-]\d)", "", re.sub(r"([A-Za-z]{3,9})\.", r"\1", raw))
    raw = re.sub(r"([+-])(\d\d?)(?::?(\d\d))?$", lambda zone: f"{zone[1]}{zone[2]:0>2}{zone[3] or '00'}", raw)
    named = re.search(r"\s([A-Za-z]{1,5})$", raw)
    try:
        moment = parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None and re.search(r"-0000$", raw):
        return moment.replace(tzinfo=UTC)
    return moment if moment.tzinfo or not named else moment.replace(tzinfo=offset(named[1]))


def in_full_day(found: re.Match[str]) -> str:
    """`2:05 pm` as `14:05`."""
    hour = int(found["hour"]) % 12 + (12 if found["half"].lower() == "p" else 0)
    return f"{hour:02}:{found['minute']}{found['second'] or ''}"


def day_only(raw: str) -> datetime | None:
    """`19 December 2016` and `December 19, 2016`: the first minute of that day."""
    found = DAY_MONTH_YEAR.fullmatch(raw)
    return rfc822(f"{found['first']} {found['second']} {found['year']} 00:00:00") if found else None

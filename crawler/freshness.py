"""Response headers in; validators to echo, and the seconds a publisher or a refusal asks us to stay away, out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tickerwire.model import Validators

DAY = 24 * 3600
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')  # RFC 9110 section 8.8.3
HTTP_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")
SKIP = re.compile(rb"<skip(Hours|Days)>(.{0,2000}?)</skip\1>", re.IGNORECASE | re.DOTALL)
SKIPPED = re.compile(rb"<(?:hour|day)>\s*(\w+)\s*</(?:hour|day)>", re.IGNORECASE)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ADOPTED = 3  # equal answers in a row that a source has moved for good
MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})', re.IGNORECASE)


def skip(body: bytes) -> str:
    """RSS 2.0's skipHours and skipDays (GMT) as words for `tickerwire.due.awake`: `h3` for the hour from 3, `d6` for Sunday."""
    words = set()
    for part, inner in SKIP.findall(body[:1_000_000]):
        for raw in SKIPPED.findall(inner):
            said = raw.decode("ascii", "ignore").lower()
            if part.lower() == b"hours" and said.isdigit() and int(said) <= 24:
                words.add(f"h{int(said) % 24}")
            elif said in DAYS:
                words.add(f"d{DAYS.index(said)}")
    return " ".join(sorted(words))


def moved(known: Validators, asked: str, reached: str, steps: Sequence[object]) -> tuple[str, int]:
    """Where a source says it has moved to for good and how many times in a row it said so, after an answer from `reached`.

    `steps` are the redirects' status codes: 301 and 308 alone are for good (RFC 9110 section 15.4). Once adopted, an address stays
    as long as it answers; what it redirects to for good itself is counted anew.
    """
    if not steps or not all(step in (301, 308) for step in steps):
        return (known.moved_to, known.moved_times) if asked == known.moved_to else ("", 0)
    return reached, known.moved_times + 1 if reached == known.moved_to else 1


def validators(known: Validators, headers: Mapping[str, str], body_hash: str) -> Validators:
    """`known` with the validators of a response, byte for byte; one that breaks the grammar or is over 256 characters is not kept,
    so that no server can put words into our next request."""
    etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
    etag = etag if len(etag) <= 256 and ENTITY_TAG.fullmatch(etag) else ""
    modified = modified if HTTP_DATE.fullmatch(modified) else ""
    return replace(known, etag=etag, last_modified=modified, body_hash=body_hash)


def publisher_wait(headers: Mapping[str, str], ttl: int, now: datetime) -> int:
    """Seconds until the publisher expects news: the longest of max-age, Expires and the document's ttl; at most a day."""
    found = MAX_AGE.search(headers.get("cache-control", ""))
    fresh = int(found[1]) if found else _seconds_until(headers.get("expires", ""), now)
    return min(max(fresh, ttl, 0), DAY)


def retry_after(status: int, headers: Mapping[str, str], now: datetime) -> int:
    """Seconds a refusal demands (RFC 9110 section 10.2.3, both forms), within a minute and 30 days; 0 when it demands none."""
    value = headers.get("retry-after", "").strip()
    if status not in (429, 503, 301, 302, 403) or not value:
        return 0
    seconds = int(value[:9]) if value.isascii() and value.isdigit() else _seconds_until(value, now)
    return min(max(seconds, 60), 30 * DAY) if seconds else 0


def _seconds_until(date: str, now: datetime) -> int:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return 0
    return max(0, int((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()))

"""Response headers in; validators to echo, and the seconds a publisher or a refusal asks us to stay away, out."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tickerwire.model import Validators

DAY = 24 * 3600
ENTITY_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')  # RFC 9110 section 8.8.3
HTTP_DATE = re.compile(r"[A-Za-z0-9 ,:+-]{1,64}")
MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})', re.IGNORECASE)


def validators(headers: Mapping[str, str], body_hash: str) -> Validators:
    """The validators of a response, byte for byte; one that breaks the grammar or is over 256 characters is not kept,
    so that no server can put words into our next request."""
    etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
    return Validators(
        etag=etag if len(etag) <= 256 and ENTITY_TAG.fullmatch(etag) else "",
        last_modified=modified if HTTP_DATE.fullmatch(modified) else "",
        body_hash=body_hash,
    )


def publisher_wait(headers: Mapping[str, str], ttl: int, now: datetime) -> int:
    """Seconds until the publisher expects news: the longest of max-age, Expires and the document's ttl; at most a day."""
    found = MAX_AGE.search(headers.get("cache-control", ""))
    fresh = int(found[1]) if found else _seconds_until(headers.get("expires", ""), now)
    return min(max(fresh, ttl, 0), DAY)


def retry_after(status: int, headers: Mapping[str, str], now: datetime) -> int:
    """Seconds a refusal demands (RFC 9110 section 10.2.3, both forms), within a minute and a day; 0 when it demands none."""
    value = headers.get("retry-after", "").strip()
    if status not in (429, 503, 301, 302, 403) or not value:
        return 0
    seconds = int(value) if value.isascii() and value.isdigit() else _seconds_until(value, now)
    return min(max(seconds, 60), DAY) if seconds else 0


def _seconds_until(date: str, now: datetime) -> int:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return 0
    return max(0, int((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()))

"""Request header values in; what they ask for out: the encoding to send, and whether the client already has the answer."""

import re
from collections.abc import Collection
from datetime import UTC
from email.utils import parsedate_to_datetime

PREFERRED = ("br", "gzip", "identity")  # smallest first
TAG = re.compile(r'(?:W/)?("[^"]*")')
WISH = re.compile(r"([^;]*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


def encoding(accept: str, offered: Collection[str]) -> str:
    """The best of `offered` for an Accept-Encoding value (RFC 9110 section 12.5.3): q=0 refuses, `*` is all not named.

    What cannot be read is passed over. Without anything acceptable it is "identity": an answer the client may dislike
    serves it better than a 406.
    """
    parts = "".join(accept.lower().replace("x-gzip", "gzip").split()).split(",")
    wishes = {wish[1]: float(wish[2] or 1) for part in parts if (wish := WISH.fullmatch(part))}

    def liking(coding: str) -> float:
        return wishes.get(coding, wishes.get("*", 0.001 if coding == "identity" else 0.0))

    best = max((coding for coding in PREFERRED if coding in offered), key=liking)
    return best if liking(best) > 0 else "identity"


def unchanged(if_none_match: str | None, if_modified_since: str | None, etag: str, modified: int) -> bool:
    """Whether 304 is the answer (RFC 9110 section 13.2.2): the entity tag decides when one is given, else the date.

    Tags compare weakly; `modified` is in seconds since 1970; a date that cannot be read counts as not given.
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or etag in TAG.findall(if_none_match)
    try:
        since = parsedate_to_datetime(if_modified_since or "")
        return modified <= since.replace(tzinfo=since.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError, TypeError):
        return False

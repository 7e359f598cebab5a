"""A path of the published tree and a request's headers in; how the file is sent, or whether the client has it already, out.

kinds.toml names media types, lifetimes and security headers.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from tickerwire.tables import table

TABLES = table("syndicate", "kinds")
LIVES: dict[str, str] = TABLES["life"]
POLICIES: dict[str, str] = TABLES["policy"]
SHARED: dict[str, str] = TABLES["shared"]
PREFERRED = ("br", "gzip", "identity")  # smallest first
TAG = re.compile(r'(?:W/)?("[^"]*")')
WISH = re.compile(r"([^;]*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file is sent. `navigated` is the media type when a person opens it as a page, empty for the same.

    `shared` files may be used by any other site's pages.
    """

    type: str
    life: str
    policy: str
    navigated: str = ""
    shared: bool = False


KINDS = {
    pattern: Kind(**said | {"life": LIVES[said["life"]], "policy": POLICIES[said["policy"]]})
    for pattern, said in TABLES["kinds"].items()
}


def kind(path: str) -> Kind | None:
    """How the file at `path` is sent; None when files of that name are not served."""
    return next((kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, path)), None)


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

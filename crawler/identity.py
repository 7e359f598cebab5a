"""The entries of one document in; the same entries with their identity inside the outlet out."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from w3lib.url import canonicalize_url

from tickerwire.model import Entry, Identified
from tickerwire.tables import table

TRACKING = re.compile("|".join(table("crawler", "tracking")["tags"]), re.IGNORECASE)
HOME = re.compile(r"[^/?]*/?(?:index\.\w{3,5})?")
# Most addresses are canonical but for scheme and last slash: knowing them at sight makes 50,000 of a sitemap bearable (9 s to 1).
USUAL = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+(?::(?!80/|443/)[1-9][0-9]{1,3}(?=/))?(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?"
)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
BY_TITLE = "t:"
SHORT_GUID = 4  # characters; guids like "1", "2" number the places of a list, not articles


def untracked(url: str) -> str:
    """`url` without the query parameters that only tell campaigns apart; everything else byte for byte."""
    head, question, query = url.partition("?")
    kept = [part for part in query.split("&") if part and not TRACKING.fullmatch(part.partition("=")[0])]
    return head + "?" * bool(question and kept) + "&".join(kept)


def canonical_url(url: str) -> str:
    """The form of `url` that identifies an article; never fetched, never shown. Idempotent.

    Without scheme, default port, credentials, fragment, tracking parameters, last slash; host in lower case, query sorted
    (RFC 3986 section 6.2 as w3lib implements it, which settles a path with ";" in odd places only when asked again).
    """
    if usual := USUAL.fullmatch(url):
        return usual[1]
    settled = url
    for _ in range(5):
        before, settled = settled, normal(settled)
        if settled == before:
            return settled
    return url  # escaped many times over: as it stands it is at least always the same


def normal(url: str) -> str:
    """One pass of `canonical_url`; what cannot be read as an address stays as it is."""
    full = url if SCHEME.match(url) else f"https://{url}"
    try:
        parts = urlsplit(canonicalize_url(untracked(full.partition("#")[0]), keep_blank_values=True))
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port and parts.port not in {80, 443} else ""
    except ValueError:
        return url.strip()
    path = parts.path
    while (shorter := path.rstrip("/;").removesuffix("/.")) != path:
        path = shorter
    return f"{host}{port}{path}" + (f"?{parts.query}" if parts.query else "")


def readable(url: str, keep_fragment: bool) -> str:
    """The address given to readers: as listed, without tracking parameters and, unless it tells entries apart, fragment."""
    address, _, anchor = url.partition("#")
    return untracked(address) + (f"#{anchor}" if keep_fragment and anchor else "")


def digest(text: str, length: int = 32) -> str:
    """The first `length` hex digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:length]


def identify(entries: Sequence[Entry]) -> tuple[Identified, ...]:
    """Each article of one document once, in document order, with the keys that find it again.

    A link is identity only where it tells entries apart: not when several guids share it, nor a bare home page beside a guid;
    likewise a guid that several links share. Where neither does, link, guid and title together are.
    """
    links = [canonical_url(entry.link) if entry.link else "" for entry in entries]
    guids = [re.sub(r"^https?://", "", entry.source_guid.strip(), flags=re.IGNORECASE) for entry in entries]
    others = [guid or anchored(entry) for guid, entry in zip(guids, entries, strict=True)]
    link_shared, guid_shared = shared(links, others), shared(guids, links)
    seen: set[str] = set()
    found: list[Identified] = []
    for entry, link, guid in zip(entries, links, guids, strict=True):
        by_link = bool(link) and not link_shared(link) and not HOME.fullmatch(link)
        home = SCHEME.match(entry.source_guid) and HOME.fullmatch(guid)
        by_guid = bool(guid) and not guid_shared(guid) and not home and (not by_link or len(guid) >= SHORT_GUID)
        names = [f"u:{digest(link)}"] * by_link + [f"g:{digest(guid)}"] * by_guid
        whole = "\n".join((entry.link, guid, entry.title))
        keys = tuple(names or [f"{BY_TITLE}{digest(whole)}"])
        if seen.isdisjoint(keys):
            lasting = link if by_link else (names or [whole])[0]  # a bare guid may be another's address
            found.append(Identified(entry, digest(lasting, 20), readable(entry.link, not by_link), keys))
        seen.update(keys)
    return tuple(found)


def anchored(entry: Entry) -> str:
    """What else tells an entry without guid apart from others with its link: the fragment, on a home page the title."""
    address, _, anchor = entry.link.partition("#")
    return entry.title if HOME.fullmatch(canonical_url(address)) else anchor


def shared(values: Sequence[str], others: Sequence[str]) -> Callable[[str], bool]:
    """Whether a value of `values` stands beside more than one value of `others`."""
    beside = Counter(value for value, _ in set(zip(values, others, strict=True)))
    return lambda value: beside[value] > 1

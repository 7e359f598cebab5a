"""Any text or address an article carries in; text every format can hold, or an address a reader may follow, out."""

import re
from functools import lru_cache
from html import unescape
from urllib.parse import urlsplit

from w3lib.url import safe_url_string

from tickerwire.query.clauses import ISO_639_1

# What XML 1.0 section 2.2 forbids or discourages, bidirectional overrides (they reorder a page's other text), and U+FFFD,
# the scar of a wrong decoding. XML allows the astral non-characters; looking for them too takes eight times as long.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]")
_BLANKS = re.compile(r"[ \t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]+")
_ENTITY = re.compile(r"&(?:#\d{1,20}|#[xX][0-9a-fA-F]{1,20}|[A-Za-z]{2,8}\d?);")
# Subtags of two letters are ISO 639-1's; outlets write those of countries, too, such as "jp" and "cn", which validators refuse.
_TWO = "|".join(sorted(ISO_639_1 - {"in", "iw", "ji", "mo"}))  # less the withdrawn ones
LANGUAGE = re.compile(rf"(?i:[a-z]{{3}}|{_TWO})(-[A-Za-z0-9]{{1,8}})*")  # RFC 5646 section 2.1
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_OPENING = re.compile(r"<(?=[A-Za-z/!?])")
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_ILLEGAL = re.compile(r'[<>"{}|\\^`]')
LONGEST_INPUT = 20_000  # characters looked at: the longest output is 300
LONGEST_URL = 2_000


def plain(text: str, limit: int) -> str:
    """`text` on one line without mark-up, leftover entities and characters XML 1.0 cannot hold, at most `limit` characters.

    RSS does not say whether a title is text or HTML, so readers guess: what could pass for a tag is taken out.
    """
    text = text[:LONGEST_INPUT]
    for _ in range(2):  # many outlets escape twice
        text = _ENTITY.sub(lambda match: unescape(match[0]), text)
    text = _TAG.sub("", UNFIT.sub("", _BLANKS.sub(" ", text)))
    text = _OPENING.sub("‹", text)  # a tag was hidden inside another, or ends in what a page puts behind it
    return excerpt(_BLANKS.sub(" ", text).strip(), limit)


def excerpt(text: str, limit: int) -> str:
    """The first `limit` characters of `text`, cut at a word with an ellipsis; texts without spaces are cut anywhere."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ", limit // 2)
    return (cut[:space] if space > 0 else cut).rstrip(" ,;:.–—-") + "…"


@lru_cache(maxsize=4096)  # an outlet's addresses come with each of its articles, an article's in several feeds and checks
def web_url(url: str) -> str:
    """`url` as an ASCII http(s) URL (RFC 3986) that no format has to escape further; empty when it is none."""
    try:
        safe = safe_url_string(UNFIT.sub("", url).strip())
        safe = safe if url.isascii() else safe_url_string(safe)  # a host of odd letters is in lower case only then
        parts = urlsplit(safe)
        usable = parts.scheme in {"http", "https"} and parts.hostname and safe.isascii() and len(safe) <= LONGEST_URL
        _ = parts.port  # raises when it is no number
    except ValueError:
        return ""
    bad = not usable or " " in safe or _ILLEGAL.search(parts.netloc)
    return "" if bad else _ILLEGAL.sub(lambda match: f"%{ord(match[0]):02X}", safe)


def media_type(text: str) -> str:
    """`text` without parameters when it has the shape of a media type (RFC 6838 section 4.2), else nothing."""
    bare = text.partition(";")[0].strip()
    return bare if _MEDIA_TYPE.fullmatch(bare) else ""

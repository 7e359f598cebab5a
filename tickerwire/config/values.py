"""One value as the operator wrote it in; the value checked and typed, or a ValueError saying what to write, out."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, Field, PlainValidator, Strict, StringConstraints, ValidationInfo, WithJsonSchema
from pydantic.functional_validators import BeforeValidator

from tickerwire.errors import QueryError
from tickerwire.query.ast import UNITS
from tickerwire.query.clauses import ID, suggestion
from tickerwire.query.impossible import possible

LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"  # the shape of RFC 5646 section 2.1, not its registry
AUTHORITY = r"([a-z0-9.-]+|[^\s@,]+@[a-z0-9.-]+),[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?"  # RFC 4151 section 2.1
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 -- RFC 9110 section 5.6.2, the name of a header
STORE = r"sqlite:///[^?#]*[^?#/][^?#]*"  # relative to the state directory, or absolute with a fourth slash
SIGNING = r"whsec_[A-Za-z0-9+/]{32,}=*|(?!whsec_).{24,}|"  # Standard Webhooks 1.0.0; what is empty is complained of elsewhere
DURATION = r"([1-9][0-9]{0,5})([mhd])"
LONGEST_CRON = 200  # characters; int() refuses 4,301 digits with a text of its own
SINCE = datetime(2026, 1, 1, tzinfo=UTC)  # cronsim searches 50 years ahead: any start gives the same verdict
OURS = frozenset(["host", "connection", "content-length", "transfer-encoding", "if-none-match", "if-modified-since"])


def refuse(sign: object, why: str) -> None:
    """Raise ValueError with `why` where there is a `sign` that calls for it."""
    if sign:
        raise ValueError(why)


def _matching(pattern: str, why: str) -> AfterValidator:
    def check(value: str) -> str:
        refuse(not re.fullmatch(pattern, value), why)
        return value

    return AfterValidator(check)


def _split(value: str) -> SplitResult:
    # urlsplit drops tabs and line ends silently, so they are looked for first
    refuse(" " in value or not value.isprintable(), "an address has no blanks or control characters; write them as %20 and so on")
    refuse("\\" in value, "must not hold a backslash: clients disagree on what it means")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"not an address: {error}") from None
    host = (parts.hostname or "").removesuffix(".")
    partial = parts.scheme not in ("http", "https") or not all(host.split(".")) or port == 0
    refuse(partial, "must be a complete address that starts with http:// or https://")
    return parts


def http_url(value: str) -> str:
    """An absolute http(s) URL (RFC 9110 section 4.2) without user name, password and fragment; exactly as written."""
    parts = _split(value)
    refuse("@" in parts.netloc, "must not hold a user name or password; send them as a header from the environment")
    refuse("#" in value, "must not hold a fragment (the part from # on): servers never see it")
    return value


def site_url(value: str) -> str:
    """The public address of the site: ASCII, no query; a slash at its end is dropped, so that paths can follow."""
    http_url(value)
    refuse("?" in value, "must not hold a query (the part from ? on): paths are appended to it")
    refuse(not value.isascii(), "must be ASCII: write the host as xn--... and the path percent-encoded")
    return value.rstrip("/")


def contact(value: str) -> str:
    """A mailto: or http(s) address; it goes into the User-Agent header, so only visible ASCII."""
    if re.fullmatch(r"mailto:[!-'*-~]+@[!-'*-~]+", value):
        return value
    web = value.isascii() and value.startswith(("http://", "https://"))
    refuse(not web, 'must be "mailto:" and an e-mail address, or an http(s) address, where crawled sites reach you')
    return http_url(value)


def proxy(value: str) -> str:
    """An http(s) proxy; a user name and password are allowed, a path is not."""
    parts = _split(value)
    more = parts.path.strip("/") or parts.query or parts.fragment
    refuse(more, "must be http:// or https://, a host and a port, and nothing after them")
    return value


def headers(value: Mapping[str, str]) -> Mapping[str, str]:
    """Header fields (RFC 9110 section 5.5): no control characters, none that the crawler sets itself."""
    for name, text in value.items():
        refuse(not re.fullmatch(TOKEN, name), f"{name!r} is not a header name")
        refuse(name.lower() in OURS, f"{name} is set by the crawler itself")
        refuse(not text.isascii() or not text.isprintable(), f"the value of {name} must be printable ASCII on one line")
    return value


def network(value: object) -> IPv4Network | IPv6Network:
    """An exact CIDR (RFC 4632) or one address; `10.0.0.1/8` is refused because its host bits are set."""
    if not isinstance(value, str):
        raise ValueError('expected text such as "10.1.2.0/24"')
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(f'{error}; write an exact network such as "10.1.2.0/24"') from None


def duration(value: object) -> timedelta:
    """A whole number above zero and its unit: 30m, 12h, 90d."""
    match = re.fullmatch(DURATION, str(value))
    if not match:
        raise ValueError('expected a number above zero and its unit, such as "30m", "12h" or "90d"')
    return int(match[1]) * UNITS[match[2]]


@lru_cache(maxsize=4096)
def timezone(value: str) -> str:
    """A name of the IANA time zone database, such as Europe/London."""
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError):  # a directory, an absolute path, an unknown name
        raise ValueError(f"unknown time zone{suggestion(value, available_timezones())}") from None
    return value


@lru_cache(maxsize=4096)
def schedule(value: str, zone: str) -> str:
    """The word adaptive, or a cron expression of five fields that comes true at some moment in the time zone `zone`."""
    if value == "adaptive":
        return value
    fields = 'the five fields of cron: minute hour day month weekday, such as "*/15 * * * *"'
    refuse(len(value.split()) != 5 or len(value) > LONGEST_CRON, f'must be "adaptive" or {fields}')
    try:
        next(CronSim(value, SINCE.astimezone(ZoneInfo(zone))))
    except CronSimError as error:
        raise ValueError(f"not a cron expression: {str(error).lower()}") from None
    except StopIteration:
        raise ValueError("no date ever matches it") from None
    return value


def query(value: str, info: ValidationInfo) -> str:
    """A filter expression that some article can meet; the complaint shows where reading stopped."""
    try:
        possible(value, info.context)  # the context: word lists
    except QueryError as error:
        raise ValueError(str(error)) from None
    return value


def distinct(values: Sequence[object]) -> Sequence[object]:
    """The values, none of them twice."""
    for index, value in enumerate(values):
        refuse(value in values[:index], f"{value} is listed twice")
    return values


# A boolean or number in quotes would pass here and fail in the editor's schema: both are strict.
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict()]
Seconds = Annotated[float, Strict()]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_ID = _matching(ID, "an id is 1 to 64 of a-z, 0-9 and -, and starts with a letter")
Id = Annotated[str, _ID, Field(json_schema_extra={"pattern": f"^{ID}$"})]
Language = Annotated[str, _matching(f"({LANGUAGE})?", 'not a language tag; write it like "en", "pt-BR" or "zh-Hant"')]
Authority = Annotated[str, _matching(f"({AUTHORITY})?", 'not a tag authority; write it like "news.example.org,2026"')]
Agent = Annotated[str, _matching(r"[ -~]*", "must be printable ASCII on one line")]
HttpUrl = Annotated[str, AfterValidator(http_url)]
OptionalUrl = Annotated[str, AfterValidator(lambda value: value and http_url(value))]
SiteUrl = Annotated[str, AfterValidator(site_url)]
Contact = Annotated[str, AfterValidator(contact)]
Proxy = Annotated[str, AfterValidator(lambda value: value and proxy(value))]
Headers = Annotated[Mapping[str, str], AfterValidator(headers)]
Secret = Annotated[str, _matching(SIGNING, "must be 24 bytes at least; make one with `openssl rand -base64 32`")]
Timezone = Annotated[str, AfterValidator(timezone)]
StoreUrl = Annotated[str, _matching(STORE, 'must be "sqlite:///" and the path of a file')]
Query = Annotated[str, AfterValidator(query)]
Network = Annotated[IPv4Network | IPv6Network, PlainValidator(network), WithJsonSchema({"type": "string"})]
Duration = Annotated[timedelta, BeforeValidator(duration), WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"})]

"""The bytes of one input in; nothing out, or what a broken promise raises: dates, addresses, HTML and texts."""

import re
import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from lxml import html as lxml_html
from scrapy import Request

from crawler import clean
from crawler.guard import allowed, literal, public
from crawler.identity import canonical_url
from crawler.read.dates import read_date
from syndicate.text import web_url
from tests.archive import NOW
from tests.fuzz.mutations import decoded
from tickerwire.config import values

HERE = "https://x.example/news/feed.xml"
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), NOW + timedelta(minutes=5)
# XML 1.0 section 2.2, written out apart from the product's own list; and what may not stand in a text that others embed.
ILLEGAL = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffd]"
)


def sound(text: str, limit: int = 0, lines: bool = False) -> None:
    """Fail unless `text` can stand in XML and JSON: one line without blanks at its ends, unless it may have `lines`."""
    assert not (found := ILLEGAL.search(text)), f"U+{ord(found[0]):04X} in {text[:200]!r}"
    assert not limit or len(text) <= limit, f"{len(text)} characters instead of {limit}"
    assert lines or text == " ".join(text.split()), f"blanks: {text[:200]!r}"


def web(url: str) -> None:
    """Fail unless `url` is an http(s) address with a host and nothing in it that could end an attribute."""
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}, url
    assert parts.hostname, url
    assert "@" not in parts.netloc, url
    assert not re.search(r"[\s<>\"\x00-\x1f\x7f\ud800-\udfff]", url), ascii(url)
    assert parts.port != 0


def dates(data: bytes) -> None:
    """Dates are UTC within [1990, now]; what the standard library writes is read as it was meant."""
    for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        found = read_date(decoded(data), NOW, zone)
        if found is not None:
            assert found.tzinfo is UTC
            assert EARLIEST <= found <= LATEST, found
            whole = found.replace(microsecond=0)
            for written in (
                whole.isoformat(),
                format_datetime(whole),
                f"{whole:%Y%m%dT%H%M%SZ}",
                f"{whole:%a, %d %b %Y %I:%M:%S %p +0000}",
            ):
                assert read_date(written, NOW, zone) == min(whole, NOW) or whole > NOW, written
    with suppress(ValueError, OverflowError):  # whatever both can read, they read alike
        meant = datetime.fromisoformat(decoded(data))
        found = read_date(decoded(data), NOW)
        odd = re.search(r"T(?:\d\d)*\d(?!\d)", decoded(data))  # half of a number: each reads another time in it
        if meant.tzinfo and found and meant.second < 59 and not odd:
            assert found == min(meant.replace(microsecond=0).astimezone(UTC), NOW) or meant > NOW, (meant, found)


PRIVATE = [ip_network(text) for text in (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 "
    "198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 2001:db8::/32 2001::/32 2002::/16 3fff::/20"
).split()]  # fmt: skip


def private(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is none of the public internet, by `ipaddress` and a list of our own."""
    if isinstance(address, IPv6Address) and address not in ip_network("2000::/3"):
        return True
    said = (
        address.is_private,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_reserved,
        address.is_unspecified,
    )
    return any(said) or any(address in network for network in PRIVATE if network.version == address.version)


def system(host: str) -> IPv4Address | IPv6Address | None:
    """What the system's own resolver takes `host` for without asking anybody; None when it is a name."""
    with suppress(OSError, ValueError, UnicodeError):
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return ip_address(str(found[0][4][0]).partition("%")[0])
    return None


def guarded(host: str) -> None:
    """What is public is public by `ipaddress` too, and what the resolver takes for an address is one here."""
    address = literal(host)
    if address is not None:
        assert not (public(address) and private(address)), f"{host!r} is {address}"
        assert allowed(address, ()) is public(address)
        assert allowed(address, [ip_network(address.packed)])
        assert literal(str(address)) == address
        assert literal(f"[{address}]") == address
    if host.isascii() and (meant := system(host)) is not None:
        assert address is not None, f"{host!r} is {meant} to the resolver"
        assert int(address) == int(meant), f"{host!r} is {meant} to the resolver, not {address}"


def urls(data: bytes) -> None:
    """No reader of addresses raises; what is accepted can be asked for; a private address is private in every spelling."""
    text = decoded(data)
    guarded(text)
    for listed in (text, clean.absolute(text, HERE), f"http://{text}/"):
        asked = ""
        with suppress(ValueError):  # Scrapy's own refusal, before anything is asked
            asked = Request(listed).url if listed else ""
            guarded(urlsplit(asked).hostname or "")
    for validate in (values.http_url, values.site_url, values.contact, values.proxy):
        with suppress(ValueError):
            assert validate(text) == (text.rstrip("/") if validate is values.site_url else text)
            assert validate is values.contact or urlsplit(Request(text).url).hostname
    for base in ("", HERE):
        if found := clean.absolute(text, base):
            web(found)
            assert clean.absolute(found) == found
            Request(found)
    if shown := web_url(text):
        assert re.fullmatch(r"https?://[!-~]+", shown), shown
        assert not set(shown) & set('<>"'), shown
        assert len(shown) <= 2_000
        assert web_url(shown) == shown
    for one in (text, clean.absolute(text, HERE)):
        once = canonical_url(one)
        assert canonical_url(once) == once, once


VALUE = r'="[^"<>\x00-\x08]*"'
TAG = re.compile(
    rf"<(?:(?P<open>a|abbr|b|blockquote|caption|cite|code|dd|del|div|dl|dt|em|figcaption|figure|h[1-6]|i|ins|kbd|li|mark|ol|p|pre|q|s|small|strong"
    rf"|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|u|ul|br|hr|img)(?P<given>(?: [a-z]+{VALUE})*)|/(?P<close>[a-z1-6]+))>"
)
GIVEN = re.compile(r' ([a-z]+)="([^"]*)"')
NAMES = set("lang dir href title src alt width height start colspan rowspan datetime rel".split())


def harmless(html: str) -> None:
    """Fail unless `html` is made of allowed tags in balance, with allowed attributes, by its letters and by two parsers."""
    sound(html, lines=True)
    rest, opened = TAG.sub("", html), list[str]()
    assert "<" not in rest, f"a stray < in {rest[:200]!r}"
    for found in TAG.finditer(html):
        if found["close"]:
            assert opened.pop() == found["close"], html[:300]
        elif found["open"] not in {"br", "hr", "img"}:
            opened.append(found["open"])
        for name, value in GIVEN.findall(found["given"] or ""):
            assert name in NAMES, name
            if name in {"href", "src"}:
                web(value.replace("&amp;", "&"))
    assert not opened, opened
    for element in lxml_html.fragment_fromstring(html or "x", create_parent="div").iter():
        assert isinstance(element.tag, str)
        assert element.tag not in clean.UNSEEN
        assert set(element.attrib) <= NAMES


def html(data: bytes) -> None:
    """Sanitised HTML is harmless and stays as it is; its text and the other readings of the same markup are sound."""
    text = decoded(data)
    for base in (HERE, ""):
        made, said = clean.sanitised(text, base)
        harmless(made)
        sound(said, lines=True)
        assert [line.strip() for line in said.split("\n") if line] == ([line for line in said.split("\n")] if said else [])
        harmless(clean.sanitised(made, base)[0])
    sound(clean.plain(text, 80), 80)
    sound(clean.name(text), 120)
    sound(" ".join(clean.names(text)))
    assert clean.fold(clean.fold(text)) == clean.fold(text)
    assert clean.printable(clean.printable(text)) == clean.printable(text)
    sound(clean.paragraphs(text), lines=True)

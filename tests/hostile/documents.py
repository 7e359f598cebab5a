"""Nothing in; outlets whose feeds attack the parser by markup: bombs, entities, inclusions, depth out."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.hostile.behaviour import FEED, Aftermath, Behaviour, Check, Route, fails, holds, keeps, nowhere, works
from tests.hostile.server import Asked, Host, Reply

MANY, WIDE = 100_000, 9_000_000
TITLES = "Before", "After"


def served(make: Callable[[Host], bytes], media: str = "text/xml", path: str = FEED) -> Callable[[Host], dict[str, Route]]:
    """Routes to a document made when asked for; once read it has not changed."""

    def routes(host: Host) -> dict[str, Route]:
        def answer(asked: Asked) -> Reply:
            if "if-none-match" in asked.headers:
                return Reply(status=304)
            return Reply(make(host), headers={"Content-Type": media, "ETag": '"1"'})

        return {path: answer}

    return routes


def item(host: Host, number: int, title: str, more: str = "") -> str:
    link = f"<link>{host.url('/news/')}{number}</link><guid isPermaLink='false'>nnn{number}</guid>"
    return f"<item><title>{title}</title>{link}{more}</item>"


def rss(*inside: str, before: str = "", root: str = "", version: str = "version='1.0'") -> bytes:
    """A feed of `inside`; `before` stands before its root, `root` in the root's tag."""
    return f"<?xml {version}?>{before}<rss version='2.0'{root}><channel><title>T</title>{''.join(inside)}</channel></rss>".encode()


def between(host: Host, middle: str = "", **more: str) -> bytes:
    """A feed of `middle` between two good items."""
    return rss(item(host, 1, "Before"), middle, item(host, 9, "After"), **more)


def reads(*titles: str) -> Check:
    """No crawl failed, and exactly these articles are stored, in the document's order: the last one listed is the oldest."""
    return works(*reversed(titles))


def recovers(*titles: str) -> Check:
    """The first crawl was stopped by a limit (on a busy machine the clock may be first), the next ones read exactly these articles."""

    def check(after: Aftermath) -> Iterable[str]:
        first, *others = (result["result"] for result in after.results)
        error = after.results[0]["error"]
        if not re.search(r"stopped: (?:used more than 6 s of CPU|took longer than 30 s)", error) or "error" in others:
            yield f"{first}, {others}: {error}"
        yield from keeps(*reversed(titles))(after)

    return check


def quick(seconds: float) -> Check:
    """No crawl spent more seconds of CPU on reading it."""

    def check(after: Aftermath) -> Iterable[str]:
        if max(after.cpu) > seconds:
            yield f"took {max(after.cpu):.1f} s of CPU, at most {seconds:g} expected"

    return check


def within(field: str, most: int, least: int = 0) -> Check:
    """In every row the field has so many characters at most, and in one at least so many."""

    def check(after: Aftermath) -> Iterable[str]:
        sizes = [len(row[field] or "") for row in after.rows]
        if not sizes or max(sizes) > most or max(sizes) < least:
            yield f"{field} of {sizes} characters, expected {least} to {most}"

    return check


def xml(
    name: str,
    does: str,
    correct: str,
    make: Callable[[Host], bytes],
    *checks: Check,
    threat: str = "Parsers",
    media: str = "text/xml",
    outlet: Mapping[str, Any] | None = None,
) -> Behaviour:
    """An outlet with one feed."""
    return Behaviour(name, threat, does, correct, served(make, media), (*checks, quick(3)), outlet=outlet or {})


def numbered(count: int) -> str:
    return " ".join(f"a{n}='1'" for n in range(count))


def bomb(host: Host) -> bytes:
    steps = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return between(host, item(host, 2, "&l9;"), before=f'<!DOCTYPE rss [<!ENTITY l0 "lol">{steps}]>')


def swollen(host: Host) -> bytes:
    return between(host, item(host, 2, "Q" + "&a;" * MANY), before=f'<!DOCTYPE rss [<!ENTITY a "{"boom" * 25_000}">]>')


def leak(host: Host) -> bytes:
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{host.secret_path}">]>'
    return between(host, item(host, 2, "A&x;B", "<description>C&x;D</description>"), before=doctype)


def canary(host: Host, what: str) -> str:
    return f"{host.canary}/{host.name}/{what}"


def included(host: Host) -> bytes:
    space = "xmlns:xi='http://www.w3.org/2001/XInclude'"
    inclusions = "".join(
        f"<xi:include {space} href='{where}' parse='text'/>" for where in (f"file://{host.secret_path}", canary(host, "included"))
    )
    return between(host, inclusions + item(host, 2, "Includes", f"<description>{inclusions}</description>"))


def located(host: Host) -> bytes:
    where = canary(host, "schema")
    return between(
        host,
        root=f" xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='urn:x {where}'"
        f" xsi:noNamespaceSchemaLocation='{where}' xml:base='{where}'",
    )


def atom(host: Host, content: str, before: str = "", title: str = "First") -> bytes:
    return (
        f"<?xml version='1.0'?>{before}<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><entry><title>{title}</title>"
        f"<id>urn:first:1</id><link href='{host.url('/news/1')}'/><updated>2026-11-21T10:00:00Z</updated>"
        f"<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>{content}</div></content></entry></feed>"
    ).encode()


def active(host: Host) -> bytes:
    where = canary(host, "asset")
    parts = f"<script src='{where}'>evil()</script><iframe src='{where}'/><object data='{where}'/><link href='{where}'/>"
    return atom(host, f"<p onclick='evil()'>Words</p>{parts}<img src='{where}'/><style>@import '{where}'</style>")


DTD = "<!DOCTYPE rss>"  # what makes feedparser read it
THREE = "Before", "Middle", "After"
TAG = "a single tag is longer than 64 kB or has 500 attributes"
DOCUMENTS: list[Behaviour] = [
    xml(
        "billion-laughs",
        "defines ten entities of ten of the one before",
        "expands none",
        bomb,
        reads("Before", "&l9;", "After"),
        nowhere("lollol"),
    ),
    xml(
        "quadratic-blowup",
        "uses an entity of 100 kB 100,000 times",
        "expands none",
        swollen,
        holds(3),
        nowhere("boomboom"),
        within("title", 1000),
    ),
    xml(
        "external-entity",
        "names a file of this machine as an entity",
        "stores the items without it",
        leak,
        reads("Before", "AB", "After"),
    ),
    xml(
        "external-parameter",
        "names a parameter entity elsewhere",
        "does not ask for it",
        lambda host: between(host, before=f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{canary(host, "p")}"> %p;]>'),
        reads(*TITLES),
    ),
    xml(
        "external-dtd",
        "names a DTD elsewhere",
        "does not ask for it",
        lambda host: between(host, before=f'<!DOCTYPE rss SYSTEM "{canary(host, "dtd")}">'),
        reads(*TITLES),
    ),
    xml(
        "xinclude",
        "includes a file of this machine and an address elsewhere",
        "includes neither",
        included,
        reads("Before", "Includes", "After"),
    ),
    xml(
        "stylesheet",
        "names a stylesheet elsewhere",
        "does not ask for it",
        lambda host: between(host, before=f"<?xml-stylesheet type='text/xsl' href='{canary(host, 'xsl')}'?>"),
        reads(*TITLES),
    ),
    xml("schema-location", "names its schema and base elsewhere", "does not ask for them", located, reads(*TITLES)),
    xml(
        "atom-doctype",
        "is Atom with a DTD that defines an entity by itself",
        "expands nothing",
        lambda host: atom(host, "Words &r;", "<!DOCTYPE feed [<!ENTITY r '&r;boom'>]>", "A &r;"),
        holds(1),
        nowhere("boom"),
    ),
    xml(
        "active-xhtml",
        "embeds scripts, frames and styles of elsewhere",
        "stores the words and the picture's address, asks for nothing",
        active,
        reads("First"),
        nowhere(r"evil\(|@import|onclick="),
    ),
    xml(
        "attributes",
        "has one tag of 100,000 attributes",
        "refuses it at once",
        lambda host: between(host, f"<x {numbered(MANY)}/>"),
        fails(TAG),
        keeps(),
    ),
    xml(
        "attributes-hidden",
        "has 100 tags of 6,000 attributes behind a '>'",
        "refuses it at once",
        lambda host: between(host, f"<x z='>' {numbered(6000)}/>" * 100, before=DTD),
        fails(TAG),
        keeps(),
    ),
    xml(
        "namespaces",
        "declares 100,000 namespaces in its first tag",
        "refuses it at once",
        lambda host: between(host, root="".join(f" xmlns:n{n}='u{n}'" for n in range(MANY))),
        fails(TAG),
        keeps(),
    ),
    xml(
        "deep",
        "nests 200,000 elements in one item",
        "keeps the item before, says that the rest is not read",
        lambda host: between(host, item(host, 2, "Deep", "<b>" * 200_000 + "</b>" * 200_000)),
        reads("Before"),
    ),
    xml(
        "deep-only",
        "nests 200,000 elements in its only entry",
        "fails with the reason",
        lambda host: atom(host, "<b>" * 200_000 + "x" + "</b>" * 200_000),
        fails("no complete item within 150,000 tags"),
        keeps(),
    ),
    xml(
        "deep-html",
        "escapes 200,000 unclosed div in one item",
        "stores the item",
        lambda host: between(host, item(host, 2, "Middle", f"<description>x{'&lt;div>' * 200_000}</description>")),
        reads(*THREE),
    ),
]

"""Nothing in; outlets whose feeds and JSON attack the parser by size, encoding and type out."""

import json
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from tests.hostile.behaviour import Aftermath, Behaviour, Check, fails, holds, keeps, nowhere
from tests.hostile.documents import (
    DTD,
    MANY,
    TAG,
    THREE,
    TITLES,
    WIDE,
    between,
    item,
    quick,
    reads,
    recovers,
    rss,
    served,
    within,
    xml,
)
from tests.hostile.server import Host


def listing(**items: Any) -> bytes:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T"} | items).encode()


def entry(host: Host, number: int, title: str = "", **more: Any) -> dict[str, Any]:
    return {"id": f"nnn{number}", "url": host.url(f"/news/{number}"), "title": title} | more


def jsonfeed(name: str, does: str, correct: str, make: Callable[[Host], bytes], *checks: Check) -> Behaviour:
    return Behaviour(
        name,
        "Parsers",
        does,
        correct,
        served(make, "application/feed+json"),
        (*checks, quick(3)),
        source={"kind": "feed"},
    )


def odd(host: Host) -> bytes:
    types = entry(host, 2, "Types", id={}, authors="x", tags=5, attachments={}, date_published=5, image=[], language=1)
    return listing(items=[entry(host, 1, "Before"), types, [], None, 5, {"title": [], "url": {}}, entry(host, 9, "After")])


def with_raw(host: Host, key: str, raw: str) -> bytes:
    """A feed whose middle item has `raw` JSON as its `key`."""
    items = [entry(host, 1, "Before"), entry(host, 2, "Middle") | {key: "@@"}, entry(host, 9, "After")]
    return listing(items=items).replace(b'"@@"', raw.encode())


def tagged(count: int) -> Check:
    def check(after: Aftermath) -> Iterator[str]:
        found = max((len(json.loads(row["tags"] or "[]")) for row in after.rows), default=0)
        if found != count:
            yield f"{found} tags, expected {count}"

    return check


def spread(host: Host) -> bytes:
    count = 140_000 if host.farm.crawl == 1 else 2
    return between(host, "".join(f"<n{n}:x xmlns:n{n}='u{n}'/>" for n in range(count)), before=DTD)


VALUES: list[Behaviour] = [
    xml(
        "long-text",
        "has a text of 9 MB, a line each two characters",
        "stores the items, the long text not",
        lambda host: between(host, item(host, 2, "Middle", "<description>" + "x\n\n" * (WIDE // 3) + "</description>")),
        reads(*THREE),
        within("text", 0),
        within("summary", 1000, 900),
        threat="Sizes",
    ),
    xml(
        "long-markup",
        "has a CDATA section of 9 MB of paragraphs",
        "stores the items",
        lambda host: between(host, item(host, 2, "Middle", f"<description><![CDATA[{'<p>x' * (WIDE // 4)}]]></description>")),
        reads(*THREE),
        within("content_html", 1_000_000),
        threat="Sizes",
    ),
    xml(
        "long-angles",
        "has a text of 9 MB of escaped '<'",
        "stores the items",
        lambda host: between(host, item(host, 2, "Middle", "<description>" + "&lt;" * (WIDE // 4) + "</description>")),
        reads(*THREE),
        within("summary", 1000),
        threat="Sizes",
    ),
    xml(
        "long-attribute",
        "has an attribute of 9 MB",
        "refuses it at once",
        lambda host: between(host, f"<x a='{'y' * WIDE}'/>"),
        fails(TAG),
        keeps(),
        threat="Sizes",
    ),
    xml(
        "long-comment",
        "has a comment and an instruction of 2 MB each",
        "stores the items around them",
        lambda host: between(host, f"<!--{'y' * 2_000_000}--><?x {'y' * 2_000_000}?>"),
        reads(*TITLES),
        threat="Sizes",
    ),
    xml(
        "comments",
        "has 200,000 comments",
        "keeps the item before, says that the rest is not read",
        lambda host: between(host, "<!--x-->" * 200_000, before=DTD),
        reads("Before"),
    ),
    xml(
        "comments-few",
        "has 50,000 comments",
        "stores both items",
        lambda host: between(host, "<!--x-->" * 50_000, before=DTD),
        reads(*TITLES),
    ),
    xml(
        "ampersands",
        "has a title of 9,000,000 ampersands",
        "keeps the item before",
        lambda host: between(host, item(host, 2, "&" * WIDE)),
        reads("Before"),
    ),
    xml(
        "long-author",
        "has authors of 1 MB, dots in one, in CDATA the other",
        "cuts them before they are searched for addresses",
        lambda host: between(
            host,
            item(host, 2, "Middle", f"<author>x{'a.' * 500_000}y@</author>")
            + item(host, 3, "Other", f"<author><![CDATA[x{'a.' * 500_000}y@]]></author>"),
            before=DTD,
        ),
        reads("Before", "Middle", "Other", "After"),
        within("authors", 3000),
    ),
    xml(
        "namespaces-spread",
        "declares a namespace in each of 140,000 elements, once",
        "stops it, says so, reads the next one",
        spread,
        recovers(*TITLES),
    ),
    xml(
        "utf-7",
        "declares UTF-7 and hides a script in it",
        "reads ASCII",
        lambda host: between(host, item(host, 2, "+ADw-script+AD4-"), version="version='1.0' encoding='utf-7'"),
        reads("Before", "+ADw-script+AD4-", "After"),
        nowhere("<script>"),
    ),
    xml(
        "bom-lie",
        "begins with the mark of UTF-16 and is ASCII",
        "reads ASCII",
        lambda host: b"\xff\xfe" + between(host),
        reads(*TITLES),
    ),
    xml(
        "bom-truth",
        "is UTF-16 but says UTF-8",
        "reads UTF-16",
        lambda host: between(host, version="version='1.0' encoding='UTF-8'").decode().encode("utf-16"),
        reads(*TITLES),
    ),
    xml("utf-32", "is UTF-32", "reads UTF-32", lambda host: between(host).decode().encode("utf-32"), reads(*TITLES)),
    xml(
        "no-encoding",
        "declares encodings that do not exist, in header and document",
        "reads UTF-8",
        lambda host: between(host, item(host, 2, "Müller"), version="version='1.0' encoding='hex'"),
        reads("Before", "Müller", "After"),
        media="text/xml; charset=x-nothing",
    ),
    xml(
        "nul",
        "has NUL bytes in titles and 4 MB of them at its end",
        "stores both titles without them",
        lambda host: rss(item(host, 1, "Bef\0ore"), item(host, 2, "After\0")) + b"\0" * 4_000_000,
        reads(*TITLES),
    ),
    xml(
        "cut-entity",
        "breaks off within an entity",
        "keeps what is whole",
        lambda host: rss(item(host, 1, "Before"), item(host, 2, "Cut &am|")).partition(b"|")[0],
        reads("Before"),
    ),
    xml(
        "categories",
        "has 200,000 categories in one item",
        "stores fifty",
        lambda host: between(host, item(host, 2, "Middle", "".join(f"<category>c{n}</category>" for n in range(200_000)))),
        reads(*THREE),
        tagged(50),
    ),
    xml(
        "long-title",
        "has a title of 5 MB",
        "cuts it",
        lambda host: between(host, item(host, 2, "a" * 5_000_000)),
        holds(3),
        within("title", 1000, 1000),
        threat="Sizes",
    ),
    xml(
        "long-title-markup",
        "has a title of 5 MB of twice escaped tags",
        "reads the title's beginning",
        lambda host: between(host, item(host, 2, "Middle " + escape(escape("<b>")) * 400_000)),
        reads(*THREE),
        threat="Sizes",
    ),
    xml(
        "blank-title",
        "has 100 kB of blanks in title and date",
        "folds the title, reads no date",
        lambda host: between(host, item(host, 2, "Mid" + " \n" * 50_000 + "dle", f"<pubDate>1{' ' * MANY}2026</pubDate>")),
        reads("Before", "Mid dle", "After"),
    ),
    jsonfeed(
        "json-deep",
        "nests 4,500,000 lists",
        "fails with the reason",
        lambda _: b"[" * 4_500_000,
        fails("JSON nested too deeply"),
        keeps(),
    ),
    jsonfeed(
        "json-digits",
        "has a number of 1,000,000 digits",
        "fails with the reason",
        lambda host: with_raw(host, "x", "9" * 1_000_000),
        fails("a number in the JSON is absurdly long"),
        keeps(),
    ),
    jsonfeed(
        "json-infinite",
        "dates an item 1e999999 and NaN",
        "stores it undated",
        lambda host: with_raw(host, "date_published", '1e999999, "date_modified": NaN, "id": -Infinity'),
        reads(*THREE),
    ),
    jsonfeed(
        "json-twice",
        "says each key twice",
        "takes the last one",
        lambda host: listing(items=[{}]).replace(
            b"{}", json.dumps(entry(host, 1, "Last")).replace("{", '{"title": "First", "url": 5, ').encode()
        ),
        reads("Last"),
    ),
    jsonfeed(
        "json-long",
        "has a text of 9 MB",
        "stores the items",
        lambda host: with_raw(host, "content_html", f'"<p>{"w " * (WIDE // 2)}"'),
        reads(*THREE),
        within("content_html", 1_000_000),
    ),
    jsonfeed(
        "json-types",
        "has values of the wrong type everywhere",
        "stores what can be read",
        odd,
        reads("Before", "Types", "After"),
    ),
    jsonfeed(
        "json-items",
        "has an object for its items",
        "fails with the reason",
        lambda _: listing(items={"a": 1}),
        fails("JSON without a list of items"),
        keeps(),
    ),
    jsonfeed(
        "json-surrogates",
        "has lone surrogates in title and identity",
        "drops them",
        lambda host: with_raw(host, "title", '"Mid\\udfffdle", "id": "nnn2\\ud800"'),
        reads(*THREE),
    ),
    jsonfeed(
        "json-top",
        "is a list",
        "fails with the reason",
        lambda host: json.dumps([entry(host, 1)]).encode(),
        fails("JSON without a list of items"),
        keeps(),
    ),
    jsonfeed(
        "json-numbers",
        "has 3,000,000 numbers for items",
        "gives fifty reasons",
        lambda _: b'{"items":[1' + b",1" * 3_000_000 + b"]}",
        reads(),
    ),
    jsonfeed(
        "json-authors",
        "has an item of 200,000 authors, and one whose author is 3 MB of tags",
        "stores fifty, and none",
        lambda host: with_raw(host, "authors", json.dumps([{"name": f"Ann No{n}"} for n in range(200_000)])).replace(
            b'"After"', f'"After", "authors": [{{"name": "{"<b>" * 1_000_000}"}}]'.encode()
        ),
        reads(*THREE),
        within("authors", 2000),
    ),
]

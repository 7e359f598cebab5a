"""Nothing in; outlets that put scripts into every text and address they list out."""

import json
from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from tests.hostile.behaviour import FEED, Aftermath, Behaviour, Check, Route, results
from tests.hostile.published import appears, inert, nothing_runs
from tests.hostile.server import Asked, Host, Reply

SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "media": "http://search.yahoo.com/mrss/",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    }.items()
)
JSON, HTML = {"Content-Type": "application/feed+json"}, {"Content-Type": "text/html; charset=utf-8"}

# Each vector is a script for some parser, old or new, or for two that disagree; the nested ones are well-formed, for XHTML in Atom.
KNOWN = json.loads((Path(__file__).parent / "texts.json").read_text())
VECTORS, NESTED, ADDRESSES = KNOWN["vectors"], KNOWN["nested"], KNOWN["addresses"]


def xml(host: Host, *items: str, head: str = "") -> Reply:
    """An RSS document of raw items that is another one in each crawl."""
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0" {SPACES}><channel><title>T</title><link>{host.url("/")}</link>'
    )
    body += f"<description>{host.farm.crawl}</description>{head}{''.join(items)}</channel></rss>"
    return Reply(body.encode("utf-8", "surrogatepass"))


def item(number: int, host: Host, inner: str, title: str = "") -> str:
    """One raw item with a link and a guid of its own."""
    named = f"<title>{title}</title>" if title else ""
    return f"<item>{named}<link>{host.url(f'/news/{number}')}</link><guid isPermaLink='false'>guid-{number}</guid>{inner}</item>"


def atom(host: Host, entries: Iterable[str]) -> Reply:
    """An Atom document of raw entries, to each of which an id and a link are added."""
    made = "".join(
        f"<entry><id>urn:guid:{n}</id><link href='{host.url(f'/news/{n}')}'/><updated>2026-01-02T03:04:05Z</updated>{entry}</entry>"
        for n, entry in enumerate(entries)
    )
    body = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{host.farm.crawl}</title><id>urn:t</id>'
    return Reply(f"{body}<updated>2026-01-02T03:04:05Z</updated>{made}</feed>".encode("utf-8", "surrogatepass"))


def jsonfeed(host: Host, items: Iterable[Mapping[str, Any]], **more: Any) -> Reply:
    """A JSON Feed; items get an id and an address unless they have one."""
    said = [{"id": f"guid-{n}", "url": host.url(f"/news/{n}")} | dict(one) for n, one in enumerate(items)]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": f"T{host.farm.crawl}", "items": said}
    return Reply(json.dumps(document | more).encode(), headers=JSON)


def cdata(text: str) -> str:
    return f"<![CDATA[{text.replace(']]>', ']]]]><![CDATA[>')}]]>"


def legal(text: str) -> str:
    """Without the characters that no XML may hold, which would make another parser read the whole document."""
    return text.replace("\0", "").replace("\x01", "")


def later(make: Callable[[Host], Reply]) -> Callable[[Host], Mapping[str, Route]]:
    """Routes of a feed that is empty in the first crawl, so that all of it is news in the second."""

    def routes(host: Host) -> Mapping[str, Route]:
        return {FEED: lambda _: make(host) if host.farm.crawl > 1 else xml(host), "*": page(host)}

    return routes


def page(host: Host) -> Callable[[Asked], Reply]:
    """An article page whose paragraphs, JSON-LD and meta data are vectors, a tenth of them for each number in the path."""

    def answer(asked: Asked) -> Reply:
        number = int("".join(filter(str.isdigit, asked.path)) or 0)
        mine = VECTORS[number::10]
        filler = "The council met again on Tuesday and put off its decision until the report is there, said the mayor. "
        ld = {
            "@type": "NewsArticle",
            "headline": mine[0],
            "author": {"name": mine[1]},
            "articleSection": mine[2],
            "keywords": [*mine],
        }
        head = f"<title>{mine[3]}</title><meta property=og:title content='{escape(mine[4])}'>"
        head += f"<meta name=author content='{escape(mine[5])}'>"
        said = json.dumps(ld).replace("</", "<\\/")
        head += f"<script type=application/ld+json>{said}</script>"
        body = "".join(f"<p>{filler}{vector}</p><p>{filler * 2}</p>" for vector in mine)
        return Reply(
            f"<!doctype html><html><head>{head}</head><body><article><h1>News</h1>{body}</article>".encode(),
            headers=HTML,
        )

    return answer


def scripts(name: str, does: str, count: int, make: Callable[[Host], Reply], *checks: Check, **keys: Any) -> Behaviour:
    """An outlet that is republished whole and lists `count` articles that run something somewhere."""
    keys = {"outlet": {"republish": "full"}} | keys
    correct = "stores and publishes every article; no browser runs anything of it"
    told = results("ok", "ok", "ok")
    return Behaviour(
        name,
        "Texts",
        does,
        correct,
        later(make),
        (told, inert, stored(count), appears(count, count), *checks),
        feed=True,
        **keys,
    )


def stored(count: int) -> Check:
    """So many articles, each listed once, all with a title; none edited."""

    def check(after: Aftermath) -> Iterable[str]:
        if len(after.rows) != count or not all(row["title"] for row in after.rows):
            yield f"{len(after.rows)} articles, {sum(not row['title'] for row in after.rows)} of them without title, expected {count}"
        yield from (f"{row['title'][:80]!r} was edited" for row in after.rows if row["revision"] > 1)

    return check


def rss_of(write: Callable[[str], str]) -> Callable[[Host], Reply]:
    """All vectors as title, summary, body, author and tag, as `write` writes them."""

    def make(host: Host) -> Reply:
        said = [write(legal(vector)) for vector in VECTORS]
        wrap = "<description>{0}</description><content:encoded>{1}</content:encoded>"
        wrap += "<dc:creator>{0}</dc:creator><category>{0}</category>"
        bodies = [write(f"<p>Before</p>{legal(vector)}<p>After</p>") for vector in VECTORS]
        return xml(
            host,
            *(
                item(n, host, wrap.format(text, body), f"T{n} {text}")
                for n, (text, body) in enumerate(zip(said, bodies, strict=True))
            ),
        )

    return make


def typed(host: Host) -> Reply:
    """Atom whose titles are text and HTML in turn, bodies too."""
    kinds = ("html", "text", "text/html", "text/plain")
    return atom(
        host,
        (
            f"<title type='{kinds[n % 2]}'>T{n} {escape(legal(v))}</title>"
            f"<summary type='{kinds[(n + 1) % 2]}'>{escape(legal(v))}</summary>"
            f"<content type='{kinds[n % 4]}'>{escape(legal(v))}</content><author><name>{escape(legal(v))}</name></author>"
            for n, v in enumerate(VECTORS)
        ),
    )


def nested(host: Host) -> Reply:
    div = "<div xmlns='http://www.w3.org/1999/xhtml'>"
    return atom(
        host,
        (
            f"<title type='xhtml'>{div}T{n} {v}</div></title><content type='xhtml'>{div}<p>Before</p>{v}<p>After</p></div></content>"
            for n, v in enumerate(NESTED)
        ),
    )


def in_json(key: str) -> Callable[[Host], Reply]:
    def make(host: Host) -> Reply:
        items = [
            {
                "title": f"T{n} {v}",
                key: f"Before {v} After",
                "summary": v,
                "authors": [{"name": v, "url": v}],
                "tags": [v],
                "language": v,
            }
            for n, v in enumerate(VECTORS)
        ]
        return jsonfeed(host, items, icon=VECTORS[0], home_page_url="javascript:alert(1)", authors=[{"name": VECTORS[0]}])

    return make


def addressed(host: Host) -> Reply:
    """Links, images, enclosures, guids and links in the text that are no web addresses; each item has a title."""
    return jsonfeed(
        host,
        (
            {
                "url": host.url(f"/news/{n}"),
                "title": f"T{n}",
                "content_html": f"<p>Text <a href='{escape(u)}'>a</a><img src='{escape(u)}'></p>",
            }
            | {
                "image": u,
                "banner_image": u,
                "external_url": u,
                "id": u,
                "attachments": [{"url": u, "mime_type": "text/html"}],
            }
            for n, u in enumerate(ADDRESSES)
        ),
    )


def linked(host: Host) -> Reply:
    """RSS whose links are such addresses: those articles cannot be shown, the two around them can."""
    items = [
        f"<item><title>L{n}</title><link>{escape(legal(u))}</link><guid isPermaLink='true'>{escape(legal(u))}</guid></item>"
        for n, u in enumerate(ADDRESSES)
    ]
    return xml(host, item(900, host, "", "Before"), *items, item(901, host, "", "After"))


def only_two_shown(after: Aftermath) -> Iterable[str]:
    """What has no address a reader can follow is stored and left out; the honest articles around it are published."""
    shown = {one["title"]: one["url"] for one in json.loads(after.published[f"feeds/{after.name}.json"])["items"]}
    expected = {row["title"]: row["url"] for row in after.rows if row["url"]}
    if shown.keys() != expected.keys() or not {"Before", "After"} <= shown.keys():
        yield f"published {sorted(shown)}, expected {sorted(expected)}"


def paged(host: Host) -> Reply:
    return xml(host, *(item(n, host, "", f"News {n}") for n in range(10)))


def texts_of_pages(after: Aftermath) -> Iterable[str]:
    yield from (f"the page of {row['title']} was not read" for row in after.rows if "The council met" not in row["text"])


SCRIPTS: list[Behaviour] = [
    scripts("xss-rss", "escapes scripts in its RSS once", len(VECTORS), rss_of(escape)),
    scripts("xss-rss-cdata", "has scripts in CDATA", len(VECTORS), rss_of(cdata)),
    scripts("xss-rss-twice", "escapes scripts twice", len(VECTORS), rss_of(lambda text: escape(escape(text)))),
    scripts(
        "xss-rss-thrice",
        "escapes scripts three times, in CDATA",
        len(VECTORS),
        rss_of(lambda text: cdata(escape(escape(text)))),
    ),
    scripts("xss-atom", "has scripts in Atom texts of every type", len(VECTORS), typed),
    scripts("xss-atom-xhtml", "has scripts as elements of XHTML and other namespaces", len(NESTED), nested),
    scripts("xss-json", "has scripts in the HTML of a JSON Feed", len(VECTORS), in_json("content_html")),
    scripts("xss-json-text", "has scripts in the plain text of a JSON Feed", len(VECTORS), in_json("content_text")),
    scripts("xss-addresses", "attaches and links javascript:, data: and broken addresses", len(ADDRESSES), addressed),
    scripts(
        "xss-pages",
        "has scripts on its article pages",
        10,
        paged,
        texts_of_pages,
        outlet={"republish": "full", "full_text": True},
    ),
    Behaviour(
        "xss-links",
        "Texts",
        "lists articles at javascript:, data: and broken addresses",
        "stores each once (four repeat others), and shows only what a reader can follow",
        later(linked),
        (results("ok", "ok", "ok"), inert, stored(len(ADDRESSES) + 2 - 4), only_two_shown),
        feed=True,
        outlet={"republish": "full"},
    ),
    scripts(
        "xss-names",
        "is called a script, as are its feed, authors, tags and sources",
        1,
        lambda host: xml(
            host,
            item(
                1,
                host,
                "".join(
                    f"<{tag}>{escape(VECTORS[11])}</{tag}>"
                    for tag in ("author", "dc:creator", "category", "dc:publisher", "source")
                ),
                "One",
            ),
            head=f"<image><url>javascript:alert(1)</url><title>{escape(VECTORS[0])}</title></image><generator>{escape(VECTORS[0])}</generator>",
        ),
        nothing_runs("xss-"),
        outlet={
            "republish": "full",
            "name": "<script>alert(1)</script><img src=x onerror=alert(1)>",
            "homepage": 'https://x.example/"><script>alert(1)</script>',
        },
    ),
]

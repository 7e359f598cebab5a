"""A seeded `random.Random` in; the bytes of one document, query or configuration out, as no outlet should write it."""

import json
from collections.abc import Callable
from random import Random

from tests.fuzz.made import HOSTS, VECTORS, markup, moment, url, words
from tests.fuzz.mutations import STRANGE, decoded, encoded, mutated, one, seeds, text

# --- documents

SAID = (
    "title link guid pubDate description content:encoded dc:creator author category media:content enclosure updated summary id name url "
    "media:group itunes:summary dc:date published content source skipHours ttl sy:updatePeriod image comments"
)
SPACES = (
    "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/' "
    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
)
PIECES = [
    "<item>", "</item>", "<entry>", "</entry>", "<channel>", "<![CDATA[", "]]>", "<!DOCTYPE rss>", "<!ENTITY a 'b'>", "&a;", "<?xml version='1.1'?>",
    "encoding='utf-7'", "xml:base='http://[x'", "xml:lang='en'", "type='xhtml'", "isPermaLink='true'", "<loc>", "<url>", "<sitemap>", "<h2><a href=/x>",
    "<script type='application/ld+json'>", '{"@type":"NewsArticle","url":"/x"}', '"link":', "null", "1e999", "[[", '"\\ud800"', "NaN", "-1", "true",
    "xmlns='http://www.w3.org/2005/Atom'", "rel='alternate'", "href='http://[::1'", "mode='escaped'", "xml:space", "&#x85;", "&#x202e;", "9" * 5000,
]  # fmt: skip
TYPES = ("text/xml", "application/rss+xml; charset=utf-8", "text/html; charset=windows-1252", "", "text/plain; charset=utf-16", "application/json",
         "text/xml; charset=x\0y", "; charset=hex", "text/html; charset=utf-7", "application/xml; charset=idna")  # fmt: skip


def value(random: Random) -> str:
    """What may stand in an element: a date, an address, markup plain, escaped or in a section, text."""
    kind = random.randrange(6)
    if kind == 0:
        return moment(random)
    if kind == 1:
        return decoded(url(random)).replace("&", "&amp;")
    made = markup(random, 6) if kind < 4 else text(random, 30)
    return (
        f"<![CDATA[{made}]]>" if kind == 3 else made if random.random() < 0.2 else made.replace("&", "&amp;").replace("<", "&lt;")
    )


def said(random: Random) -> str:
    name = one(random, SAID)
    given = random.choice(
        ("", "", "", " type='html'", " isPermaLink='false'", f" url='{one(random, HOSTS)}' length='9'", " href='/a'")
    )
    return f"<{name}{given}>{value(random)}</{name}>"


def feed(random: Random) -> str:
    root, inner = random.choice(
        (("rss version='2.0'", "item"), ("feed xmlns='http://www.w3.org/2005/Atom'", "entry"), ("rdf:RDF", "item"))
    )
    items = "".join(
        f"<{inner}>{''.join(said(random) for _ in range(random.randrange(7)))}</{inner}>" for _ in range(random.randrange(4))
    )
    inside = f"<title>T</title>{said(random) if random.random() < 0.3 else ''}{items}"
    return f"<{root} {SPACES}>{f'<channel>{inside}</channel>' if 'rss' in root else inside}</{root.split()[0]}>"


def anything(random: Random, depth: int = 3) -> object:
    """A JSON value; objects have the names that readers look for."""
    kind = random.randrange(9 if depth else 6)
    if kind < 6:
        return (
            words(random),
            moment(random),
            decoded(url(random)),
            random.choice((0, -1, 1e308, 10**30, 1.7e9, 1_700_000_000)),
            None,
            True,
        )[kind]
    if kind == 6:
        return [anything(random, depth - 1) for _ in range(random.randrange(4))]
    names = "id url title authors author name items date_published summary content_html content_text tags link date data next attachments "
    names += "@type headline datePublished image itemListElement item @graph mime_type size_in_bytes language external_url"
    return {one(random, names): anything(random, depth - 1) for _ in range(random.randrange(7))}


def items(random: Random) -> str:
    listed = [anything(random, 2) if random.random() < 0.2 else {
        "id": anything(random, 0), "url": anything(random, 0), "link": anything(random, 0), "title": anything(random, 1), "date": anything(random, 0),
        "authors": anything(random, 2), "content_html": markup(random, 6), "date_published": anything(random, 0), "summary": anything(random, 0),
    } for _ in range(random.randrange(4))]  # fmt: skip
    return json.dumps({"items": listed, "data": {"items": listed}, "title": anything(random, 0), "next": anything(random, 0)})


def sitemap(random: Random) -> str:
    def entry() -> str:
        kind = one(random, "url url url sitemap")
        news = f"<n:news><n:title>{value(random)}</n:title><n:publication_date>{moment(random)}</n:publication_date></n:news>"
        return (
            f"<{kind}><loc>{value(random)}</loc><lastmod>{moment(random)}</lastmod>{news if random.random() < 0.5 else ''}</{kind}>"
        )

    root = one(random, "urlset urlset sitemapindex")
    return f"<{root} xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{''.join(entry() for _ in range(random.randrange(4)))}</{root}>"


def page(random: Random) -> str:
    def entry() -> str:
        ld = f"<script type=application/ld+json>{json.dumps(anything(random))}</script>" if random.random() < 0.4 else ""
        return f"<h2><a href='{decoded(url(random))}'>{words(random)}</a></h2><time datetime='{moment(random)}'>{ld}{markup(random, 6)}"

    state = f"<script id=state>window.S = {items(random)};</script>" if random.random() < 0.2 else ""
    return (
        f"<html><title>{words(random)}</title>{state}{''.join(entry() for _ in range(random.randrange(4)))}<a class=next href=/2>"
    )


BODIES: dict[str, tuple[Callable[[Random], str], ...]] = {
    "feed": (feed, feed, items), "sitemap": (sitemap, sitemap, feed, page), "listing": (page,), "listing-xpath": (page,), "json-ld": (page,),
    "api": (items,), "script": (page,),
}  # fmt: skip


def source(random: Random) -> bytes:
    """A line with the kind and the media type, then a document of that kind."""
    found = seeds("source")
    if found and random.random() < 0.4:
        return mutated(random, random.choice(found), found, PIECES + VECTORS + STRANGE)
    kind = random.choice(list(BODIES))
    body = encoded(random.choice(BODIES[kind])(random))
    if random.random() < 0.3:
        body = mutated(random, body, found, PIECES + STRANGE)
    if random.random() < 0.05:
        body = body.decode("utf-8", "replace").encode(one(random, "utf-16 utf-32 utf-7 cp1252 shift-jis utf-8-sig"), "replace")
    return encoded(f"{kind} {random.choice(TYPES)}\n") + body


# --- queries and configurations

QUERY = (
    "title: body: author: category: tag: section: outlet:harbour lang:en lang:pt_BR age:<7d age:>1h age:<999999999d published:2026-11-01.. url: "
    'guid: has:image is:urgent is:pinned * ( ( ) ) - NOT AND OR and not ferry Ferry* "on\u00a0time" " : / 東京 ß* covid-19 _ a.b ٣ é \'x\' , “ ” -- *x'
)


def query(random: Random) -> bytes:
    parts = []
    for _ in range(random.randrange(12)):
        parts.append(one(random, QUERY) if random.random() < 0.85 else text(random, 5))
        parts.append(random.choice(("", " ", " ", " ", "\n")))
    if random.random() < 0.03:
        parts.insert(
            random.randrange(len(parts) + 1),
            one(random, "( - NOT\u00a0 a\u00a0 a\u00a0OR\u00a0 title:( ").replace("\u00a0", " ") * random.choice((40, 60, 900)),
        )
    return encoded("".join(parts)) if random.random() < 0.9 else mutated(random, encoded("".join(parts)), (), STRANGE)


VALUES = [
    '""', '"x"', "0", "-1", "1.5", "1e400", "nan", "inf", "true", "[]", "{}", "[[]]", '["a", 1]', "2026-11-22", "2026-11-22T12:00:00Z", "12:00:00", "0x7f",
    '"http://[::1"', '"https://x.example/"', '"https://a@b/"', '"${HOME}"', '"${NO}"', '"* * * * *"', '"0 0 30 2 *"', '"1-99999999999 * * * *"',
    '"10.0.0.0/8"', '"../../x"', '"/"', '"\\u0000"', '"\\U0010ffff"', '"é\\n"', "9" * 5000, '"' + "9" * 5000 + '"', '"sqlite:///x"', '"Europe/London"',
    '"title:(("', '"adaptive"', '"90d"', '"999999d"', '["rss", "rss"]', '{ a = 1 }', '[{ kind = "api", url = "http://x/" }]', "'''a\nb'''", '"\\ud800"',
    '"age:<1d"', '"mailto:a@b"', '"en"', '"x.example,2026"', '"http://x.example:٣/"', '"http://１２７.1/"',
]  # fmt: skip


def configuration(random: Random) -> bytes:
    """The three files, as the golden cases of the configuration tests write them, with some values and lines changed."""
    lines = random.choice(seeds("config")).decode("utf-8", "replace").split("\n")
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(lines))
        key, equals, _ = lines[at].partition(" = ")
        kind = random.random()
        if equals and kind < 0.6:
            lines[at] = f"{key} = {random.choice(VALUES) if kind < 0.5 else json.dumps(words(random))}"
        elif kind < 0.8:
            lines.insert(at, random.choice(lines) if kind < 0.7 else f"{text(random, 6)} = {random.choice(VALUES)}")
        else:
            del lines[at]
            lines = lines or [""]
    made = encoded("\n".join(lines))
    return made if random.random() < 0.8 else mutated(random, made, seeds("config"), VALUES + STRANGE)

"""The bytes of one input in; nothing out, or what a broken promise raises: documents of sources, queries, configurations."""

import re
import tempfile
from dataclasses import astuple, replace
from datetime import UTC, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import Request

from crawler.read.item import DIGEST, Origin
from crawler.work import read_source
from tests.archive import NOW, PLAIN_SET, article
from tests.fuzz.mutations import decoded
from tests.fuzz.texts import EARLIEST, HERE, LATEST, harmless, sound, web
from tickerwire.config import Source, load
from tickerwire.errors import ConfigError, QueryError
from tickerwire.model import Entry
from tickerwire.query import And, Folded, Not, Or, Query, compile_query, leaves, parse
from tickerwire.query.expect import passes
from tickerwire.store import Store
from tickerwire.store.rows import as_json

NEWS = {"title": "h2", "date": "time", "summary": "p"}
API = {
    "items": "data.items || items",
    "title": "title",
    "link": "link",
    "published": "date",
    "summary": "summary",
    "next": "next",
}
SOURCES = {kind: Source(url=HERE, **said) for kind, said in {  # type: ignore[arg-type]
    "feed": {"kind": "feed"}, "sitemap": {"kind": "sitemap"}, "listing": {"kind": "listing", "links": "h2 a", "next": "a.next"} | NEWS,
    "listing-xpath": {"kind": "listing", "links": "//h2", "next": "//a[@class='next']/@href", "date": "//time/@datetime"},
    "json-ld": {"kind": "listing", "links": "json-ld"}, "api": {"kind": "api"} | API, "script": {"kind": "api", "script": "script#state"} | API,
}.items()}  # fmt: skip


def source(data: bytes) -> None:
    """A document of any kind raises nothing, and what is kept of it can be stored and shown."""
    head, _, body = data.partition(b"\n")
    kind, _, media = head.decode("latin-1").partition(" ")
    headers = {"content-type": media, "tdm-reservation": media[:1], "x-robots-tag": media}
    origin, how = Origin(HERE, NOW, "en", "Europe/London"), SOURCES.get(kind, SOURCES["feed"])
    read = read_source(body, headers, origin, how)
    as_json([*astuple(read)[1:6], read.error]).encode()
    for known in (read.items, read.items[: len(read.items) // (2 * DIGEST) * DIGEST]):
        again = read_source(body, headers, replace(origin, known=known), how)
        assert [(*one.keys, one.guid_hash) for one in again.entries] == [(*one.keys, one.guid_hash) for one in read.entries]
    assert 0 <= read.ttl < 2**31, read.ttl
    assert not read.error or not read.entries
    for text in (read.title, read.error, read.skip):
        assert "\n" not in text and len(text) < 2_000, text
    for url in read.follow:
        web(url)
    for found in read.entries:
        assert re.fullmatch(r"[0-9a-f]{20}", found.guid_hash)
        assert found.keys and all(re.fullmatch(r"[ugt]:[0-9a-f]{32}", key) for key in found.keys)
        kept(found.entry)
        if found.entry.link:
            web(found.url)
        as_json(found.entry.provenance).encode()


def kept(entry: Entry) -> None:
    """Fail unless everything an entry holds is clean."""
    for text, limit in (
        (entry.title, 1_000),
        (entry.summary, 1_000),
        (entry.source_guid, 2_000),
        (entry.section, 1_000),
        (entry.language, 40),
    ):
        sound(text, limit)
    for text in (*entry.authors, *entry.tags):
        sound(text, 200)
    sound(entry.text, lines=True)
    harmless(entry.content_html)
    for date in filter(None, (entry.published, entry.updated)):
        assert date.tzinfo is UTC and EARLIEST <= date <= LATEST, date
    for url in filter(None, (entry.link, entry.image, *(file.url for file in entry.enclosures))):
        web(url)
    assert all(0 <= file.length < 2**53 for file in entry.enclosures)


@cache
def archive() -> Store:
    """Stored articles that say what queries ask for, in a database of this process."""
    store = Store.open(Path(tempfile.mkdtemp(prefix="fuzz")) / "articles.db")
    from tests.archive import commit

    for number, said in enumerate(
        (
            "Ferry on time",
            "FERRY’s 東京 ß COVID-19",
            "a b é ٣ x _ not",
            "no",
            "time ferry on",
            *(one.title for one in PLAIN_SET),
        )
    ):
        more = {
            "authors": ("x Ferry", "on"),
            "tags": ("ferry", "x"),
            "language": ("en", "pt-BR", "", "EN-gb")[number % 4],
            "image": "https://i.example/a"[: number % 2 * 99],
        }
        commit(store, said, NOW - timedelta(minutes=30 * number), link=f"https://harbour.example/{number}?x=a", **more)
    return store


def query(data: bytes) -> None:
    """Any text is read or refused with its place; the index never loses what the predicate accepts; examples decide rightly."""
    text = decoded(data)
    try:
        read = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= max(len(text), 4_000)
        assert error.why and "\n" not in error.why, error.why
        str(error).encode()
        return
    nodes(read)
    predicate = compile_query(read)
    every = archive().export()
    belong = {each.id for each in every if predicate(Folded(each), NOW)}
    assert belong <= {each.id for each in archive().candidates(read, NOW)}, text
    for each in islice(every, 3):
        bare = article(1, title=each.title, summary="", outlet="x", url="", link="", guid="", source_guid="", language="")
        expected = passes(read, each.title)
        assert expected is None or predicate(Folded(bare), NOW) is expected


def nodes(read: Query) -> None:
    """Fail unless the tree keeps the shape its nodes promise."""
    assert list(leaves(read))
    match read:
        case Not(part):
            assert not isinstance(part, Not)
            nodes(part)
        case And(parts) | Or(parts):
            assert len(parts) > 1 and not any(isinstance(part, type(read)) for part in parts)
            for part in parts:
                nodes(part)


@cache
def place() -> Path:
    return Path(tempfile.mkdtemp(prefix="fuzz"))


def configuration(data: bytes) -> None:
    """Any three files and environment are loaded or complained of, each complaint on one line."""
    parts = re.split(rb"(?m)^---- (.*)\n", data)
    said = dict(zip((name.decode("latin-1") for name in parts[1::2]), parts[2::2], strict=True))
    for name in ("tickerwire.toml", "outlets.toml", "feeds.toml"):
        (place() / name).write_bytes(said.get(name, b""))
    lines = decoded(said.get("environment", b"")).split("\n")
    env = {name: value for name, equals, value in (line.partition("=") for line in lines) if equals}
    try:
        read = load(place(), place() / "state", env)
    except ConfigError as error:
        assert error.complaints
        for complaint in error.complaints:
            assert "\n" not in str(complaint), str(complaint)
        return
    for outlet in read.outlets:
        for one in outlet.sources:
            assert urlsplit(Request(one.url).url).hostname
    assert read.database.name and read.public.name

"""`outlets`: the configured ones listed, a web address tried and added, OPML read and written: addresses in, TOML out."""

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import listparser
import tomlkit

from crawler.boilerplate import renew
from crawler.read.text import LARGEST, text_of
from scheduler import discover
from syndicate.opml import outlets_opml
from tickerwire.cli.group import PATH, Options, document, reporting, say, show, table, writing
from tickerwire.config import Config, load
from tickerwire.config.values import http_url
from tickerwire.errors import StoreError, TickerwireError, UsageError
from tickerwire.store import Archive

NAME = 100  # characters
RANK = {"feed": 0, "sitemap": 1, "listing": 2}


@click.group()
def outlets() -> None:
    """The configured outlets."""


@outlets.command("list")
@reporting
def list_outlets(options: Options, as_json: bool) -> None:
    """Every outlet with its schedule and sources."""
    config = options.config()
    rows = [
        (o.id, "on" if o.enabled else "off", o.schedule, o.name, " ".join(source.url for source in o.sources))
        for o in config.outlets
    ]
    said = [outlet.model_dump(mode="json", exclude={"headers", "proxy"}) for outlet in config.outlets]
    show(as_json, said, rows, "id, state, schedule, name, sources")


@outlets.command()
@click.pass_obj
def export(options: Options) -> None:
    """The feeds of all outlets as OPML, for any feed reader."""
    click.echo(outlets_opml(options.config()).decode(), nl=False)


@outlets.command()
@click.argument("outlet", metavar="ID")
@click.option("--keep", type=int, metavar="KEY", help="Put what has this key back, and never take it out again.")
@click.option("--remove", type=int, metavar="KEY", help="Take out again what was kept.")
@reporting
def learned(options: Options, outlet: str, keep: int | None, remove: int | None, as_json: bool) -> None:
    """What the pages and titles of the outlet ID repeat, and is therefore cut out of its articles."""
    config = options.config()
    rules = config.outlet(outlet)
    for key in (keep, remove):
        if key is not None:
            with writing(config, "outlets learned") as store:
                store.keep_learned(outlet, key, key == keep)
                say(f"{outlet}: {sum(renew(store, rules))} articles changed; next: tickerwire publish", options)
    with Archive.open(config.database) as archive:
        found = archive.learned(outlet)
    rows = [(one["kind"], one["key"], one["state"], one["times"], one["share"], one["said"][:80]) for one in found]
    show(as_json, found, rows, "kind, key, state, times, share, text")


@outlets.command("try")
@click.argument("url")
@reporting
def attempt(options: Options, url: str, as_json: bool) -> None:
    """What would be collected from URL: its feeds, news sitemaps and lists of articles, and the TOML to add."""
    config = options.config()
    found = explored(config, url, options)
    proposal = toml([proposed(config, found, url)])
    if as_json:
        document(found | {"toml": proposal})
        return
    rows = [
        (each["source"]["kind"], each["entries"], each["dated"], each["newest"], each["source"]["url"], why(each))
        for each in found["tried"]
    ]
    click.echo(table(rows, "kind, entries, dated, newest, address, remark") + "\n")
    articles = found["tried"][0]["articles"]
    click.echo(table([(each["date"], each["title"][:80], each["link"]) for each in articles], "date, title, link"))
    click.echo("\n" + proposal, nl=False)


@outlets.command()
@click.argument("url")
@click.option("--id", "name", help="Its id; by default made from the host's name.")
@click.option("--source", help="Take this of the addresses that `outlets try` lists, not the first.")
@click.pass_obj
def add(options: Options, url: str, name: str | None, source: str | None) -> None:
    """Add the outlet at URL to outlets.toml, whose comments and layout stay."""
    config = options.config()
    found = explored(config, url, options)
    if source:
        found["tried"] = [each for each in found["tried"] if each["source"]["url"] == source and each["entries"]]
        if not found["tried"]:
            raise UsageError(f"--source {source}: nothing was found there; see `tickerwire outlets try {url}`")
    made = proposed(config, found, url) | ({"id": name} if name else {})
    address = made["source"][0]["url"]
    if there := {source.url: outlet.id for outlet in config.outlets for source in outlet.sources}.get(address):
        raise UsageError(f"{address}: already a source of the outlet {there}")
    append(config, [made])
    say(f"added {made['id']}; next: tickerwire crawl --outlet {made['id']}", options)
    click.echo(toml([made]), nl=False)


@outlets.command("import")
@click.argument("file", type=PATH)
@click.pass_obj
def import_opml(options: Options, file: Path) -> None:
    """Add every feed of an OPML file that is not a source yet. Nothing is fetched."""
    config = options.config()
    known = {source.url for outlet in config.outlets for source in outlet.sources}
    taken, made, there, bad = ids(config), [], 0, 0
    for feed in subscriptions(file):
        try:
            url = http_url(feed.url or "")
        except ValueError as error:
            bad += 1
            click.echo(f"tickerwire: skipped {feed.title or feed.url!r}: {error}", err=True)
            continue
        if url in known:
            there += 1
            click.echo(f"tickerwire: skipped {url}: already a source", err=True)
            continue
        known.add(url)
        name = " ".join((feed.title or "").split())[:NAME] or urlsplit(url).hostname or url
        made.append({"id": free_id(url, taken), "name": name, "source": [{"kind": "feed", "url": url}]})
        taken.add(str(made[-1]["id"]))
    if made:
        append(config, made)
    click.echo(f"{len(made)} added, {there} already there" + (f", {bad} unusable" if bad else ""))


def subscriptions(file: Path) -> Iterable[Any]:
    """The feeds an OPML file lists. UsageError when it cannot be read as one."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    text = text_of(raw, "text/xml")
    if len(raw) > LARGEST or "<!ENTITY" in text:
        raise UsageError(f"{file}: not an OPML file (larger than 10 MiB, or it declares entities)")
    found = listparser.parse(text.encode())  # of text it would take the beginning for an address to fetch
    if not found.feeds:
        raise UsageError(f"{file}: no feeds in it; expected OPML with outlines that have an xmlUrl")
    return list(found.feeds)


def explored(config: Config, url: str, options: Options) -> dict[str, Any]:
    """What was found at `url`, the best source first. UsageError for no address, TickerwireError when nothing is there."""
    try:
        http_url(url)
    except ValueError as error:
        raise UsageError(f"{url}: {error}") from None
    found = discover(config, url, options.log_format)
    found["tried"].sort(key=rank)
    if not found["tried"] or not found["tried"][0]["entries"]:
        reasons = [found["reason"], *(each["error"] for each in found["tried"] if each["source"]["url"] == url)]
        raise TickerwireError(f"{url}: no feed, sitemap or list of articles found; {next(filter(None, reasons), 'all are empty')}")
    return found


def rank(tried: dict[str, Any]) -> tuple[object, ...]:
    """Sorts what can be collected before what cannot, feeds before other kinds, comments last, then by titles and dates."""
    source = tried["source"]
    return not tried["entries"], "comments" in source["url"], RANK[source["kind"]], -tried["titled"] - tried["dated"]


def why(tried: dict[str, Any]) -> str:
    """What a person should know of one attempt."""
    links = tried["source"].get("links", "")
    return str(tried["error"]) or (f"links = {links!r}" if links else tried["title"][:NAME])


def proposed(config: Config, found: dict[str, Any], url: str) -> dict[str, Any]:
    """An [[outlet]] with the best source."""
    best = found["tried"][0]
    parts = urlsplit(url)
    made = {
        "id": free_id(url, ids(config)),
        "name": str(best["title"] or found["title"] or parts.hostname)[:NAME],
        "homepage": f"{parts.scheme}://{parts.netloc}/",
        "language": found["language"],
        "source": [best["source"]],
    }
    return {key: value for key, value in made.items() if value}


def ids(config: Config) -> set[str]:
    """The ids outlets have or had."""
    return {name for outlet in config.outlets for name in (outlet.id, *outlet.moved_from)}


def free_id(url: str, taken: set[str]) -> str:
    """An id made from the host's name, with a number where that is taken."""
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    wish = re.sub(r"[^a-z0-9]+", "-", "-".join(labels[:-1] or labels).lower()).strip("-")[:56]
    wish = wish if wish[:1].isalpha() else f"outlet-{wish}".rstrip("-")
    return next(name for name in (wish, *(f"{wish}-{n}" for n in range(2, 10_000))) if name not in taken)


def toml(made: list[dict[str, Any]]) -> str:
    """[[outlet]] tables as they stand in outlets.toml."""
    return tomlkit.dumps({"outlet": made})


def append(config: Config, made: list[dict[str, Any]]) -> None:
    """Put the outlets behind what outlets.toml holds, to the byte, once the result has been found to load. ConfigError, StoreError."""
    file = (config.directory / "outlets.toml").resolve()
    old = file.read_bytes()
    end = b"\r\n" if b"\r\n" in old else b"\n"
    gap = end * (1 if old.endswith(b"\n") else 2) if old.strip() else b""
    new = old + gap + toml(made).encode().replace(b"\n", end)
    load(config.directory, config.state, instead={"outlets.toml": new})
    beside = file.with_name(f".{file.name}.new")
    try:
        beside.write_bytes(new)
        shutil.copymode(file, beside)
        beside.replace(file)
    except OSError as error:
        raise StoreError(f"{file}: {error.strerror}; make the directory writable for this user") from error

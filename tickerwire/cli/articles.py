"""`articles`: an archive in; its articles as JSON lines, a search, one article, or the desk's word on one, out."""

import json
import os
from datetime import UTC, datetime
from getpass import getuser
from itertools import islice
from typing import Any

import click

from scheduler import RunReport
from syndicate.publish import publish
from tickerwire.cli.crawl import ended
from tickerwire.cli.group import Options, asked, document, moment, reporting, say, show, stored, writing
from tickerwire.model import Article
from tickerwire.query import Folded, compile_query
from tickerwire.store import Archive
from tickerwire.store.rows import stamp

EXPORTED = (
    "id outlet guid source_guid url link title authors published updated first_seen language section tags image summary "
    "text content_html revision story provenance"
).split()


def as_dict(article: Article) -> dict[str, Any]:
    """One article as `articles export` prints it."""
    said = {name: getattr(article, name) for name in EXPORTED}
    texts = {name: stamp(value) for name, value in said.items() if isinstance(value, datetime)}
    return said | texts | ({"state": article.desk} if article.desk else {})


@click.group()
def articles() -> None:
    """The stored articles."""


@articles.command()
@click.option("--jsonl", is_flag=True, required=True, help="One JSON object a line.")
@click.option("--since", metavar="DATE|AGE", help="Only what changed since: 2026-11-01, 2026-11-01T06:00Z, 7d, 12h.")
@click.option("--outlet", default="", metavar="ID", help="Only this outlet.")
@click.pass_obj
def export(options: Options, jsonl: bool, since: str | None, outlet: str) -> None:  # noqa: ARG001  # the only form so far
    """Every article, withdrawn ones marked, by id."""
    with Archive.open(options.config().database) as archive:
        for article in archive.export(moment(since) if since else None, outlet):
            click.echo(json.dumps(as_dict(article), ensure_ascii=False))


@articles.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})  # -word is a query
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@reporting
def search(options: Options, query: str, limit: int, as_json: bool) -> None:
    """Articles that match QUERY, newest first, in the language of feeds.toml."""
    config, now = options.config(), datetime.now(UTC)
    wanted = asked(options, config, query)
    belongs = compile_query(wanted)
    with Archive.open(config.database) as archive:
        found = list(islice((a for a in archive.candidates(wanted, now) if belongs(Folded(a), now)), limit))
    rows = [(article.id, stamp(article.date), article.outlet, article.title) for article in found]
    show(as_json, [as_dict(article) for article in found], rows, "id, date, outlet, title")


@articles.command("show")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def one(options: Options, number: int) -> None:
    """One article, whole, as JSON: what it said before its edits, what the desk said of it, and who else has the story."""
    with Archive.open(options.config().database) as archive:
        found, history = stored(archive, number), archive.history(number)
        others = [one for one in archive.story(found.story) if one.id != number]
    also = [{"id": one.id, "outlet": one.outlet, "title": one.title, "url": one.url} for one in others]
    document(as_dict(found) | history | {"also": also})


@articles.command()
@click.option("--outlet", default="", metavar="ID", help="Only this outlet.")
@reporting
def authors(options: Options, outlet: str, as_json: bool) -> None:
    """Every author with the number of stored articles, by outlet."""
    with Archive.open(options.config().database) as archive:
        found = archive.authors(outlet)
    rows = [(one["author"], one["outlet"], one["articles"], one["newest"]) for one in found]
    show(as_json, found, rows, "author, outlet, articles, newest")


def who() -> str:
    """The operator's name, as the desk's log keeps it; its number where the system knows none, as in containers."""
    try:
        return getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _desk(name: str, help_text: str, undo: str, **word: Any) -> None:
    """Add a command that gives the desk's word on one article and publishes at once; --undo takes it back."""
    unsaid = {key: "" if isinstance(value, str) else False for key, value in word.items()}

    @articles.command(name, help=help_text)
    @click.argument("number", metavar="ID", type=int)
    @click.option("--undo", is_flag=True, help=undo)
    @click.pass_obj
    def command(options: Options, number: int, undo: bool) -> int:
        config = options.config()
        with Archive.open(config.database) as archive:
            stored(archive, number)  # whoever errs need not wait
        waits = f"article {number}: waits for {{}} to end; SIGTERM ends a crawl in order, without loss"
        with writing(config, f"articles {name}", lambda holder: say(waits.format(holder), options)) as store:
            store.set_desk(number, datetime.now(UTC), who(), **(unsaid if undo else word))
            report = publish(config, store, datetime.now(UTC))
        say(f"article {number}: {name}{' undone' if undo else ''}, {len(report.written)} files written", options)
        return ended(config, RunReport(published=report))


_desk("hide", "Take an article out of every feed, ticker and page.", "Show it again.", desk="hidden")
WITHDRAW = "Withdraw an article for good: out of every output, marked in exports."
_desk("withdraw", WITHDRAW, "Take the withdrawal back.", desk="withdrawn")
_desk("pin", "Mark an article as pinned.", "Unpin it.", pinned=True)
_desk("urgent", "Mark an article as urgent: tickers say so.", "No longer urgent.", urgent=True)

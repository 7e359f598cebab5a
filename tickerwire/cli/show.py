"""`status` and `feeds`: configuration and archive in; tables for people or JSON for programs out."""

from datetime import UTC, datetime

import click

from syndicate.select import select
from tickerwire.cli.group import Options, document, known, show, table
from tickerwire.health import status as health_status
from tickerwire.query import parse
from tickerwire.store import Archive


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the whole status document as JSON.")
@click.pass_obj
def status(options: Options, as_json: bool) -> int:
    """Health of every outlet and feed, with the reason."""
    found = health_status(options.config(), datetime.now(UTC))
    if as_json:
        document(found)
        return 0
    outlets = [(o["id"], o["state"], o["articles"], o["last_success"], o["next_due"], o["reason"]) for o in found["outlets"]]
    feeds = [(f["id"], "stale" if f["stale"] else "ok", f["items"], f["published_at"], f["reason"]) for f in found["feeds"]]
    click.echo(table(outlets, "outlet, state, articles, last success, next due, reason") + "\n")
    click.echo(table(feeds, "feed, state, items, published, reason"))
    return 0


@click.group()
def feeds() -> None:
    """The published feeds."""


@feeds.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.pass_obj
def list_feeds(options: Options, as_json: bool) -> None:
    """Every feed with its query and formats."""
    config = options.config()
    rows = [(feed.id, ",".join(feed.formats), feed.title, feed.query) for feed in config.feeds]
    said = [feed.model_dump(mode="json", by_alias=True) for feed in config.feeds]
    show(as_json, said, rows, "id, formats, title, query")


@feeds.command()
@click.argument("feed")
@click.option("--query", help="Try this filter instead of the configured one.")
@click.option("--json", "as_json", is_flag=True, help="Print the articles as JSON.")
@click.pass_obj
def preview(options: Options, feed: str, query: str | None, as_json: bool) -> None:
    """What FEED would contain if it were published now."""
    config = options.config()
    known(config, "feed", [feed])
    spec = next(spec for spec in config.feeds if spec.id == feed)
    if query is not None:
        parse(query)
        spec = spec.model_copy(update={"query": query})
    with Archive.open(config.database) as archive:
        articles = select(spec, archive, datetime.now(UTC))
    rows = [(a.id, a.date.isoformat(), a.outlet, a.title, a.url) for a in articles]
    said = [dict(zip(("id", "date", "outlet", "title", "url"), row, strict=True)) for row in rows]
    show(as_json, said, [row[:-1] for row in rows], "id, date, outlet, title")

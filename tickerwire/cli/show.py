"""`status` and `feeds`: configuration and archive in; tables for people or JSON for programs out."""

from collections.abc import Callable
from datetime import UTC, datetime

import click

from syndicate import explain as explained
from tickerwire.cli.group import Options, asked, document, known, moment, reporting, say, show, stored, table
from tickerwire.config import Config, FeedSpec
from tickerwire.health import status as health_status
from tickerwire.store import Archive
from tickerwire.store.rows import stamp


@click.command()
@reporting
def status(options: Options, as_json: bool) -> None:
    """Health of every outlet and feed, with the reason."""
    found = health_status(options.config(), datetime.now(UTC))
    if as_json:
        document(found)
        return
    outlets = [(o["id"], o["state"], o["articles"], o["last_success"], o["next_due"], o["reason"]) for o in found["outlets"]]
    feeds = [(f["id"], "stale" if f["stale"] else "ok", f["items"], f["published_at"], f["reason"]) for f in found["feeds"]]
    click.echo(table(outlets, "outlet, state, articles, last success, next due, reason") + "\n")
    click.echo(table(feeds, "feed, state, items, published, reason"))


@click.group()
def feeds() -> None:
    """The published feeds."""


@feeds.command("list")
@reporting
def list_feeds(options: Options, as_json: bool) -> None:
    """Every feed with its query and formats."""
    config = options.config()
    rows = [(feed.id, ",".join(feed.formats), feed.title, feed.query) for feed in config.feeds]
    said = [feed.model_dump(mode="json", by_alias=True, exclude={"webhooks"}) for feed in config.feeds]
    show(as_json, said, rows, "id, formats, title, query")


def _of_a_feed(command: Callable[..., None]) -> click.Command:
    """A command about FEED, or about it with another --query."""
    command = click.option("--query", help="Another filter than the configured one.")(reporting(command))
    return feeds.command()(click.argument("feed")(command))


def _specs(options: Options, feed: str, query: str | None) -> tuple[Config, FeedSpec, FeedSpec]:
    """The configured feed of this id, and the same with another `query` if there is one. UsageError."""
    config = options.config()
    known(config, "feed", [feed])
    spec = next(spec for spec in config.feeds if spec.id == feed)
    if query is None:
        return config, spec, spec
    for why in spec.contradictions(asked(options, config, query)):
        say(f"warning: {why}", options)
    return config, spec, spec.model_copy(update={"query": query, "words": config.words})


@_of_a_feed
def preview(options: Options, feed: str, query: str | None, as_json: bool) -> None:
    """What FEED would contain if it were published now."""
    config, _, spec = _specs(options, feed, query)
    with Archive.open(config.database) as archive:
        articles = explained.preview(spec, archive, datetime.now(UTC))
    rows = [(a.id, stamp(a.date), a.outlet, a.title, a.url, [other.outlet for other in a.others]) for a in articles]
    said = [dict(zip(("id", "date", "outlet", "title", "url", "also"), row, strict=True)) for row in rows]
    show(as_json, said, [row[:4] for row in rows], "id, date, outlet, title")


@_of_a_feed
@click.argument("number", metavar="ARTICLE-ID", type=int)
def explain(options: Options, feed: str, number: int, query: str | None, as_json: bool) -> None:
    """Why an article is in FEED, or is not: the clauses that decided, and what they hit."""
    config, own, spec = _specs(options, feed, query)
    with Archive.open(config.database) as archive:
        article = stored(archive, number)
        belongs, reasons = explained.explain(spec, archive, article, datetime.now(UTC), spec is not own)
    said = {"feed": feed, "article": number, "in": belongs, "reasons": [reason._asdict() for reason in reasons]}
    if not as_json:
        click.echo(f"{'in' if belongs else 'out'}: {feed}, article {number}, {article.title}")
    show(as_json, said, reasons, "clause, field, matched, text")


@_of_a_feed
@click.option("--since", required=True, metavar="DATE|AGE", help="Articles first seen since: 2026-11-01, 7d, 12h.")
def replay(options: Options, feed: str, since: str, query: str | None, as_json: bool) -> None:
    """What would come (+) to FEED and go (-) with another filter; without one, what its own let in."""
    config, spec, new = _specs(options, feed, query)
    with Archive.open(config.database) as archive:
        found = list(explained.replay(spec, new, archive, moment(since), datetime.now(UTC)))
    rows = [(sign, a.id, stamp(a.first_seen), a.outlet, a.title) for sign, a in found if sign != "="]
    said = [dict(zip(("change", "id", "first_seen", "outlet", "title"), row, strict=True)) for row in rows]
    counts = {word: sum(sign == each for each, _ in found) for word, sign in (("come", "+"), ("go", "-"), ("stay", "="))}
    if not as_json:
        click.echo(", ".join(f"{count} {word}" for word, count in counts.items()))
    show(as_json, {"feed": feed} | counts | {"changes": said}, rows, "±, id, first seen, outlet, title")

"""`crawl` and `publish`: which outlets or feeds in; a report, the failures by name, and exit code 0 or 1 out."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from scheduler import RunReport, deliver, run_once
from tickerwire.cli.group import Options, known, reporting, told, writing
from tickerwire.config import Config


@click.command()
@click.option("--all", "every", is_flag=True, help="Every enabled outlet, due or not; Retry-After and 410 still hold.")
@click.option("--outlet", "names", multiple=True, metavar="ID", help="Only this outlet, due or not; repeatable.")
@click.option("--no-publish", is_flag=True, help="Store what comes, publish nothing.")
@click.option("--deadline", type=click.FloatRange(min=1), metavar="SECONDS", help="Stop the crawl after this long.")
@reporting
def crawl(options: Options, every: bool, names: tuple[str, ...], no_publish: bool, deadline: float | None, as_json: bool) -> int:
    """Crawl what is due, then publish what changed. Safe from cron: a second run exits with 3 at once."""
    config = options.config()
    known(config, "outlet", names, "--outlet ")
    report = run_once(config, options.log_format, every, names, deadline or 0.0, publish=not no_publish)
    published = asdict(report.published) if report.published else {"feeds": (), "written": ()}
    parts = {"held": report.held, "published": published, "failed": report.failed}
    told(as_json, {"crawl": report.crawl} | parts, summary(report), options)
    return ended(config, report)


def ended(config: Config, report: RunReport) -> int:
    """Say what failed, tell hub and webhooks what is new; the exit code."""
    for name, reason in report.failed.items():
        click.echo(f"tickerwire: {name}: {reason}", err=True)
    deliver(config)
    return 1 if report.failed else 0


def summary(report: RunReport) -> str:
    """The run in one line, for a person."""
    came = report.crawl
    if not came:
        return "nothing was due" + (f"; held back: {', '.join(report.held)}" if report.held else "")
    written = len(report.published.written) if report.published else 0
    return (
        f"{len(came['outlets'])} outlets, {came.get('new', 0)} new and {came.get('revised', 0)} revised articles, "
        f"{came.get('requests', 0)} requests ({came.get('not_modified', 0)} unchanged), {written} files written"
    )


@click.command()
@click.option("--feed", "names", multiple=True, metavar="ID", help="Only this feed; repeatable.")
@click.option("--force", is_flag=True, help="Publish even what the gate holds back.")
@reporting
def publish(options: Options, names: tuple[str, ...], force: bool, as_json: bool) -> int:
    """Render what changed, check it, swap it in. An empty or invalid render never replaces a good file."""
    config = options.config()
    known(config, "feed", names, "--feed ")
    from syndicate.publish import publish as publish_feeds  # noqa: PLC0415  # `crawl` often has nothing to render

    with writing(config, "publish") as store:
        report = publish_feeds(config, store, datetime.now(UTC), names, force)
    told(as_json, asdict(report), f"{len(report.feeds)} feeds, {len(report.written)} files written", options)
    return ended(config, RunReport(published=report))

"""Options every command shares in; the loaded command, with its settings, out. Commands are imported only when called."""

import json
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, cast

import click

from tickerwire import __version__, log, store, tables
from tickerwire.config import Config, load
from tickerwire.config.doubts import doubts, of_a_query
from tickerwire.errors import UsageError
from tickerwire.model import Article
from tickerwire.query import Query
from tickerwire.query.ast import UNITS
from tickerwire.query.impossible import idle, possible

logger = logging.getLogger(__name__)
PATH, PORT = click.Path(path_type=Path), click.IntRange(0, 65535)
COMMANDS: dict[str, str] = tables.table("tickerwire.cli", "commands")  # the module of each


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command. `directory` holds the configuration, `state` is what relative paths resolve against."""

    directory: Path
    state: Path
    log_format: str
    quiet: bool

    def config(self) -> Config:
        """What is configured; what is doubtful about it goes into the log."""
        config = load(self.directory, self.state)
        for doubt in doubts(config, datetime.now(UTC)):
            logger.warning("%s", doubt)
        return config

    def arguments(self) -> list[str]:
        """The same options as words for a child process."""
        words = ["--config", str(self.directory), "--state", str(self.state), "--log-format", self.log_format]
        return words + (["--quiet"] if self.quiet else [])


class Lazy(click.Group):
    """A group that imports `tickerwire.cli.MODULE` when one of its commands is wanted: `crawl` from cron starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        return cast("click.Command", getattr(import_module(f"tickerwire.cli.{COMMANDS[name]}"), name))


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", "directory", type=PATH, help="Configuration directory [$TICKERWIRE_CONFIG, ./config].")
@click.option("--state", type=PATH, help="What relative paths resolve against [$TICKERWIRE_STATE, .].")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for everything.")
@click.option("-q", "--quiet", is_flag=True, help="Say only errors.")
@click.version_option(__version__, prog_name="tickerwire")
@click.pass_context
def root(ctx: click.Context, directory: Path | None, state: Path | None, log_format: str, verbose: int, quiet: bool) -> None:
    """Collect news outlets politely; republish filtered feeds and a ticker.

    \b
    tickerwire demo                      see it work, without internet or configuration
    tickerwire init && tickerwire run    start your own
    tickerwire crawl                     one run, safe from cron
    """
    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    log.configure(log_format, level)
    directory = directory or Path(os.environ.get("TICKERWIRE_CONFIG") or "config")
    state = state or Path(os.environ.get("TICKERWIRE_STATE") or ".")
    ctx.obj = Options(directory.absolute(), state.absolute(), log_format, quiet)


def reporting(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that is given the options before it, and --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(click.pass_obj(command))


def say(text: str, options: Options) -> None:
    """Talk: one line on standard error unless --quiet."""
    if not options.quiet:
        click.echo(text, err=True)


def document(value: object) -> None:
    """A result as one JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def told(as_json: bool, value: object, text: str, options: Options) -> None:
    """A result as JSON, or the line of talk that says it."""
    if as_json:
        document(value)
    else:
        say(text, options)


def show(as_json: bool, value: object, rows: Sequence[Sequence[object]], heads: str) -> None:
    """A result as JSON, or its `rows` under `heads` as a table."""
    if as_json:
        document(value)
    else:
        click.echo(table(rows, heads))


def table(rows: Sequence[Sequence[object]], heads: str) -> str:
    """Left-aligned columns under `heads`, which commas separate; the last column is never padded."""
    texts = [heads.split(", "), *[["-" if cell is None else str(cell) for cell in row] for row in rows]]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    widths[-1] = 0
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in texts)


def asked(options: Options, config: Config, text: str) -> Query:
    """A query of the command line; what is doubtful about it is said. QueryError when it cannot be read, or met."""
    query = possible(text, config.words)
    for why in (*of_a_query(text, query, config, datetime.now(UTC)), *dict.fromkeys(idle(text, query))):
        say(f"warning: {why}", options)
    return query


def moment(text: str) -> datetime:
    """A date, a date with time (UTC unless it says), or an age before now. UsageError for anything else."""
    try:
        if text[-1:] in UNITS and text[:-1].isdecimal():
            return datetime.now(UTC) - int(text[:-1]) * UNITS[text[-1]]
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise UsageError(f"--since {text}: neither a date (2026-11-01) nor an age (7d, 12h, 30m)") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def stored(archive: "store.Archive", number: int) -> Article:
    """The article of this id. UsageError where the archive has none."""
    if found := archive.articles([number]).get(number):
        return found
    raise UsageError(f"article {number}: no such article; `tickerwire articles search` lists ids")


@contextmanager
def writing(config: Config, command: str, waits: Callable[[str], object] | None = None) -> Iterator["store.Store"]:
    """The open store under the write lock, for `command`. Busy when another run holds the lock, unless it `waits`."""
    lock = store.write_lock(config.database)
    with store.exclusive(lock, f"tickerwire {command}", waits), store.Store.open(config.database) as opened:
        yield opened


def known(config: Config, kind: Literal["feed", "outlet"], names: Iterable[str], option: str = "") -> None:
    """UsageError when a feed or outlet named on the command line, after `option`, is not configured."""
    if missing := sorted(set(names).difference(each.id for each in (config.feeds if kind == "feed" else config.outlets))):
        where = f"no such {kind} in {config.directory}/{kind}s.toml; see `tickerwire {kind}s list`"
        raise UsageError(f"{option}{missing[0]}: {where}")

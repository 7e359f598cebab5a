"""Options every command shares in; the loaded command, with its settings, out. Commands are imported only when called."""

import json
import logging
import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from tickerwire import __version__, log
from tickerwire.config import Config, load

COMMANDS = {
    "init": "setup",
    "demo": "demo",
    "run": "service",
    "crawl": "crawl",
    "publish": "crawl",
    "serve": "service",
    "status": "show",
    "check": "setup",
    "outlets": "show",
    "feeds": "show",
    "articles": "articles",
    "migrate": "database",
    "backup": "database",
    "doctor": "database",
}


@dataclass(frozen=True, slots=True)
class Options:
    """The options before the command. `directory` holds the configuration, `state` is what relative paths resolve against."""

    directory: Path
    state: Path
    log_format: str
    quiet: bool

    def config(self) -> Config:
        return load(self.directory, self.state)

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
        command: Any = getattr(import_module(f"tickerwire.cli.{COMMANDS[name]}"), name)
        return command if isinstance(command, click.Command) else None


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "directory",
    type=click.Path(path_type=Path),
    help="Configuration directory [$TICKERWIRE_CONFIG, ./config].",
)
@click.option(
    "--state", type=click.Path(path_type=Path), help="What relative paths resolve against [$TICKERWIRE_STATE, .]."
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", count=True, help="Say more on standard error; twice for everything.")
@click.option("-q", "--quiet", is_flag=True, help="Say only errors.")
@click.version_option(__version__, prog_name="tickerwire")
@click.pass_context
def root(
    ctx: click.Context, directory: Path | None, state: Path | None, log_format: str, verbose: int, quiet: bool
) -> None:
    """Collect news outlets politely; republish filtered feeds and a ticker.

    \b
    tickerwire demo                      see it work, without internet or configuration
    tickerwire init && tickerwire run    start your own
    tickerwire crawl                     one run, safe from cron
    """
    level = logging.ERROR if quiet else (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    log.configure(log_format, level)
    ctx.obj = Options(
        directory=(directory or Path(os.environ.get("TICKERWIRE_CONFIG") or "config")).absolute(),
        state=(state or Path(os.environ.get("TICKERWIRE_STATE") or ".")).absolute(),
        log_format=log_format,
        quiet=quiet,
    )


def say(text: str, options: Options) -> None:
    """Talk: one line on standard error unless --quiet."""
    if not options.quiet:
        click.echo(text, err=True)


def document(value: object) -> None:
    """A result as one JSON document on standard output."""

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))

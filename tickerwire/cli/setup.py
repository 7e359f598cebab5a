"""`init` and `check`: a directory in; a starter configuration, or every complaint about the one there, out."""

import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

import tickerwire
from tickerwire.cli.group import PATH, Options, document, reporting, say, told
from tickerwire.config import load, write_schemas
from tickerwire.config.doubts import doubts
from tickerwire.errors import ConfigError, StoreError, UsageError

NAMES = ("tickerwire.toml", "outlets.toml", "feeds.toml")


def starter() -> Path:
    """The shipped configuration: packed into the wheel, or `config/` beside the packages in a source checkout."""
    package = Path(tickerwire.__file__).parent
    packed = package / "starter"
    return packed if packed.is_dir() else package.parent / "config"


@click.command()
@click.pass_obj
def init(options: Options) -> None:
    """Write a commented starter configuration into the configuration directory; existing files are never touched."""
    if there := ", ".join(name for name in NAMES if (options.directory / name).exists()):
        raise UsageError(f"{options.directory}: {there} exist already; choose another directory with --config")
    try:
        options.directory.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            shutil.copyfile(starter() / name, options.directory / name)
    except OSError as error:
        raise StoreError(f"{options.directory}: {error.strerror}; choose a writable directory with --config") from error
    say("edit site.base_url and site.contact first, then: tickerwire check && tickerwire crawl --all", options)
    click.echo(str(options.directory))


@click.command()
@click.option("--write-schemas", "schemas", type=PATH, help="Write the JSON Schemas of the files here.")
@reporting
def check(options: Options, as_json: bool, schemas: Path | None) -> int:
    """Validate configuration and filters; every complaint names file, key, value and reason."""
    if schemas:
        write_schemas(schemas)
        return 0
    try:
        config = load(options.directory, options.state)
    except ConfigError as error:
        if not as_json:
            raise
        document([{"level": "error"} | asdict(complaint) for complaint in error.complaints])
        return error.exit_code
    found = list(doubts(config, datetime.now(UTC), every=True))
    for doubt in () if as_json else found:
        say(f"warning: {doubt}", options)
    counts = f"{len(config.outlets)} outlets and {len(config.feeds)} feeds"
    line = f"{options.directory}: {counts}, {f'{len(found)} warnings' if found else 'nothing to complain about'}"
    told(as_json, [{"level": "warning"} | asdict(doubt) for doubt in found], line, options)
    return 0

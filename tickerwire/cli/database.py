"""`migrate`, `backup` and `doctor`: a database in; its newest schema, a copy of it, or what is wrong around it, out."""

import re
import shutil
import sqlite3
import ssl
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from pyexpat import EXPAT_VERSION
from tempfile import NamedTemporaryFile

import click
from lxml import etree

from tickerwire.cli.group import PATH, Options, document, reporting, say, writing
from tickerwire.config import Config
from tickerwire.errors import TickerwireError, UsageError
from tickerwire.store import Archive
from tickerwire.tables import table

LOW_DISK = 500 * 1024 * 1024  # bytes
LIBRARIES = "tickerwire scrapy twisted lxml brotli nh3 feedparser feedgen apscheduler sqlite-utils trafilatura".split()
FAULTS = table("tickerwire.cli", "faults")
Finding = tuple[str, str, str]


@click.command()
@click.pass_obj
def migrate(options: Options) -> None:
    """Bring the database to this version's schema (every writing command does it, too)."""
    config = options.config()
    with writing(config, "migrate"):
        say(f"{config.database}: schema is up to date", options)


@click.command()
@click.argument("file", type=PATH)
@click.pass_obj
def backup(options: Options, file: Path) -> None:
    """Copy the database, whole and consistent, while the service runs."""
    if file.exists():
        raise UsageError(f"{file}: exists already; a backup never overwrites")
    with Archive.open(options.config().database) as archive:
        archive.backup(file)
    click.echo(str(file))


@click.command()
@reporting
def doctor(options: Options, as_json: bool) -> int:
    """Versions, known-bad libraries, permissions, disk space and clock; exit code 1 when something needs attention."""
    config = options.config()
    findings = [*libraries(), *places(config), *clock(config)]
    if as_json:
        document([{"what": what, "found": found, "problem": problem} for what, found, problem in findings])
    else:
        for what, found, problem in findings:
            click.echo(f"{'!!' if problem else 'ok'}  {what}: {found}" + (f" - {problem}" if problem else ""))
    return 1 if any(problem for *_, problem in findings) else 0


def libraries() -> list[Finding]:
    """Versions in use."""
    found = {"sqlite": sqlite3.sqlite_version, "expat": EXPAT_VERSION.removeprefix("expat_")}
    found |= {"libxml2": ".".join(map(str, etree.LIBXML_VERSION))} | {name: version(name) for name in LIBRARIES}
    known = [("python", sys.version.split()[0], ""), ("openssl", ssl.OPENSSL_VERSION, "")]
    return known + [library(*one) for one in found.items()]


def library(name: str, found: str) -> Finding:
    """One version and its known fault, which is a problem only where Tickerwire does not work round it."""
    fixed, fault, avoided = FAULTS.get(name, ("0", "", ""))
    if numbers(found) >= numbers(fixed):
        return name, found, ""
    return (name, f"{found} ({fault}; {avoided})", "") if avoided else (name, found, f"{fault}; {fixed} does not")


def numbers(text: str) -> list[int]:
    """The numbers a version begins with."""
    return list(map(int, re.match(r"\d+(?:\.\d+)*", text)[0].split(".")))  # type: ignore[index]


def places(config: Config) -> list[Finding]:
    """The database's and the published tree's directories: writable, with room."""
    found = []
    for what, path in (("database", config.database.parent), ("published tree", config.public)):
        there = next(parent for parent in (path, *path.parents) if parent.exists())
        free = shutil.disk_usage(there).free
        problem = "less than 500 MB free" if free < LOW_DISK else ""
        try:
            with NamedTemporaryFile(dir=there):
                pass
        except OSError:
            problem = "not writable for this user"
        found.append((what, f"{path}, {free // 2**20} MB free", problem))
    return found


def clock(config: Config) -> list[Finding]:
    """The clock against the last crawl's."""
    now = datetime.now(UTC)
    try:
        with Archive.open(config.database) as archive:
            last = archive.last_crawl().get("started")
    except TickerwireError as error:
        return [("archive", str(error), "")]
    problem = "earlier than the last crawl: the clock went back" if last and now < datetime.fromisoformat(str(last)) else ""
    return [("clock", now.isoformat(timespec="seconds"), problem)]

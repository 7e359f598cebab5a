"""Three TOML files and the environment in; a `Config`, or a `ConfigError` that carries every complaint, out."""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tickerwire import __version__
from tickerwire.config.complaints import Location, explain, key_path, shown
from tickerwire.config.model import Config, FeedsFile, OutletsFile, TickerwireFile
from tickerwire.config.values import suggestion
from tickerwire.errors import Complaint, ConfigError

M = TypeVar("M", bound=BaseModel)
Document = dict[str, Any]

HELP = "`tickerwire init` writes a starter, `tickerwire demo` needs none"
SECTIONS = {name: field.annotation for name, field in TickerwireFile.model_fields.items()}
VARIABLES = {
    f"TICKERWIRE_{section}__{key}".upper(): (section, key, field.annotation)
    for section, table in SECTIONS.items()
    if isinstance(table, type) and issubclass(table, BaseModel)
    for key, field in table.model_fields.items()
}
PREFIXES = tuple(f"TICKERWIRE_{section}_".upper() for section in SECTIONS)
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load(directory: Path, state: Path | None = None, env: Mapping[str, str] = os.environ) -> Config:
    """Read and check the configuration in `directory`.

    `state` is what relative paths resolve against: by default $TICKERWIRE_STATE, else the current directory.
    Raises ConfigError with all complaints found in all three files and in the environment, never only the first.
    """
    if not directory.is_dir():
        raise ConfigError([Complaint(str(directory), "", "", f"there is no configuration directory here; {HELP}")])
    said: list[Complaint] = []
    main_file, outlets_file, feeds_file = (
        str(directory / f"{name}.toml") for name in ("tickerwire", "outlets", "feeds")
    )
    raw_main, raw_outlets, raw_feeds = (_read(Path(file), said) for file in (main_file, outlets_file, feeds_file))
    variables = _override(raw_main, env, said)
    _substitute(raw_outlets, env, outlets_file, said)
    main = _validate(TickerwireFile, raw_main, main_file, said, variables)
    outlets = _validate(OutletsFile, raw_outlets, outlets_file, said)
    feeds = _validate(FeedsFile, raw_feeds, feeds_file, said)
    said += _clashes(raw_outlets, "outlet", outlets_file)
    said += _clashes(raw_feeds, "feed", feeds_file)
    said += _strangers(raw_outlets, raw_feeds, feeds_file)
    if said or main is None or outlets is None or feeds is None:
        raise ConfigError(said)
    state = (state or Path(env.get("TICKERWIRE_STATE") or ".")).absolute()
    config = _assemble(main, outlets, feeds, directory.absolute(), state)
    if exposed := list(_exposed(config, main_file)):
        raise ConfigError(exposed)
    return config


def _read(path: Path, said: list[Complaint]) -> Document | None:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        why = f"the file is missing; {HELP}"
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        why = f"not UTF-8 text: byte {error.start + 1} is 0x{error.object[error.start]:02x}; save it as UTF-8"
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number of thousands of digits, endless brackets
        why = f"not TOML: {error}"
    said.append(Complaint(str(path), "", "", why))
    return None


def _validate(
    model: type[M],
    raw: Document | None,
    file: str,
    said: list[Complaint],
    variables: Mapping[Location, str] | None = None,
) -> M | None:
    if raw is None:
        return None
    try:
        # by alias only: a file has `source` and `in`, never the field names `sources` and `in_`
        return model.model_validate(raw, by_alias=True, by_name=False)
    except ValidationError as error:
        said += explain(model, raw, error.errors(include_url=False), file, variables or {})
        return None


def _override(raw: Document | None, env: Mapping[str, str], said: list[Complaint]) -> dict[Location, str]:
    """Lay TICKERWIRE_SECTION__KEY variables over tickerwire.toml; which variable set which key."""
    variables: dict[Location, str] = {}
    if raw is None:
        return variables
    raw.setdefault("site", {})  # so that a missing [site] is complained of key by key
    for name, value in sorted(env.items()):
        if name in VARIABLES:
            section, key, wanted = VARIABLES[name]
            table = raw.setdefault(section, {})
            if isinstance(table, dict):
                table[key] = _from_environment(value, wanted)
                variables[(section, key)] = name
        elif name.startswith(PREFIXES):
            said.append(Complaint("environment", name, "", f"there is no such setting{suggestion(name, VARIABLES)}"))
    return variables


def _from_environment(value: str, wanted: object) -> object:
    """Text stays text; numbers are read as JSON; lists are JSON or comma separated."""
    if wanted in (int, float):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if "tuple" not in str(wanted):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _tables(raw: Document | None, name: str) -> list[Document]:
    """The tables of an array; whatever is no table is empty here, and complained of where the file is validated."""
    listed = (raw or {}).get(name)
    return [table if isinstance(table, dict) else {} for table in listed] if isinstance(listed, list) else []


def _substitute(raw: Document | None, env: Mapping[str, str], file: str, said: list[Complaint]) -> None:
    """Put the environment in place of ${NAME} in headers and proxies: secrets are never written in a file."""
    for index, outlet in enumerate(_tables(raw, "outlet")):
        headers = outlet.get("headers")
        spots = (
            [(headers, key, ("outlet", index, "headers", key)) for key in headers] if isinstance(headers, dict) else []
        )
        for table, key, location in [*spots, (outlet, "proxy", ("outlet", index, "proxy"))]:
            text = table.get(key)
            if not isinstance(text, str):
                continue
            for name in PLACEHOLDER.findall(text):
                if not env.get(name):
                    why = "the environment variable is not set, or empty"
                    said.append(Complaint(file, key_path(raw, location), f"${{{name}}}", why))
            table[key] = PLACEHOLDER.sub(lambda match: env.get(match[1], ""), text)


def _clashes(raw: Document | None, table: str, file: str) -> Iterator[Complaint]:
    """An id, present or former, may be claimed once."""
    claimed: dict[str, Location] = {}
    tables = _tables(raw, table)
    spots: list[tuple[Location, Any]] = [((table, index, "id"), entry.get("id")) for index, entry in enumerate(tables)]
    for index, entry in enumerate(tables):
        former = entry.get("moved_from")
        spots += [((table, index, "moved_from"), old) for old in (former if isinstance(former, list) else [])]
    for location, name in spots:
        if isinstance(name, str) and (first := claimed.setdefault(name, location)) is not location:
            yield Complaint(file, key_path(raw, location), shown(name), f"already taken by {key_path(raw, first)}")


def _strangers(raw_outlets: Document | None, raw_feeds: Document | None, file: str) -> Iterator[Complaint]:
    """A feed may only name outlets that exist."""
    if raw_outlets is None:
        return
    known = {outlet.get("id") for outlet in _tables(raw_outlets, "outlet")}
    for index, feed in enumerate(_tables(raw_feeds, "feed")):
        named = feed.get("outlets")
        for place, name in enumerate(named if isinstance(named, list) else []):
            if isinstance(name, str) and name not in known:
                hint = suggestion(name, (each for each in known if isinstance(each, str)))
                key = key_path(raw_feeds, ("feed", index, "outlets", place))
                yield Complaint(file, key, shown(name), f"there is no outlet with this id{hint}")


def _assemble(main: TickerwireFile, outlets: OutletsFile, feeds: FeedsFile, directory: Path, state: Path) -> Config:
    agent = main.crawl.user_agent or f"Tickerwire/{__version__} (+{main.site.base_url}; {main.site.contact})"
    return Config(
        site=main.site,
        store=main.store,
        publish=main.publish,
        crawl=main.crawl.model_copy(update={"user_agent": agent}),
        serve=main.serve,
        retention=main.retention,
        outlets=outlets.outlets,
        feeds=feeds.feeds,
        directory=directory,
        state=state,
    )


def _exposed(config: Config, file: str) -> Iterator[Complaint]:
    """Whatever lies in the published tree is served to everyone: the database and the configuration must not."""
    public = config.public.resolve()
    for what, path in (("database", config.database), ("configuration", config.directory)):
        if path.resolve().is_relative_to(public):
            yield Complaint(
                file,
                "publish.directory",
                shown(config.publish.directory),
                f"the {what} lies inside it and would be served",
            )

"""Three TOML files and the environment in; a `Config`, or a `ConfigError` that carries every complaint, out."""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tickerwire import __version__
from tickerwire.config.complaints import Location, Written, explain, listed, shown
from tickerwire.config.model import LEVELS, Config, FeedsFile, FeedSpec, Outlet, OutletsFile, TickerwireFile, Words
from tickerwire.errors import Complaint, ConfigError, QueryError
from tickerwire.query import Exact, parse
from tickerwire.query.ast import outlets_named
from tickerwire.query.clauses import Refused, leaf, refuse, suggestion
from tickerwire.query.impossible import excludes

HELP = "`tickerwire init` writes a starter, `tickerwire demo` needs none"
SECTIONS: dict[str, Any] = {name: field.annotation for name, field in TickerwireFile.model_fields.items()}
VARIABLES = {
    f"TICKERWIRE_{section}__{key}".upper(): (section, key, field.annotation)
    for section, table in SECTIONS.items()
    for key, field in table.model_fields.items()
}
PREFIXES = tuple(f"TICKERWIRE_{section}_".upper() for section in SECTIONS)
COMMENT = re.compile(r"(?:^|\s)#")  # c# is a word
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# What stands for a secret by its own name, as a password in a proxy, or as a parameter of an address.
CONFIDENTIAL = r"(?:auth|cookie|credential|key(?!word)|passw|secret|session|token)"
LITERAL = re.compile(rf"//[^/?#@]*:[^/?#@]+@|[?&][^=&]*{CONFIDENTIAL}[^=&]*=[^&]", re.IGNORECASE)


def load(
    directory: Path, state: Path | None = None, env: Mapping[str, str] = os.environ, instead: Mapping[str, bytes] | None = None
) -> Config:
    """Read and check the configuration in `directory`; what `instead` holds under the name of a file stands for that file.

    `state` is what relative paths resolve against: by default $TICKERWIRE_STATE, else the current directory.
    Raises ConfigError with all complaints found in all three files and in the environment, never only the first.
    """
    if not directory.is_dir():
        raise ConfigError([Complaint(str(directory), "", "", f"there is no configuration directory here; {HELP}")])
    said: list[Complaint] = []
    main, outlets, feeds = (_read(directory / f"{name}.toml", said, instead or {}) for name in ("tickerwire", "outlets", "feeds"))
    variables = _override(main.said, env, said)
    said += _substitute(outlets, feeds, env)
    fields = _validate(TickerwireFile, main, said, variables)
    fields |= _validate(OutletsFile, outlets, said)
    words = _lists(feeds, directory, said)
    fields |= _validate(FeedsFile, feeds, said, words=words)
    said += [*_clashes(outlets, "outlet"), *_clashes(feeds, "feed"), *_strangers(outlets, feeds, words)]
    if not said:
        fields["feeds"] = tuple(_complete(feed, fields["outlets"], words) for feed in fields["feeds"])
        said += _policies(feeds, fields)
    if said:
        raise ConfigError(said)
    site, crawl = fields["site"], fields["crawl"]
    agent = crawl.user_agent or f"Tickerwire/{__version__} (+{site.base_url}; {site.contact})"
    fields["crawl"] = crawl.model_copy(update={"user_agent": agent})
    state = (state or Path(env.get("TICKERWIRE_STATE") or ".")).absolute()
    config = Config(**fields, words=words, directory=directory.absolute(), state=state)
    public, kept = config.public.resolve(), {"database": config.database, "configuration": config.directory}
    if inside := [what for what, path in kept.items() if path.resolve().is_relative_to(public)]:
        told = [f"the {what} lies inside it and would be served" for what in inside]
        raise ConfigError([main.complaint(("publish", "directory"), shown(config.publish.directory), why) for why in told])
    return config


def _complete(feed: FeedSpec, outlets: Sequence[Outlet], words: Words) -> FeedSpec:
    """The feed with what it needs of the other tables: the lists that its query names, the embargoes of its outlets."""
    named = {name: lines for name, lines in words.items() if f"@{name}" in feed.query}
    held = {one.id: one.embargo for one in outlets if one.embargo and one.id in (feed.outlets or [one.id])}
    return feed.model_copy(update={"words": named, "embargoes": held})


def _read(path: Path, said: list[Complaint], instead: Mapping[str, bytes]) -> Written:
    try:
        raw = instead[path.name] if path.name in instead else path.read_bytes()
        return Written(str(path), tomllib.loads(raw.decode("utf-8-sig")))
    except FileNotFoundError:
        why = f"the file is missing; {HELP}"
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
    except UnicodeDecodeError as error:
        why = f"not UTF-8 text: byte {error.start + 1} is 0x{error.object[error.start]:02x}; save it as UTF-8"
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, a number of thousands of digits, endless brackets
        why = f"not TOML: {error}"
    said.append(Complaint(str(path), "", "", why))
    return Written(str(path), None)


def _validate(
    model: type[BaseModel], written: Written, said: list[Complaint], env: Mapping[Location, str] | None = None, words: object = None
) -> dict[str, Any]:
    """The checked fields by name; none of a file that is complained of."""
    if written.said is None:
        return {}
    try:
        # by alias only: a file has `source` and `in`, never the field names `sources` and `in_`
        return dict(model.model_validate(written.said, by_alias=True, by_name=False, context=words))
    except ValidationError as error:
        said += explain(model, written, error.errors(include_url=False), env or {})
        return {}


def _override(raw: Any, env: Mapping[str, str], said: list[Complaint]) -> dict[Location, str]:
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
    many = "tuple" in str(wanted)
    if many and not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    with suppress(ValueError):
        return json.loads(value) if many or wanted in (int, float) else value
    return value


def _secrets(outlets: Written, feeds: Written) -> Iterator[tuple[Written, Any, Location]]:
    """Where the environment may stand: in which file, the table, and the place of its text."""
    for index, outlet in enumerate(outlets.tables("outlet")):
        headers = outlet.get("headers")
        yield from ((outlets, headers, ("outlet", index, "headers", key)) for key in (headers if isinstance(headers, dict) else ()))
        yield outlets, outlet, ("outlet", index, "proxy")
    for index, feed in enumerate(feeds.tables("feed")):
        hooks = enumerate(Written(feeds.file, feed).tables("webhook"))
        yield from ((feeds, hook, ("feed", index, "webhook", at, key)) for at, hook in hooks for key in ("url", "secret"))


def _substitute(outlets: Written, feeds: Written, env: Mapping[str, str]) -> Iterator[Complaint]:
    """Put the environment in place of ${NAME} in headers, proxies and webhooks: secrets are never written in a file."""
    for written, table, place in _secrets(outlets, feeds):
        text = table.get(place[-1])
        if not isinstance(text, str):
            continue
        for name in PLACEHOLDER.findall(text):
            if not env.get(name):
                yield written.complaint(place, f"${{{name}}}", "the environment variable is not set, or empty")
        named = text and re.search(CONFIDENTIAL, str(place[-1]), re.IGNORECASE) and not PLACEHOLDER.search(text)
        if named or LITERAL.search(PLACEHOLDER.sub("", text)):
            yield written.complaint(place, "(hidden)", "a secret in the file; put it into the environment and write ${NAME}")
        table[place[-1]] = PLACEHOLDER.sub(lambda match: env.get(match[1], ""), text)


def _clashes(written: Written, table: str) -> Iterator[Complaint]:
    """An id, present or former, may be claimed once."""
    claimed: dict[str, Location] = {}
    tables = list(enumerate(written.tables(table)))
    spots = [((table, index, "id"), entry.get("id")) for index, entry in tables]
    spots += [((table, index, "moved_from"), old) for index, entry in tables for old in listed(entry, "moved_from")]
    for location, name in spots:
        if isinstance(name, str) and (first := claimed.setdefault(name, location)) is not location:
            yield written.complaint(location, shown(name), f"already taken by {written.key(first)}")


def _lists(feeds: Written, directory: Path, said: list[Complaint]) -> Words:
    """The lines of every list by its name, as a query would hold them: `"a phrase"` or `prefix*`; none of a list complained of."""
    lists = (feeds.said or {}).get("lists")
    return {name: _list(feeds, name, directory, path, said) for name, path in (lists if isinstance(lists, dict) else {}).items()}


def _list(feeds: Written, name: str, directory: Path, path: str, said: list[Complaint]) -> tuple[str, ...]:
    try:
        file = directory / path
        lines = [COMMENT.split(line, maxsplit=1)[0].strip('" ') for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "not the name of a file of UTF-8 text"
        said.append(feeds.complaint(("lists", name), shown(path), f"cannot be read: {why}"))
        return ()
    terms = [line if line.endswith("*") else line and f'"{line}"' for line in lines]
    faults = [Complaint(str(file), "", "", "a list has at most 1,000 lines")] if len(lines) > 1_000 else []
    for number, term in enumerate(terms, 1):
        try:
            refuse("*" in term[:-1], "a * stands at the end of a word", 0)
            _ = term and leaf(None, "PREFIX" if term.endswith("*") else "QUOTED", term, 0)
        except Refused as refused:
            faults.append(Complaint(str(file), f"line {number}", shown(term.strip('"')), str(refused.args[0])))
    said += faults
    return () if faults else tuple(filter(None, terms))


def _strangers(outlets: Written, feeds: Written, words: Words) -> Iterator[Complaint]:
    """A feed and its query may only name outlets that exist."""
    if outlets.said is None:
        return
    known = {name for outlet in outlets.tables("outlet") if isinstance(name := outlet.get("id"), str)}
    for index, feed in enumerate(feeds.tables("feed")):
        for key, place, name in ((k, *one) for k in ("outlets", "prefer") for one in enumerate(listed(feed, k))):
            if isinstance(name, str) and name not in known:
                why = f"there is no outlet with this id{suggestion(name, known)}"
                yield feeds.complaint(("feed", index, key, place), shown(name), why)
        with suppress(QueryError, TypeError):  # complained of elsewhere
            for name in sorted(outlets_named(parse(feed.get("query", "*"), words)) - known):
                yield feeds.complaint(("feed", index, "query"), shown(name), f"no outlet has this id{suggestion(name, known)}")


def _policies(written: Written, fields: Mapping[str, Any]) -> Iterator[Complaint]:
    """A feed may show less of an outlet's articles than its policy permits, never more."""
    for index, feed in enumerate(fields["feeds"]):
        query, asked = feed.filter, LEVELS.index(feed.republish or "headline")
        strict = [one for one in fields["outlets"] if LEVELS.index(one.republish) < asked and one.id in (feed.outlets or [one.id])]
        if names := [one.id for one in strict if not excludes(query, Exact("outlet", one.id))]:
            why = f"more than {len(names)} of its outlets permit, such as `{names[0]}`; ask for less or leave them out"
            yield written.complaint(("feed", index, "republish"), shown(feed.republish), why)

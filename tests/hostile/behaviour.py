"""A crawl's traces in; whether it did what a correct crawler does about one hostile outlet out: the words behaviours are written in."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.nameserver import Answer
from tests.hostile.server import Asked, Host, Reply

Check = Callable[["Aftermath"], Iterable[str]]
Route = Reply | Callable[[Asked], Reply] | Callable[[Host, Asked], Awaitable[None]]
FEED = "/feed.xml"


@dataclass(frozen=True)
class Behaviour:
    """One hostile outlet. `routes` (path to answer) are made with its host known; a path that is not there answers 404, and
    /robots.txt allows everything unless given. `url` is what the operator configured: a path of the host, or an absolute address in
    which {canary}, {port} and {name} are filled in. `outlet` and `source` are further keys of its tables in outlets.toml; a `proxy`
    among them is the host itself, asked by absolute address.
    `names` are answers of the name server; NAME.test is the host's address unless said otherwise there. With `feed`, all it stores is
    published in a feed of its own name.
    `checks` yield one line per fault found; each is asked once all visits are over."""

    name: str
    threat: str  # a heading of docs/security.md
    does: str
    correct: str
    routes: Callable[[Host], Mapping[str, Route]]
    checks: tuple[Check, ...]
    url: str = FEED
    outlet: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=lambda: {"kind": "feed"})
    names: Callable[[Host], Mapping[str, Answer]] = lambda _: {}
    feed: bool = False
    certificate: str = ""  # a kind that `certificates` makes: the host speaks TLS


@dataclass(frozen=True)
class Aftermath:
    """What one outlet's visits (three crawls) left behind."""

    name: str
    results: list[dict[str, Any]]  # per crawl: result, error, new, revised
    ended: list[float]  # per crawl: when its outcome was committed, by the clock of `asked`
    cpu: list[float]  # per crawl: seconds that reading its documents took
    status: dict[str, Any]  # its entry in `status --json`
    rows: list[dict[str, Any]]  # its articles, oldest first
    asked: list[Asked]  # every request its host got, in order
    canary: list[Asked]  # every request that named it at an address nobody permitted
    questions: list[str]  # every question for a name of its own (NAME.test or below), in order
    published: dict[str, str]  # path in the published tree to text
    log: list[str]  # lines of standard error of all crawls
    place: Path  # the state directory
    secret: str  # the text of a file on this machine that no document may bring out


def fails(pattern: str = "") -> Check:
    """Every crawl recorded an error whose text matches, and status gives it as the reason."""

    def check(after: Aftermath) -> Iterable[str]:
        for number, result in enumerate(after.results, 1):
            if result["result"] != "error" or not re.search(pattern, result["error"]):
                yield f"crawl {number}: {result['result']}: {result['error']!r}, expected an error like {pattern!r}"
        if not after.status["last_error"]:
            yield "status gives no reason"

    return check


def works(*titles: str) -> Check:
    """No crawl failed, and exactly these articles are stored (in order of arrival)."""

    def check(after: Aftermath) -> Iterable[str]:
        yield from (f"crawl failed: {result['error']}" for result in after.results if result["result"] == "error")
        yield from keeps(*titles)(after)

    return check


def keeps(*titles: str) -> Check:
    """Exactly these articles are stored, whatever the crawls said."""

    def check(after: Aftermath) -> Iterable[str]:
        found = [row["title"] for row in after.rows]
        if found != list(titles):
            yield f"stored {found}, expected {list(titles)}"

    return check


def holds(count: int) -> Check:
    """So many articles are stored."""

    def check(after: Aftermath) -> Iterable[str]:
        if len(after.rows) != count:
            yield f"stored {len(after.rows)} articles, expected {count}"

    return check


def asks_at_most(count: int, path: str = "") -> Check:
    """The host got at most so many requests in all (of paths that begin so), over the three crawls."""

    def check(after: Aftermath) -> Iterable[str]:
        got = [asked.path for asked in after.asked if asked.path.startswith(path)]
        if len(got) > count:
            yield f"{len(got)} requests, at most {count} expected: {got[:12]}"

    return check


def asks(path: str, least: int, most: int) -> Check:
    """The host got so many requests for exactly this path, over the three crawls."""

    def check(after: Aftermath) -> Iterable[str]:
        if not least <= (got := sum(asked.path == path for asked in after.asked)) <= most:
            yield f"{got} requests for {path}, expected {least} to {most}"

    return check


def results(*words: str) -> Check:
    """What each crawl came to."""

    def check(after: Aftermath) -> Iterable[str]:
        if (found := [result["result"] for result in after.results]) != list(words):
            yield f"results {found}, expected {list(words)}: {[result['error'] for result in after.results]}"

    return check


def questions(count: int) -> Check:
    """The name server got exactly so many questions for the outlet's names, over the three crawls."""

    def check(after: Aftermath) -> Iterable[str]:
        if len(after.questions) != count:
            yield f"{len(after.questions)} questions, expected {count}: {after.questions[:12]}"

    return check


def nowhere(pattern: str) -> Check:
    """The pattern stands in no stored row, published file or log line."""

    def check(after: Aftermath) -> Iterable[str]:
        seen = re.compile(pattern)
        yield from (f"row {row['id']} holds {pattern!r}" for row in after.rows if seen.search(repr(dict(row))))
        yield from (f"{path} holds {pattern!r}" for path, text in after.published.items() if seen.search(text))
        yield from (f"the log holds {pattern!r}: {line[:200]!r}" for line in after.log if seen.search(line))

    return check


def contacts_nobody(after: Aftermath) -> Iterable[str]:
    """No byte reached an address that is not public and was not permitted. Part of every behaviour's checks."""
    for asked in after.canary:
        yield f"the canary was asked for {asked.path}"


def leaks_nothing(after: Aftermath) -> Iterable[str]:
    """The secret file's text came nowhere; no log line holds control characters. Part of every behaviour's checks."""
    yield from nowhere(re.escape(after.secret))(after)
    for line in after.log:
        if not line.isprintable():
            yield f"a log line with control characters: {line[:200]!r}"


ALWAYS: tuple[Check, ...] = (contacts_nobody, leaks_nothing)

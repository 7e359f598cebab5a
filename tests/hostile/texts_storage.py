"""Nothing in; outlets that hope a text of theirs is run as a query, a path, a shell's or terminal's command out."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from tests.hostile.behaviour import FEED, Aftermath, Behaviour, Check, Route, fails, holds, keeps, nowhere, results
from tests.hostile.server import Asked, Host, Reply
from tests.hostile.texts_identity import Item, counts, here, lists, one
from tests.hostile.texts_scripts import KNOWN, xml
from tickerwire.errors import QueryError
from tickerwire.query import matches, parse
from tickerwire.store import Archive


def paths(host: Host) -> list[Item]:
    return [
        one(n, f"{path} {n}", here(host, f"{n}/{path}"), path)
        | {"attachments": [{"url": here(host, path), "mime_type": f"../{path}"}]}
        for n, path in enumerate(KNOWN["paths"])
    ]


def only_known_files(after: Aftermath) -> Iterable[str]:
    """The state directory holds what an installation holds, nothing named by an outlet."""
    known = (
        r"log|secret\.txt|config/(?:tickerwire|outlets|feeds)\.toml"
        r"|var/tickerwire\.(?:db|db-wal|db-shm|lock|write\.lock|db\.lock|db\.outbox\.lock)"
    )
    site = r"index\.html|(?:embed|feeds)/index\.html|robots\.txt|opml\.xml|gone\.json|schema/ticker-1\.json|assets/[\w.-]+"
    public = (
        rf"var/public/(?:{site}|ticker/{{0}}\.json|(?:feeds|embed)/{{0}}/index\.html|feeds/{{0}}\.(?:rss|atom|json))(?:\.gz|\.br)?"
    )
    feeds = "|".join(
        [
            "all",
            *(re.escape(line) for line in re.findall(r'id = "(.*)"', (after.place / "config/feeds.toml").read_text())),
        ]
    )
    fits = re.compile(f"{known}|{public.format(f'(?:{feeds})')}")
    for path in after.place.rglob("*"):
        name = str(path.relative_to(after.place))
        if path.is_file() and not fits.fullmatch(name) and path.suffix not in (".pem", ".key", ".crt"):
            yield f"a file {name!r}"
    if Path("/tmp/tickerwire-was-here").exists() or Path("evil").exists():  # what the outlet asks for
        yield "a file was made where an outlet said"


def queried(host: Host) -> list[Item]:
    return [
        one(n, f"Query{n} {text}", here(host, n), text, text) | {"tags": [text], "authors": [{"name": f"Ann {text}"}]}
        for n, text in enumerate(KNOWN["queries"])
    ]


def found_by_words(after: Aftermath) -> Iterable[str]:
    """Each text is found by its own words and finds nothing it should not; as a query it is read or refused, and changes nothing."""
    now = datetime.now(UTC)
    with Archive.open(after.place / "var/tickerwire.db") as archive:
        for number, text in enumerate(KNOWN["queries"]):
            words = text.replace("\0", "").replace('"', " ")
            wanted = parse(f'outlet:{after.name} title:"Query{number} {words}"')
            found = [article.title for article in archive.candidates(wanted, now) if matches(wanted, article, now)]
            if len(found) != 1 or not found[0].startswith(f"Query{number} "):
                yield f"{text!r} finds {found}"
            for said in (text, f"title:{text}", f'"{text}"', f"url:{text}", f'guid:"{words}"', f"body:{text}*"):
                try:
                    query = parse(said)
                except QueryError:
                    continue
                list(zip(archive.candidates(query, now), range(5), strict=False))
        if archive.read("select count(*) n from articles")[0]["n"] < len(KNOWN["queries"]):
            yield "articles are gone"


# --- log lines -------------------------------------------------------------------------------------------------------

EVIL = "\x1b[2J\x1b[31mred\x1b]8;;http://127.77.0.1/\x07link\x1b]8;;\x07 \x9b31m\x07\x08\u2028\u2029\x85\u202e"
EVIL += "2026-11-23T00:00:00Z error false"
BYTES = EVIL.encode()
LINE = re.compile(r"tickerwire: [a-z0-9-]+: .+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?:debug|info|warning|error|critical) .+|\{.+\}")


def lines_of_our_own(after: Aftermath) -> Iterable[str]:
    """Every log line begins as ours do, those in JSON parse, and none holds a control character."""
    for line in after.log:
        if not LINE.fullmatch(line) or (line.startswith("{") and not {"time", "level", "message"} <= json.loads(line).keys()):
            yield f"a line of the log that is not ours: {line[:200]!r}"
        if re.search(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", line):
            yield f"a line of the log with controls: {line[:200]!r}"
    for key in ("last_error", "reason"):
        if not str(after.status[key]).isprintable():
            yield f"status: {key} is {after.status[key]!r}"


def logs(name: str, does: str, routes: Callable[[Host], Mapping[str, Route]], *checks: Check) -> Behaviour:
    """An outlet whose answer wants to be printed."""
    correct = "says what went wrong in one line without control characters"
    return Behaviour(name, "Texts", does, correct, routes, (lines_of_our_own, nowhere("\x1b"), *checks))


def says(head: bytes, body: bytes = b"") -> Callable[[Host], Mapping[str, Route]]:
    """A feed with this raw header; everywhere else there is a good one."""

    async def answer(host: Host, _: Asked) -> None:
        await host.send(head + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    return lambda host: {FEED: answer, "*": xml(host)}


def broken(text: str) -> Callable[[Host], Mapping[str, Route]]:
    return lambda _: {FEED: Reply(f"<?xml version='1.0'?><x>{text}</x>".encode(), headers={"Content-Type": "text/xml"})}


def warned(after: Aftermath) -> Iterable[str]:
    """The third time, the log says where it has moved to, as an address of ASCII."""
    if not any("has moved for good to" in line and after.status["id"] and "%1B" in line and line.isascii() for line in after.log):
        yield "the log says nothing of the move"


def echoes_nothing(after: Aftermath) -> Iterable[str]:
    yield from (
        f"asked with {asked.headers}" for asked in after.asked if {"if-none-match", "if-modified-since"} & asked.headers.keys()
    )


OK_ONCE = results("ok", "unchanged", "unchanged")
ERROR = (fails(), keeps())
BACK = b"HTTP/1.1 302 Found\r\nLocation: "
LOGS = [
    logs(
        "log-reason",
        "puts a terminal's commands into its reason phrase",
        says(b"HTTP/1.1 404 " + BYTES),
        fails("HTTP 404"),
        keeps(),
    ),
    logs("log-status", "has no number where its status should be", says(b"HTTP/1.1 " + BYTES), *ERROR),
    logs("log-location", "redirects to a host of terminal commands", says(BACK + b"http://" + BYTES + b"/"), *ERROR),
    logs("log-scheme", "redirects to a scheme of terminal commands", says(BACK + b"x" + BYTES + b":" + BYTES), keeps()),
    logs(
        "log-path",
        "moves for good to a path of terminal commands",
        says(b"HTTP/1.1 301 Moved\r\nLocation: /" + BYTES),
        OK_ONCE,
        warned,
    ),
    logs(
        "log-lines",
        "redirects to an address with escaped line breaks",
        says(BACK + b"/a%0d%0a2026-11-23T00:00:00Z error false%1b[2J"),
        OK_ONCE,
    ),
    logs(
        "log-length",
        "says how long it is in terminal commands",
        says(b"HTTP/1.1 200 OK\r\nContent-Length: " + BYTES, b"<rss/>"),
        *ERROR,
    ),
    logs(
        "log-coding",
        "is packed by terminal commands",
        says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + BYTES + b"\r\nContent-Encoding: " + BYTES, b"x"),
        *ERROR,
    ),
    logs(
        "log-type",
        "has a charset of terminal commands",
        says(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=" + BYTES, b"<x>\xff<x"),
        *ERROR,
    ),
    logs("log-tag", "has a tag of terminal commands", broken(f"<a{EVIL}/>"), *ERROR),
    logs("log-entity", "refers to an entity of terminal commands", broken(f"<a>&{EVIL};</a>"), *ERROR),
    logs(
        "log-error",
        "fails with a page of terminal commands",
        lambda _: {FEED: Reply(BYTES * 50, 500, {"Content-Type": "text/html"})},
        fails("HTTP 500"),
        keeps(),
    ),
    logs(
        "log-etag",
        "has validators of terminal commands",
        says(
            b'HTTP/1.1 200 OK\r\nETag: "' + BYTES + b'"\r\nLast-Modified: ' + BYTES,
            b"<rss version='2.0'><channel><title>T</title></channel></rss>",
        ),
        OK_ONCE,
        echoes_nothing,
    ),
    logs(
        "log-robots",
        "has terminal commands in robots.txt",
        lambda host: {"/robots.txt": Reply(b"User-agent: *\nDisallow: /" + BYTES), FEED: xml(host)},
        OK_ONCE,
    ),
]

STORAGE: list[Behaviour] = [
    lists(
        "paths",
        "has titles, guids and files that are paths and shell commands",
        "takes them for text",
        paths,
        holds(len(KNOWN["paths"])),
        only_known_files,
        threat="Storage",
    ),
    lists(
        "queries",
        "has titles, tags and guids that are SQL and full-text queries",
        "stores and finds them",
        queried,
        counts(len(KNOWN["queries"])),
        found_by_words,
        threat="Storage",
    ),
    *LOGS,
]

"""A row of feeds, each with ways of its own, polled over simulated weeks by restarted crawls; every breach of manners out."""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from tests.loopback import Answer
from tests.test_crawl import FEEDS, SITE, stored
from tests.test_robots_hosts import serving
from tickerwire.rhythm import Rhythm

Sent = dict[str, str]
HOME, AWAY = "127.0.5.1", "127.0.5.2"
MINUTE, HOUR, DAY = 60, 3600, 86400
SPACING, SLACK = 54 * MINUTE, 90
AGENT = re.compile(r"Tickerwire/\d\S* \(\+https://news\.example\.org/?; mailto:desk@news\.example\.org\)")
ENCODINGS = {"gzip", "br", "zstd"}  # Brotli and Zstandard are dependencies


def document(name: str, items: int, extra: str = "") -> bytes:
    """A feed of so many articles without dates: what they are must not teach the crawler a rhythm of the real clock."""
    listed = "".join(f"<item><title>{name} {n}</title><link>https://a.example/{name}/{n}</link></item>" for n in range(items))
    return f"<rss version='2.0'><channel><title>{name}</title>{extra}{listed}</channel></rss>".encode()


@dataclass(slots=True)
class Feed:
    """One feed's ways, and what its last answer obliges a reader to. `serve` gets how often it was polled and what was sent."""

    name: str
    serve: Callable[["Feed", int, Sent], Answer]
    path: str = ""
    asked: str = ""  # the configured path where redirects lead to `path`
    ttl: int = 0
    etag: str = ""
    modified: str = ""
    polls: int = 0
    conditional: int = 0
    items: int = 0

    def __post_init__(self) -> None:
        self.path = self.path or f"/{self.name}"

    def body(self, items: int) -> bytes:
        self.items = items
        return document(self.name, items, f"<ttl>{self.ttl // MINUTE}</ttl>" if self.ttl else "")

    def judge(self, sent: Sent) -> Iterator[str]:
        """Breaches in what was sent: exactly the last validators, byte for byte, and none where there are none."""
        for name, owed in (("if-none-match", self.etag), ("if-modified-since", self.modified)):
            if sent.get(name, "") != owed:
                yield f"{name} {sent.get(name)!r} instead of {owed!r}"
        self.conditional += bool(self.etag or self.modified)

    def note(self, answer: Answer, now: float) -> float:
        """Remember this answer's validators (RFC 9110 section 15.4.5: a 304 refreshes those it names); when to come back."""
        self.polls += 1
        said = answer.headers
        if answer.status in (200, 304):
            old = ("", "") if answer.status == 200 else (self.etag, self.modified)
            self.etag, self.modified = said.get("ETag", old[0]), said.get("Last-Modified", old[1])
        age = re.search(r"max-age=(\d+)", said.get("Cache-Control", ""))
        wish = max(int(age[1]) if age else 0, self.ttl, seconds_until(said.get("Expires", "")))
        held = 30 * DAY if answer.status == 410 else seconds_until(said.get("Retry-After", ""))
        return now + max(SPACING, min(wish, DAY) - SLACK, held - SLACK)


def seconds_until(said: str) -> int:
    """Either form of Retry-After, or Expires, as seconds; the server's dates are of the real clock."""
    if not said or said.isdigit():
        return int(said or 0)
    return int((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())


def ahead(hours: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=hours), usegmt=True)


# --- ways of feeds ----------------------------------------------------------------------------------------------
def plain(
    etag: str = "", date: str = "", every: int = 6, quiet: bool = False, obeys: bool = True, **other: str
) -> Callable[[Feed, int, Sent], Answer]:
    """A server with validators that change with the body, every so many polls (`#` stands for the version); `quiet` ones leave
    them out of a 304; one that does not obey answers 200 to everything."""

    def serve(feed: Feed, n: int, sent: Sent) -> Answer:
        version = n // every
        tag, day = (
            etag.replace("#", str(version)),
            datetime(2026, 11, 1 + version, 8, 49, 37, tzinfo=UTC).strftime(date),
        )
        headers = {name.replace("_", "-"): value for name, value in other.items()}
        said = {name: value for name, value in (("ETag", tag), ("Last-Modified", day)) if value}
        same = sent.get("if-none-match") == tag if tag else sent.get("if-modified-since") == day
        if obeys and (tag or day) and same:
            return Answer(b"", 304, headers | ({} if quiet else said))
        return Answer(feed.body(version + 1), headers=headers | said)

    return serve


IMF, RFC850, ASCTIME, ZONE = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
    "%a, %d %b %Y %T +0100",
)


def liar(feed: Feed, n: int, sent: Sent) -> Answer:
    """The body changes, its validators do not: a 200 has to be read all the same."""
    return Answer(feed.body(1 + n // 3), headers={"ETag": '"always"', "Last-Modified": "Sun, 01 Nov 2026 08:00:00 GMT"})


def restless(feed: Feed, n: int, sent: Sent) -> Answer:
    """Another ETag at every poll for the same body, and 200 to everything."""
    return Answer(feed.body(1), headers={"ETag": f'"restless-{n}"'})


def moody(feed: Feed, n: int, sent: Sent) -> Answer:
    """Both validators, then one, then the other, then none: whatever a 200 leaves out is void, also when its body is the same."""
    etag, date = {"ETag": f'"m-{n}"'}, {"Last-Modified": f"Sun, 01 Nov 2026 08:{n:02}:00 GMT"}
    return Answer(feed.body(1 + n // 8), headers=[etag | date, date, etag, {}, {}, etag | date, {}][n % 7])


def renaming(feed: Feed, n: int, sent: Sent) -> Answer:
    """A 304 that carries a new ETag or a new date: the newest counts."""
    headers = {"ETag": f'"r-{n}"'} if n % 2 else {"Last-Modified": f"Sun, 01 Nov 2026 08:{n:02}:00 GMT"}
    first = {"ETag": '"r-0"', "Last-Modified": "Sun, 01 Nov 2026 08:00:00 GMT"}
    return Answer(b"", 304, headers) if n else Answer(feed.body(1), headers=first)


def failing(at: dict[int, tuple[int, Callable[[], str]]]) -> Callable[[Feed, int, Sent], Answer]:
    """Errors at these polls, with validators that are nobody's and perhaps a Retry-After; otherwise a plain feed."""
    well = plain('"f-#"', IMF)

    def serve(feed: Feed, n: int, sent: Sent) -> Answer:
        if n not in at:
            return well(feed, n, sent)
        status, after = at[n]
        headers = {"ETag": '"of-an-error"', "Last-Modified": "Mon, 02 Nov 2026 00:00:00 GMT"}
        return Answer(b"no", status, headers | ({"Retry-After": after()} if after() else {}))

    return serve


def squeezed(feed: Feed, n: int, sent: Sent) -> Answer:
    """What Apache does: the ETag of the compressed answer ends in -gzip."""
    answer = plain('"z-#-gzip"', Vary="Accept-Encoding", Content_Encoding="gzip")(feed, n, sent)
    return replace(answer, body=gzip.compress(answer.body)) if answer.body else answer


def expiring(feed: Feed, n: int, sent: Sent) -> Answer:
    return plain('"x-#"', Expires=ahead(4))(feed, n, sent)


def never() -> str:
    return ""


def feeds() -> list[Feed]:
    gone = dict.fromkeys(range(2, 99), (410, never))
    return [
        Feed("etag", plain('"e-#"')),
        Feed("date", plain(date=IMF)),
        Feed("both", plain('"b-#"', IMF)),
        Feed("quiet", plain('"q-#"', IMF, quiet=True)),
        Feed("weak", plain('W/"w-#"')),
        Feed("odd-etag", plain('"!$%&\'()*+,-./:;<=>?@[\\]^_`{|}~#"')),
        Feed("latin-etag", plain('"d\xe9j\xe0-\xff-#"')),
        Feed("empty-etag", plain('""', every=999)),
        Feed("rfc850", plain(date=RFC850)),
        Feed("asctime", plain(date=ASCTIME)),
        Feed("zone", plain(date=ZONE)),
        Feed("neither", plain()),
        Feed("deaf", plain('"d-#"', IMF, obeys=False)),
        Feed("liar", liar),
        Feed("restless", restless),
        Feed("moody", moody),
        Feed("renaming", renaming),
        Feed("half-a-day", plain('"h-#"', Cache_Control="public, max-age=43200")),
        Feed("ttl", plain('"t-#"', IMF), ttl=6 * HOUR),
        Feed("expires", expiring),
        Feed("busy", failing({1: (503, lambda: "7200"), 2: (429, lambda: ahead(3)), 6: (500, never)})),
        Feed("missing", failing(dict.fromkeys((2, 3, 5), (404, never)))),
        Feed("gone", failing(gone)),
        Feed("gzip", squeezed),
        Feed("query", plain('"y-#"'), "/query?z=1&a=%7Ex&utm_source=rss&b="),
        Feed("moved", plain('"p-#"', IMF), "/moved-for-good", "/moved"),
        Feed("found", plain('"u-#"', IMF), "/found-for-now", "/found"),
        Feed("away", plain('"a-#"', IMF), "/moved-away", "/away"),
    ]


HOPS = {
    "/moved": (301, "/moved-once"),
    "/moved-once": (308, "/moved-for-good"),
    "/found": (302, "/found-for-now"),
    "/away": (301, "/moved-away"),
}


# --- who counts -------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class Referee:
    """Serves the feeds and notes faults by feed (or path) in simulated time: the real clock plus `passed` seconds."""

    feeds: dict[str, Feed]
    ports: dict[str, int] = field(default_factory=dict)
    passed: float = 0.0
    children: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    closed_until: dict[str, float] = field(default_factory=dict)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        address, path = scope["server"][0], scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        feed = self.feeds.get(end(path)) if address == (AWAY if path == "/moved-away" else HOME) else None
        faults = [*self.manners(scope["method"], headers), *self.early(f"{address}{path}")]
        if path == "/robots.txt":
            answer = self.robots(f"{address}{path}")
        elif feed is None:
            answer, faults = Answer(b"", 404), [*faults, f"{address} has no such feed"]
        else:
            faults += feed.judge(dict(headers))
            answer = self.answer(f"{address}{path}", path, feed, dict(headers))
        self.faults += [(feed.name if feed else path, f"{path} at {self.passed / HOUR:.2f} h: {it}") for it in faults]
        said = answer.headers | {"Set-Cookie": f"session={self.asked.total()}; Path=/"}
        encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in said.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer.body})

    def manners(self, method: str, headers: list[tuple[str, str]]) -> Iterator[str]:
        """Breaches that no address excuses."""
        names, values = [name for name, _ in headers], dict(headers)
        self.agents.add(values.get("user-agent", ""))
        if method != "GET":
            yield f"method {method}"
        if len(names) != len(set(names)):
            yield f"a header twice: {names}"
        yield from (f"{name} sent" for name in ("cookie", "referer", "from", "authorization", "range") if name in values)
        if not values.get("accept"):
            yield "no Accept"
        if missing := ENCODINGS - {word.strip() for word in values.get("accept-encoding", "").split(",")}:
            yield f"{missing} not accepted"

    def early(self, place: str) -> Iterator[str]:
        """A breach of the spacing that the last answer at this place asked for."""
        self.asked[place] += 1
        if (early := self.closed_until.get(place, 0.0) - self.now()) > 0:
            yield f"{early / MINUTE:.1f} minutes too early"

    def now(self) -> float:
        return time.time() + self.passed

    def robots(self, place: str) -> Answer:
        self.closed_until[place] = self.now() + DAY - SLACK
        return Answer(b"User-agent: *\nDisallow:\n")

    def answer(self, place: str, path: str, feed: Feed, sent: Sent) -> Answer:
        """The feed's answer, or a redirect on the way there, with a validator that is nobody's."""
        if path in HOPS:
            self.closed_until[place] = self.now() + SPACING
            host = AWAY if path == "/away" else HOME
            location = f"http://{host}:{self.ports[host]}{HOPS[path][1]}#top"
            return Answer(b"", HOPS[path][0], {"Location": location, "ETag": '"of-a-redirect"'})
        answer = feed.serve(feed, feed.polls, sent)
        self.closed_until[place] = feed.note(answer, self.now())
        return answer


def end(path: str) -> str:
    """Where the redirects from a path lead to."""
    return end(HOPS[path][1]) if path in HOPS else path


def shift(place: Path, seconds: int) -> None:
    """Let time pass: everything the store knows of the past and the future comes this much nearer."""
    earlier = "{0} = strftime('%Y-%m-%dT%H:%M:%SZ', {0}, '-" + f"{seconds} seconds')"
    moments = ", ".join(map(earlier.format, ("next_due", "hold_until", "last_attempt", "last_success", "last_new_article")))
    with closing(sqlite3.connect(place / "var/tickerwire.db")) as db, db:
        db.execute(f"update outlets set {moments}")
        db.execute(f"update hosts set {earlier.format('fetched_at')}")
        db.execute(f"update sources set {earlier.format('checked_at')}")
        for outlet, text in db.execute("select id, rhythm from outlets").fetchall():
            db.execute("update outlets set rhythm = ? where id = ?", (younger(text, seconds), outlet))


def younger(rhythm: str, seconds: int) -> str:
    """What is learnt of an outlet, with the moments in it moved back."""
    learnt = Rhythm.read(rhythm)
    return replace(learnt, seen=learnt.seen and learnt.seen - timedelta(seconds=seconds)).text()


def configure(place: Path, referee: Referee) -> None:
    """Every second outlet is due once an hour by cron, at a minute that the test does not live to see; the others by themselves."""
    hourly, text = f"{(datetime.now(UTC).minute - 1) % 60} * * * *", ""
    for number, feed in enumerate(referee.feeds.values()):
        url = f"http://{HOME}:{referee.ports[HOME]}{feed.asked or feed.path}"
        text += f'[[outlet]]\nid = "{feed.name}"\nname = "{feed.name}"\nschedule = "{hourly if number % 2 else "adaptive"}"\n'
        text += f'[[outlet.source]]\nkind = "feed"\nurl = "{url}"\n'
    (place / "config").mkdir()
    (place / "config/outlets.toml").write_text(text)
    (place / "config/tickerwire.toml").write_text(SITE)
    (place / "config/feeds.toml").write_text(FEEDS)


# At 53 minutes a feed polled every time is polled too early; 4.5 hours later half a day has not passed yet.
STEPS = [53 * MINUTE] * 8 + [4 * HOUR + 30 * MINUTE, HOUR] + [26 * HOUR] * 8 + [31 * DAY]
FEEDS_ASKED = feeds()
Season = tuple[Referee, Path]


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Season:
    """Every crawl a process of its own, which decides by itself what is due; publishing is not looked at here."""
    place, referee = tmp_path_factory.mktemp("season"), Referee({feed.path: feed for feed in FEEDS_ASKED})
    command = [sys.executable, "-m", "tickerwire", "--config", str(place / "config"), "--state", str(place)]
    with serving(referee, (HOME, AWAY)) as referee.ports:
        configure(place, referee)
        for step in [0, *STEPS]:
            if step:
                shift(place, step)
                referee.passed += step
            done = subprocess.run(
                [*command, "crawl", "--no-publish", "--json"], capture_output=True, text=True, timeout=60, check=False
            )
            assert done.stdout, done.stderr
            assert "Traceback" not in done.stderr, done.stderr
            referee.children += bool(json.loads(done.stdout)["crawl"])
    return referee, place


@pytest.mark.parametrize("feed", FEEDS_ASKED, ids=lambda feed: feed.name)
def test_a_feed_is_asked_without_a_fault(season: Season, feed: Feed) -> None:
    referee, place = season
    assert [fault for name, fault in referee.faults if name == feed.name] == []
    assert feed.polls == 4 if feed.name == "gone" else feed.polls >= 9, "after a 410 it is asked once in thirty days"
    assert sum(row["outlet"] == feed.name for row in stored(place)) == feed.items, "what a 200 says is read"


def test_nothing_else_is_asked_and_one_name_is_given(season: Season) -> None:
    referee, _ = season
    names = {feed.name for feed in FEEDS_ASKED}
    assert [fault for name, fault in referee.faults if name not in names] == []
    assert len(referee.agents) == 1
    assert AGENT.fullmatch(next(iter(referee.agents)))


def test_it_was_a_long_season(season: Season) -> None:
    referee, _ = season
    assert referee.children >= 15
    assert sum(feed.polls for feed in FEEDS_ASKED) >= 200
    assert sum(feed.conditional for feed in FEEDS_ASKED) >= 200


def test_a_move_for_good_is_learnt_and_a_detour_is_not(season: Season) -> None:
    referee, _ = season
    asked = {path: referee.asked[f"{HOME}{path}"] for path in ("/moved", "/moved-for-good", "/found", "/found-for-now")}
    assert asked["/moved"] == 3 < asked["/moved-for-good"]
    assert asked["/found"] == asked["/found-for-now"]

"""Nothing in; outlets whose dates no program expects out."""

import json
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from tests.hostile.behaviour import Aftermath, Behaviour, Check
from tests.hostile.server import Host, Reply
from tests.hostile.texts_characters import texts
from tests.hostile.texts_scripts import KNOWN, atom, item, jsonfeed, xml

LEEWAY = timedelta(minutes=5)
# As written, and what is stored of it: a moment, "now" for the future, None for what names no day within reason.
DATES: Mapping[str, str | None] = dict(KNOWN["dates"]) | dict.fromkeys(("9" * 100_000, "2016-06-05" + "0" * 5000))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def wall(monotonic: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic)


def dated(expected: Mapping[str, str | None]) -> Check:
    """Each title has this date ("now": the first crawl's time); what has none is dated when first seen, for ever."""

    def check(after: Aftermath) -> Iterable[str]:
        if len(after.rows) != len(expected):
            yield f"{len(after.rows)} articles, expected {len(expected)}"
        for row in after.rows:
            yield from timely(after, row)
            wanted, found = expected.get(row["title"], "?"), row["published"]
            if wanted == "now":
                wanted = found if found and abs(moment(found) - moment(row["first_seen"])) < LEEWAY else "a moment ago"
            if found != wanted:
                yield f"{row['title']} has the date {found}, expected {wanted}"

    return check


def timely(after: Aftermath, row: Mapping[str, Any]) -> Iterable[str]:
    """Dates within [1990, first crawl + 5 minutes]; first seen and placed in the first crawl; published with the date it has."""
    first = wall(after.ended[0]) + timedelta(seconds=1)
    if moment(row["first_seen"]) > first or moment(row["position"]) > first:
        yield f"{row['title']} moved: first seen {row['first_seen']}, position {row['position']}"
    for key in filter(None, (row["published"], row["updated"])):
        if moment(key).year < 1990 or moment(key) > first + LEEWAY:
            yield f"{row['title']} has the date {key}"
    items = json.loads(after.published[f"feeds/{after.name}.json"])["items"]
    shown = {one["title"]: one["date_published"] for one in items}
    if shown.get(row["title"]) != (row["published"] or row["first_seen"]):
        yield f"{row['title']} is published with {shown.get(row['title'])}, not {row['published'] or row['first_seen']}"


NAMED = {f"D{n}": seen for n, seen in enumerate(DATES.values())}


def rss_dates(host: Host) -> Reply:
    return xml(
        host,
        *(item(n, host, f"<pubDate>{escape(raw)}</pubDate>", f"D{n}") for n, raw in enumerate(DATES)),
    )


def atom_dates(host: Host) -> Reply:
    """Only `published` is under test: `updated` is the same throughout."""
    return atom(
        host,
        (f"<title>D{n}</title><published>{escape(raw)}</published>" for n, raw in enumerate(DATES)),
    )


def json_dates(host: Host) -> Reply:
    items = [{"title": f"D{n}", "date_published": raw} for n, raw in enumerate(DATES)]
    odd: list[Any] = [10**20, -1, None, True, [], {}, 1e308, 0.1, 1480000000, ["2016-06-05"]]
    return jsonfeed(host, [*items, *({"title": f"O{n}", "date_published": one, "date_modified": one} for n, one in enumerate(odd))])


def falling(host: Host) -> Reply:
    """Every crawl a later date, an earlier one, none, or another `updated`."""
    now = datetime.now(UTC)
    later, earlier = f"{now:%Y-%m-%dT%H:%M:%SZ}", f"{now - timedelta(days=host.farm.crawl):%Y-%m-%dT%H:%M:%SZ}"
    first = host.farm.crawl == 1
    said = (
        {"date_published": later},
        {"date_published": earlier},
        {"date_published": earlier} if first else {},
        {} if first else {"date_published": earlier},
        {"date_modified": later},
    )
    return jsonfeed(host, ({"title": f"F{n}", "content_text": "x"} | one for n, one in enumerate(said)))


def still(after: Aftermath) -> Iterable[str]:
    """Dates are those of the first crawl."""
    first = wall(after.ended[0]) + timedelta(seconds=1)
    ages = [timedelta(0), timedelta(days=1), timedelta(days=1), timedelta(0), timedelta(0)]
    for row, age in zip(sorted(after.rows, key=lambda row: str(row["title"])), ages, strict=True):
        date = moment(row["published"] or row["first_seen"])
        if not timedelta(0) <= first - age - date < timedelta(minutes=2) or row["position"] != min(
            row["published"] or row["first_seen"], row["first_seen"]
        ):
            yield f"{row['title']} has {row['published']}, first seen {row['first_seen']}, position {row['position']}"


DATED: list[Behaviour] = [
    texts(
        "dates-rss",
        "dates its RSS items in the year 0, in 9999, on 30 February and in words",
        "dates what names no day by when it was first seen",
        rss_dates,
        dated(NAMED),
        threat="Dates",
    ),
    texts(
        "dates-json",
        "dates its JSON items so, and with numbers and lists",
        "likewise",
        json_dates,
        dated(NAMED | dict.fromkeys(f"O{n}" for n in range(10)) | {"O8": "2016-11-24T15:06:40Z"}),
        threat="Dates",
    ),
    texts(
        "dates-atom",
        "dates its Atom entries so, beside a good `updated`",
        "takes that for what names no day",
        atom_dates,
        dated({title: seen or "2026-01-02T03:04:05Z" for title, seen in NAMED.items()}),
        threat="Dates",
    ),
    texts("dates-moving", "dates its articles anew in each crawl", "lets no date move", falling, still, threat="Dates"),
]

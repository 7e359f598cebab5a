"""Nothing in; outlets that lie about which article is which, or hope that a text is run as a query, a path or a log line, out."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.hostile.behaviour import (
    FEED,
    Aftermath,
    Behaviour,
    Check,
    Route,
    asks_at_most,
    holds,
    results,
)
from tests.hostile.published import appears, inert
from tests.hostile.server import GOOD, ITEMS, Asked, Host, Reply, good_titles
from tests.hostile.texts_scripts import jsonfeed
from tickerwire.store import Archive

OK = results("ok", "ok", "ok")
HTML = {"Content-Type": "text/html; charset=utf-8"}
Item = dict[str, Any]


def lists(name: str, does: str, correct: str, make: Callable[[Host], Iterable[Item]], *checks: Check, **keys: Any) -> Behaviour:
    """An outlet with a JSON Feed of these items; what is None is blank."""

    def routes(host: Host) -> Mapping[str, Route]:
        feed: Route = lambda _: listed(host, make(host))  # noqa: E731
        return {FEED: feed, **pages(host)}

    pages: Callable[[Host], Mapping[str, Route]] = keys.pop("pages", lambda _: {})
    threat = keys.pop("threat", "Identity")
    return Behaviour(name, threat, does, correct, routes, (OK, inert, *checks), feed=True, **keys)


def listed(host: Host, items: Iterable[Item]) -> Reply:
    return jsonfeed(host, ({"id": "", "url": ""} | {k: value for k, value in item.items() if value is not None} for item in items))


def one(number: int, title: str, link: str | None, guid: str | None = None, text: str = "") -> Item:
    return {
        "id": guid if guid is not None else f"guid-{number}",
        "url": link,
        "title": title,
        "content_text": text or f"About {title}.",
    }


def here(host: Host, number: int | str) -> str:
    return host.url(f"/news/{number}")


def counts(articles: int, edits: int = 0) -> Check:
    """So many articles in all formats, edited so many times together."""

    def check(after: Aftermath) -> Iterable[str]:
        if len(after.rows) != articles:
            yield f"{len(after.rows)} articles, expected {articles}: {[row['title'] for row in after.rows][:12]}"
        if (found := sum(row["revision"] - 1 for row in after.rows)) != edits:
            yield f"{found} edits, expected {edits}"
        if len({row["guid"] for row in after.rows}) < len(after.rows):
            yield "two articles have the same guid"
        yield from appears(len([row for row in after.rows if row["url"]]))(after)

    return check


def good_host(host: Host, number: int = 0) -> Host:
    return next(known for known in host.farm.hosts.values() if known.name == f"good-{number}")


def good_intact(number: int = 0) -> Check:
    """The good outlet's articles are its own: title, text, address, guid; none was edited, all are published."""

    def check(after: Aftermath) -> Iterable[str]:
        with Archive.open(after.place / "var/tickerwire.db") as archive:
            rows = archive.read("select * from articles where outlet = ? order by id", (f"good-{number}",))
        told = [(row["title"], row["summary"], row["revision"], row["link"].rpartition("/news/")[2]) for row in rows]
        if told != [(title, f"About {title}.", 1, str(n)) for n, title in enumerate(good_titles(number))]:
            yield f"the good outlet has {told}"
        shown = {(one["title"], one["url"], one["id"]) for one in json.loads(after.published["feeds/good.json"])["items"]}
        if len(shown) != GOOD * ITEMS or not {(row["title"], row["url"], row["guid"]) for row in rows} <= shown:
            yield f"{len(shown)} articles of good outlets are published"

    return check


def guids_of_another(host: Host) -> list[Item]:
    return [one(n, f"False {n}", here(host, f"own-{n}"), f"n{n}", "False.") for n in range(ITEMS)]


def links_of_another(host: Host) -> list[Item]:
    return [one(n, f"False {n}", good_host(host).url(f"/news/{n}"), f"n{n}", "False.") for n in range(ITEMS)]


def minted(host: Host) -> list[Item]:
    """Guids as this service mints them for the good outlet, as they can be read in its feeds."""
    return [one(n, f"False {n}", here(host, n), f"tag:news.example.org,2026:good-0/{n:020x}") for n in range(ITEMS)]


def leads_to_another(host: Host) -> Mapping[str, Route]:
    """Article pages that redirect to the good outlet, or say that they are its articles."""
    good = good_host(host).url("/news/")

    def page(asked: Asked) -> Reply:
        number = int(asked.path.rpartition("/")[2])
        if number % 2:
            return Reply(status=301, headers={"Location": f"{good}{number}"})
        head = f"<link rel=canonical href='{good}{number}'><meta property=og:url content='{good}{number}'><base href='{good}'>"
        text = "".join(f"<p>Paragraph {n} tells at length what never happened to anybody that day in town.</p>" for n in range(5))
        return Reply(f"<title>False</title>{head}<article><h1>False</h1>{text}</article>".encode(), headers=HTML)

    return {"*": page}


def turns(host: Host) -> str:
    """Another word in each crawl."""
    return f"{host.farm.crawl:03}"


def many(host: Host, guid: str | None, link: str | None, title: str = "News {n}", count: int = 5) -> list[Item]:
    """Items by a pattern: {n} is the item, {c} the crawl."""
    c = turns(host)
    return [
        one(
            n,
            title.format(n=n, c=c),
            link and host.url(link.format(n=n, c=c)),
            guid and guid.format(n=n, c=c),
            f"About {n}.",
        )
        for n in range(count)
    ]


def shuffled(host: Host) -> list[Item]:
    items = many(host, "guid-{n}", "/news/{n}", count=20)
    return items[host.farm.crawl * 7 :] + items[: host.farm.crawl * 7]


def bare(host: Host) -> list[Item]:
    """Items that lack one thing or the other, or all."""
    return [
        {"title": "Title alone"},
        {"title": "Title alone"},
        {"title": "Title and text", "content_text": "Text."},
        {"url": here(host, 1)},
        {"id": "guid-alone"},
        {"id": here(host, 2), "content_text": "Guid that is a link"},
        {"content_text": "Text alone"},
        {"id": "", "url": "", "title": ""},
        {"id": " ", "url": " ", "title": " "},
        {"id": 7, "title": "Number"},
        {"id": 0.5, "title": "Fraction"},
        {},
        {"title": "Complete", "url": here(host, 3), "id": "guid-3"},
    ]


def huge(host: Host) -> list[Item]:
    """Guids, links and titles of a megabyte, alike in their first thousands of characters."""
    wide = "g" * 1_000_000
    return [
        one(1, "One", here(host, 1), wide + "1"),
        one(2, "Two", here(host, 2), wide + "2"),
        one(3, "Three", None, wide + "3"),
        one(4, "Four", None, wide + "4"),
        one(5, "Five", here(host, "5" * 100_000)),
        one(6, "Six", here(host, "5" * 100_000) + "6"),
    ]


IDENTITIES: list[Behaviour] = [
    lists(
        "hijack-guids",
        "uses the guids of a good outlet",
        "has ten articles of its own",
        guids_of_another,
        counts(10),
        good_intact(),
    ),
    lists(
        "hijack-links",
        "links to a good outlet's articles under other titles",
        "has ten of its own; the good ones stay",
        links_of_another,
        counts(10),
        good_intact(),
        outlet={"full_text": True},
    ),
    lists(
        "hijack-minted",
        "uses the guids that this service gives a good outlet",
        "has ten of its own",
        minted,
        counts(10),
        good_intact(),
    ),
    lists(
        "hijack-pages",
        "has pages that redirect to a good outlet's or call those canonical",
        "has ten of its own",
        lambda host: many(host, "guid-{n}", "/{n}", count=10),
        counts(10),
        good_intact(),
        pages=leads_to_another,
        outlet={"full_text": True},
    ),
    Behaviour(
        "hijack-feed",
        "Identity",
        "redirects for good to a good outlet's feed",
        "has copies of its own",
        lambda host: {FEED: Reply(status=301, headers={"Location": good_host(host).url("/feed.xml")})},
        (results("ok", "unchanged", "unchanged"), holds(10), good_intact(), asks_at_most(3, FEED)),
    ),
    lists(
        "guid-double",
        "lists each article twice",
        "stores each once",
        lambda host: many(host, "guid-{n}", "/news/{n}") * 2,
        counts(5),
    ),
    lists(
        "guid-one",
        "has one guid for all",
        "tells them by link",
        lambda host: many(host, "guid", "/news/{n}"),
        counts(5),
    ),
    lists("link-one", "has one link for all", "tells them by guid", lambda host: many(host, "guid-{n}", "/news"), holds(5)),
    lists(
        "guid-link-one",
        "has one guid and one link for all",
        "takes them for one, whose newest wording is listed first",
        lambda host: many(host, "guid", "/news"),
        counts(1),
    ),
    lists(
        "guid-turns",
        "has new guids in each crawl",
        "knows them by link",
        lambda host: many(host, "guid-{n}-{c}", "/news/{n}"),
        counts(5),
    ),
    lists(
        "link-turns",
        "has new links in each crawl",
        "knows them by guid",
        lambda host: many(host, "guid-{n}", "/news/{n}-{c}"),
        counts(5),
    ),
    lists(
        "both-turn",
        "has new links and guids in each crawl",
        "must take them for new, and no more",
        lambda host: many(host, "guid-{n}-{c}", "/news/{n}-{c}"),
        counts(15),
    ),
    lists(
        "utm-turns",
        "changes the campaign in its links, which are its guids",
        "knows them without it",
        lambda host: many(host, "", "/news/{n}?utm_source={c}&fbclid={c}&id={n}#{c}"),
        counts(5),
    ),
    lists(
        "sid-turns",
        "has a session in its links",
        "knows them by guid",
        lambda host: many(host, "guid-{n}", "/news?sid={c}&id={n}"),
        counts(5),
    ),
    lists(
        "title-turns",
        "changes every title in each crawl",
        "counts two edits each",
        lambda host: many(host, "guid-{n}", "/news/{n}", "News {n} {c}"),
        counts(5, 10),
    ),
    lists("order-turns", "lists the same in another order", "changes nothing", shuffled, counts(20)),
    lists(
        "cross",
        "exchanges guids between links",
        "knows both by link",
        lambda host: [one(n, f"News {n}", here(host, n), f"guid-{(n + host.farm.crawl) % 2}") for n in range(2)],
        counts(2),
    ),
    lists(
        "merge",
        "lists one article's link and its guid as two articles",
        "edits it once",
        lambda host: (
            [one(1, "News", here(host, 1), "guid-1")]
            if host.farm.crawl == 1
            else [one(1, "By link", here(host, 1), "guid-2"), one(1, "By guid", here(host, 2), "guid-1")]
        ),
        counts(1, 1),
    ),
    lists(
        "guid-is-link",
        "has a guid that is another article's address",
        "keeps both",
        lambda host: [
            one(1, "Linked", here(host, 1), ""),
            one(2, "Named", None, here(host, 1).removeprefix("http://")),
            one(3, "After", here(host, 3)),
        ],
        holds(3),
    ),
    lists(
        "guid-is-old-link",
        "later has a guid that is another article's address",
        "keeps both",
        lambda host: [
            one(3, "After", here(host, 3)),
            one(1, "Linked", here(host, 1), "")
            if host.farm.crawl == 1
            else one(2, "Named", None, here(host, 1).removeprefix("http://")),
        ],
        holds(3),
    ),
    lists(
        "bare",
        "lists items without title, link, guid, or all of them",
        "stores what has anything to show, once",
        bare,
        holds(8),
    ),
    lists(
        "huge-guids",
        "has guids and links of a megabyte that differ at their end",
        "tells them apart",
        huge,
        holds(6),
        threat="Sizes",
    ),
]

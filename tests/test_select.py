"""Selection and the gate: the predicate decides, newest first, up to the limit; emptiness needs an explanation."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from syndicate.explain import explain
from syndicate.gate import unexplained, verdict
from syndicate.item import item
from syndicate.publish import publish, render
from syndicate.select import quota, select
from tests.archive import NOW, article, commit, config, feed
from tickerwire.model import Entry, FeedState, Identified, OutletOutcome, SourceOutcome
from tickerwire.query import parse
from tickerwire.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("said", "titles"),
    [
        ({}, ["Rain 5", "Snow 4", "Rain 3", "Snow 2", "Rain 1"]),
        ({"limit": 2}, ["Rain 5", "Snow 4"]),
        ({"query": "title:rain"}, ["Rain 5", "Rain 3", "Rain 1"]),
        ({"query": "title:rain", "limit": 2}, ["Rain 5", "Rain 3"]),
        ({"query": "rain age:<3h"}, ["Rain 5", "Rain 3"]),
        ({"query": "rain", "outlets": ["quay"]}, []),
        ({"outlets": ["harbour"]}, ["Rain 5", "Snow 4", "Rain 3", "Snow 2", "Rain 1"]),
        ({"query": "hail"}, []),
    ],
)
def test_select(store: Store, said: dict[str, object], titles: list[str]) -> None:
    for number in range(1, 6):
        commit(store, f"{'Rain' if number % 2 else 'Snow'} {number}", NOW - timedelta(hours=5 - number))
    assert [each.title for each in select(feed(**said), store, NOW)] == titles


def test_hidden_articles_are_never_selected(store: Store) -> None:
    number = commit(store, "Rain", NOW)
    store.set_desk(number, NOW, "ann", desk="hidden")
    assert select(feed(), store, NOW) == ()


@pytest.mark.parametrize(
    ("state", "lost", "on_disk", "refused"),
    [
        (FeedState("world", "spec", "print", items=(1,)), 1, True, "suddenly empty"),
        (FeedState("world", "spec", "print", items=(1,)), 0, True, ""),
        (FeedState("world", "spec", "print"), 0, False, ""),
        (FeedState("world", stale=True), 0, True, "database knows nothing"),
        (FeedState("world"), 0, True, "database knows nothing"),
        (FeedState("world"), 0, False, ""),
    ],
)
def test_verdict(state: FeedState, lost: int, on_disk: bool, refused: str) -> None:
    said = verdict(state, lost, on_disk)
    assert refused in said
    assert bool(said) == bool(refused)


def test_an_item_explains_itself_by_edit_age_or_the_desk() -> None:
    stored = {
        1: article(1, title="Rain", date=NOW),
        2: article(2, title="Rain", date=NOW, desk="hidden"),
        3: article(3, title="Rain", date=NOW, desk="withdrawn"),
        4: article(4, title="Rain", date=NOW - timedelta(days=3)),
        5: article(5, title="Edited", date=NOW, summary=""),
    }
    query = parse("rain age:<2d")
    assert [unexplained((number,), stored, query, NOW) for number in (1, 2, 3, 4, 5, 6)] == [1, 0, 0, 0, 0, 1]


def test_one_outlet_has_no_more_than_its_share(store: Store) -> None:
    for n in range(10):
        commit_of(store, "busy", n)
    for n in range(3):
        commit_of(store, "quiet", n, hours=50)
    spec = feed(limit=6, max_share=0.5)
    assert [article.outlet for article in select(spec, store, NOW)] == ["busy"] * 3 + ["quiet"] * 3
    assert [article.outlet for article in select(feed(limit=6), store, NOW)] == ["busy"] * 6
    assert len(select(feed(limit=2, max_share=0.01), store, NOW)) == 2, "one article at least of each"
    assert quota(feed(limit=100, max_share=0.29)) == 29


def test_what_stands_first_counts_towards_the_share(store: Store, tmp_path: Path) -> None:
    ids = [commit_of(store, "harbour", n) for n in range(12)] + [commit_of(store, "quay", n, hours=50) for n in range(4)]
    spec = feed(limit=8, max_share=0.75, first=["pinned"])
    publish(config(tmp_path, spec), store, NOW)
    for number in ids[6:12]:
        store.set_desk(number, NOW, "Ann", pinned=True)
    assert [article.id for article in select(spec, store, NOW)] == [*ids[6:12], *ids[12:14]]
    report = publish(config(tmp_path, spec), store, NOW).feeds[0]
    assert (report.items, report.reason) == (8, ""), "six were pushed out, not lost"
    assert explain(spec, store, store.articles([ids[0]])[ids[0]], NOW)[1][-1].clause == "max_share = 0.75"


def test_what_the_desk_marked_stands_first_however_old(store: Store) -> None:
    ids = [commit_of(store, "harbour", n, hours=n) for n in range(8)]
    store.set_desk(ids[7], NOW, "Ann", pinned=True)
    store.set_desk(ids[5], NOW, "Ann", urgent=True)
    spec = feed(limit=4, first=["urgent", "pinned"])
    assert [article.id for article in select(spec, store, NOW)] == [ids[5], ids[7], ids[0], ids[1]]
    assert [article.id for article in select(feed(limit=2), store, NOW)] == ids[:2]
    assert [a.id for a in select(feed(first=["pinned"], query="Ferry NOT title:7"), store, NOW)] == ids[:7], "the query decides"


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"first": ["urgent", "pinned"]},
        {"max_share": 0.3},
        {"stories": "first", "max_share": 0.4},
        {"first": ["pinned"], "limit": 4},
    ],
)
def test_articles_of_one_moment_have_one_order_in_every_format(store: Store, tmp_path: Path, said: dict[str, object]) -> None:
    """Of the same position the one stored last comes first, whichever way the archive is read, and however often."""
    for number, name in enumerate(["harbour", "quay", "mole"] * 4):
        commit_of(store, name, 0, hours=number % 2, link=f"n{number:02}")
    store.set_desk(2, NOW, "Ann", pinned=True)
    store.set_desk(5, NOW, "Ann", urgent=True)
    spec, made = feed(**said), config(tmp_path, feed(**said))
    articles = select(spec, store, NOW)
    for _ in range(3):
        assert select(spec, store, NOW) == articles
    assert select(spec.model_copy(update={"query": "ferry"}), store, NOW) == articles, "found by the index"
    lead = len([one for one in articles if any(getattr(one, name) for name in spec.first)])
    places = [(one.position, one.id) for one in articles[lead:]]
    assert places == sorted(places, reverse=True)
    items = tuple(item(one, made.outlet(one.outlet)) for one in articles)
    documents = render(made, spec, items, items).documents
    for kind, document in documents.items():
        found = [document.index(one.url.encode()) for one in items]
        assert found == sorted(found), kind
    assert len(documents) == 4


def test_max_age_is_part_of_the_query(store: Store) -> None:
    ids = [commit_of(store, "harbour", n, hours=n * 10) for n in range(4)]
    assert [article.id for article in select(feed(max_age="25h"), store, NOW)] == ids[:3]
    assert [article.id for article in select(feed(max_age="25h", query="Ferry harbour"), store, NOW)] == ids[:3]


def commit_of(store: Store, outlet: str, number: int, hours: float = 0, link: str = "") -> int:
    """Store an article of an outlet, as old as said, and return its id."""
    link, date = f"https://{outlet}.example/{link or number}", NOW - timedelta(hours=hours, minutes=number)
    entry = Entry(link=link, title=f"Ferry {number} leaves the harbour", published=date, language="en", summary="Said.")
    found = Identified(entry, sha256(link.encode()).hexdigest()[:16], link, (f"u:{link}",))
    source = SourceOutcome(f"https://{outlet}.example/feed", "feed", "ok", 200, entries=(found,))
    store.commit_outlets([(OutletOutcome(outlet, date, date, (source,), NOW, NOW), False)], "news.example.org,2026")
    return max(article.id for article in store.export())

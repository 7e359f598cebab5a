"""Why an article is in a feed or is not, and what another filter would change: of real archives, as code and as commands."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from syndicate.explain import explain, preview, replay
from syndicate.publish import publish
from tests.archive import NOW, article, commit, config, feed
from tests.test_crawl import FEEDS, configure, outlet as written
from tickerwire.config import FeedSpec
from tickerwire.errors import QueryError
from tickerwire.model import FeedState
from tickerwire.query import Folded, Query, parse
from tickerwire.query.ast import Term, Word
from tickerwire.query.explain import excerpt, reasons
from tickerwire.query.match import Searched, compile_term
from tickerwire.store import Store

Command = Callable[..., subprocess.CompletedProcess[str]]
TITLE = "Schiffe: «Málaga’s» FÄHREN, floods in 東京都 art/arty Straße"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def said(query: str, **fields: Any) -> list[tuple[str, str, str, bool]]:
    one = article(1, **({"title": TITLE, "summary": "", "tags": ("Sport",), "date": NOW - timedelta(days=3)} | fields))
    return [(r.clause, r.field, r.text, r.matched) for r in dict.fromkeys(reasons(query, parse(query), Folded(one), NOW))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", [("*", "anywhere", "", True)]),
        ("malaga hafen", [("hafen", "anywhere", "", False)]),
        ("title:(hafen OR boot)", [("hafen", "title", "", False), ("boot", "title", "", False)]),
        ("hafen OR sport*", [("sport*", "tag", "[Sport]", True)]),
        ("NOT category:sport lang:en", [("NOT category:sport", "tag", "[Sport]", True)]),
        ("-hafen lang:en", [("NOT hafen", "anywhere", "", False), ("lang:en", "lang", "en", True)]),
        ("NOT (sport malaga)", [("NOT sport", "tag", "[Sport]", True), ("NOT malaga", "title", None, True)]),
        ("NOT (hafen sport)", [("NOT hafen", "anywhere", "", False)]),
        ("-(-sport)", [("sport", "tag", "[Sport]", True)]),
        ("/f.oods?/ -/sp(o)rt/", [("NOT /sp(o)rt/", "tag", "[Sport]", True)]),
        ("boot boot", [("boot", "anywhere", "", False)]),
        ("lang:de", [("lang:de", "lang", "en", False)]),
        ("outlet:quay", [("outlet:quay", "outlet", "harbour", False)]),
        ("url:EXAMPLE/1", [("url:EXAMPLE/1", "url", "https://harbour.example/1", True)]),
        ("guid:g1", [("guid:g1", "guid", "g1", True)]),
        ("age:<2d", [("age:<2d", "age", "2026-11-19 12:00:00+00:00", False)]),
        ("published:2026-11-20..", [("published:2026-11-20..", "published", "2026-11-19 12:00:00+00:00", False)]),
        ("has:image", [("has:image", "image", "", False)]),
        ("-is:urgent", [("NOT is:urgent", "urgent", "False", False)]),
    ],
)
def test_the_clauses_that_decided(query: str, expected: list[tuple[str, str, str | None, bool]]) -> None:
    found = said(query)
    assert [(c, f, None if any(c == e[0] and e[2] is None for e in expected) else t, m) for c, f, t, m in found] == expected


@pytest.mark.parametrize(
    ("query", "hit"),
    [
        ("malaga", "«[Málaga]’s»"),
        ("fahren", "[FÄHREN],"),
        ("flo*", "[flo]ods in"),
        ("京", "東[京]都"),
        ("東*", "[東]京都"),
        ("art", "[art]/arty"),
        ("arty", "art/[arty]"),
        ('"arty strasse"', "[arty Straße]"),
        ("malaga-s", "«[Málaga’s]»"),
    ],
)
def test_what_a_clause_hit_is_shown_as_it_stands(query: str, hit: str) -> None:
    ((_, field, text, matched),) = said(query)
    assert (field, matched) == ("title", True)
    assert hit in text


@pytest.mark.parametrize("text", ["artsy/x/art", "xart/b/art", "xart-arty-art-arty", "arty art", "party art/y"])
def test_a_part_of_another_word_is_never_taken_for_it(text: str) -> None:
    shown = excerpt(Word(None, "art"), text)
    assert re.search(r"(?<!\w)\[art\](?!\w)", shown), shown


def test_the_place_is_found_in_long_texts_with_and_without_spaces() -> None:
    for text, query, shown in (
        ("word " * 60_000 + "Nädel " + "word " * 60_000, "nadel", "…word word word word word word word word [Nädel] word"),
        ("東" * 20_000 + "京" + "東" * 20_000, "京", "東[京]東"),
    ):
        ((_, field, found, _),) = said(f"body:{query}", text=text)
        assert field == "body"
        assert shown in found
        assert len(found) < 100


@given(st.text("aAzé\u0301ßİ-/ \n東京กำ9_", max_size=30), st.text("aAé\u0301ß 東京ก", min_size=1, max_size=4), st.booleans())
@settings(deadline=None, max_examples=300)
def test_a_term_that_matches_has_an_excerpt(value: str, words: str, prefix: bool) -> None:
    term: Query | None = None
    with suppress(QueryError):
        term = parse(words.strip().replace(" ", "-") + "*" if prefix else f'"{words}"')
    if not isinstance(term, Term):
        return
    found = compile_term(term)({"anywhere": Searched.of([value])}, None)
    assert bool(excerpt(term, value)) == found


def rain(store: Store) -> None:
    for number in range(1, 6):
        commit(store, f"{'Rain' if number % 2 else 'Snow'} {number}", NOW - timedelta(hours=5 - number))


def explained(store: Store, number: int, spec: FeedSpec) -> tuple[bool, list[tuple[str, str, bool]]]:
    one = store.articles([number])[number]
    belongs, found = explain(spec, store, one, NOW)
    return belongs, [(reason.clause, reason.text, reason.matched) for reason in found]


@pytest.mark.parametrize(
    ("spec", "number", "expected"),
    [
        ({"query": "rain"}, 3, (True, [("rain", "[Rain] 3", True), ("limit = 50", "stands at 2", True)])),
        ({"query": "rain", "limit": 1}, 3, (False, [("rain", "[Rain] 3", True), ("limit = 1", "stands at 2", False)])),
        ({"query": "rain"}, 2, (False, [("rain", "", False)])),
        ({"outlets": ["quay"]}, 3, (False, [("*", "", True), ("outlets", "harbour", False)])),
        ({"query": "rain age:<1h"}, 3, (False, [("age:<1h", "2026-11-22 10:00:00+00:00", False)])),
    ],
)
def test_the_feed_decides_too(store: Store, spec: dict[str, Any], number: int, expected: object) -> None:
    rain(store)
    assert explained(store, number, feed(**spec)) == expected


def test_what_stood_there_before_its_source_was_read_is_no_news(store: Store) -> None:
    rain(store)
    store.connection.execute("update articles set backlog = 1 where id = 3")
    store.connection.commit()
    belongs, found = explained(store, 3, feed(query="rain"))
    assert belongs
    assert [clause for clause, *_ in found] == ["rain", "limit = 50", "backlog"]
    assert "no news for tickers" in found[-1][1]
    assert not explained(store, 3, feed(query="snow"))[0]


def test_an_article_no_format_could_show_is_named_with_the_reason(store: Store) -> None:
    rain(store)
    store.save_feed(FeedState("world", quarantined={"13": "no", "3": "active content: <script>; more", "5": "x"}))
    assert explained(store, 3, feed(query="rain"))[1][-1] == ("render", "active content: <script>; more", False)
    assert not explained(store, 3, feed(query="rain"))[0]
    assert explained(store, 1, feed(query="rain"))[0]
    assert explained(store, 3, feed(query="rain", limit=1))[1][-1] == ("limit = 1", "stands at 2", False)


def test_what_publishing_leaves_out_is_out_and_in_no_preview(store: Store, tmp_path: Path) -> None:
    rain(store)
    bad = commit(store, "Rain 6", NOW, content_html="<p>x</p><script>alert(1)</script>")
    commit(store, "Rain 7", NOW, link="gopher://harbour.example/1")
    spec = feed(query="rain")
    publish(config(tmp_path, spec), store, NOW)
    assert explained(store, bad, spec) == (False, [("rain", "[Rain] 6", True), ("render", "active content: <script>", False)])
    assert [one.id for one in preview(spec, store, NOW)] == [5, 3, 1]
    assert [one.id for one in preview(feed(query="rain", limit=3), store, NOW)] == [5]


def test_what_came_while_a_feed_is_held_back_is_out_with_the_reason(store: Store) -> None:
    rain(store)
    store.save_feed(FeedState("world", items=(1, 3), stale=True, reason="2 of 3 items are gone"))
    assert explained(store, 5, feed(query="rain"))[1][-1] == ("gate", "2 of 3 items are gone", False)
    assert not explained(store, 5, feed(query="rain"))[0]
    assert explained(store, 3, feed(query="rain"))[0]
    assert explain(feed(query="rain"), store, store.articles([5])[5], NOW, edited=True)[0]


def test_an_embargo_keeps_an_article_out_until_it_ends(store: Store) -> None:
    rain(store)
    held = feed(query="rain").model_copy(update={"embargoes": {"harbour": timedelta(hours=3)}})
    assert explained(store, 5, held) == (False, [("rain", "[Rain] 5", True), ("embargo", "2026-11-22T15:00:00Z", False)])
    assert explained(store, 1, held)[0]


def test_the_greatest_age_of_a_feed_is_a_clause(store: Store) -> None:
    rain(store)
    assert explained(store, 1, feed(query="rain", max_age="1h")) == (False, [("max_age", "2026-11-22 08:00:00+00:00", False)])


@pytest.mark.parametrize("word", ["hidden", "withdrawn"])
def test_the_desk_decides(store: Store, word: Any) -> None:
    rain(store)
    store.set_desk(3, NOW, "ann", desk=word)
    assert explained(store, 3, feed()) == (False, [("*", "", True), ("desk", word, False)])


def test_an_article_may_wait_for_its_title_or_have_no_address(store: Store) -> None:
    number = commit(store, "", NOW, link="https://harbour.example/untitled")
    assert explained(store, number, feed())[1][1:] == [("title", "", False)]
    number = commit(store, "Elsewhere", NOW, link="urn:x:1")
    assert explained(store, number, feed())[1][1:] == [("address", "urn:x:1", False)]


def test_a_story_is_told_by_one_of_its_articles(store: Store) -> None:
    rain(store)
    store.connection.execute("update articles set story = 1 where id in (3, 5)")
    store.connection.commit()
    told = feed(query="rain", stories="first")
    assert explained(store, 1, told)[0]
    assert explained(store, 5, told) == (
        False,
        [("rain", "[Rain] 5", True), ('stories = "first"', "told by article 1", False)],
    )
    assert "left with its first article" in explained(store, 5, feed(query="rain age:<2h", stories="first"))[1][-1][1]


def test_explain_agrees_with_the_feed(store: Store) -> None:
    from syndicate.select import select

    rain(store)
    store.set_desk(5, NOW, "ann", desk="hidden")
    store.set_desk(1, NOW, "ann", pinned=True)
    store.connection.execute("update articles set story = 2 where id in (2, 4)")
    store.connection.commit()
    more: list[dict[str, Any]] = [{}, {"first": ["pinned"]}, {"max_share": 0.4}, {"stories": "first"}, {"max_age": "4h"}]
    for query in ("*", "rain", "NOT rain", "rain OR snow age:<3h", "outlet:quay", "-age:<3h", "/r.in/", "is:pinned OR snow"):
        for limit, said in product((1, 2, 50), more):
            spec = feed(query=query, limit=limit, **said)
            shown = {one.id for one in select(spec, store, NOW)}
            assert {number for number in range(1, 6) if explained(store, number, spec)[0]} == shown


def test_replay_tells_what_comes_and_goes(store: Store) -> None:
    rain(store)
    store.set_desk(1, NOW, "ann", desk="hidden")

    def ids(spec: FeedSpec, query: str, hours: float = 9) -> list[tuple[str, int]]:
        new = spec.model_copy(update={"query": query}) if query else spec
        return [(sign, one.id) for sign, one in replay(spec, new, store, NOW - timedelta(hours=hours), NOW)]

    assert ids(feed(query="rain"), "3 OR 4") == [("=", 3), ("+", 4), ("-", 5)]
    assert ids(feed(query="rain"), "") == [("+", 3), ("+", 5)]
    assert ids(feed(query="*", outlets=["quay"]), "snow") == []
    assert ids(feed(query="rain"), "snow", hours=0.5) == [("-", 5)]
    assert ids(feed(query="rain"), "rain age:<1h") == [("-", 3), ("=", 5)]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    configure(tmp_path, written("harbour", "https://harbour.example/feed", homepage="https://harbour.example/"))
    (tmp_path / "config/feeds.toml").write_text(FEEDS.replace('"*"', '"title:ferry"'))
    with Store.open(tmp_path / "var/tickerwire.db") as store:
        for number, title in enumerate(["Férry late", "Ferry on time", "Bridge opens"]):
            commit(store, title, datetime.now(UTC) - timedelta(hours=10 - number))
    return tmp_path


@pytest.mark.usefixtures("installed")
def test_the_commands(tickerwire: Command) -> None:
    done = tickerwire("feeds", "explain", "all", "1")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "in: all, article 1, Férry late")
    assert "[Férry] late" in done.stdout
    done = tickerwire("feeds", "explain", "all", "3")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "out: all, article 3, Bridge opens")
    told = json.loads(tickerwire("feeds", "explain", "all", "3", "--query", "bridge", "--json").stdout)
    assert told == {
        "feed": "all",
        "article": 3,
        "in": True,
        "reasons": [
            {"clause": "bridge", "field": "title", "text": "[Bridge] opens", "matched": True},
            {"clause": "limit = 50", "field": "position", "text": "stands at 1", "matched": True},
        ],
    }
    done = tickerwire("feeds", "replay", "all", "--since", "7d", "--query", "late OR bridge")
    assert done.stdout.splitlines()[0] == "1 come, 1 go, 1 stay"
    told = json.loads(tickerwire("feeds", "replay", "all", "--since", "7d", "--query", "late OR bridge", "--json").stdout)
    assert ([(one["change"], one["id"]) for one in told["changes"]], told["stay"]) == ([("-", 2), ("+", 3)], 1)
    told = json.loads(tickerwire("feeds", "replay", "all", "--since", "7d", "--json").stdout)
    assert [one["title"] for one in told["changes"]] == ["Férry late", "Ferry on time"]


def test_check_tells_doubts_and_other_commands_log_them(tickerwire: Command, installed: Path) -> None:
    (installed / "config/feeds.toml").write_text(FEEDS.replace('"*"', '"ferry or bridge"') + 'max_age = "36h"\n')
    done = tickerwire("check")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0].endswith(
        'query = "ferry or bridge": or is a word to look for here; write OR, or "or" if that is meant'
    )
    assert done.stderr.splitlines()[1].endswith("1 outlets and 1 feeds, 1 warnings")
    (told,) = json.loads(tickerwire("check", "--json").stdout)
    assert (told["level"], told["key"], told["value"]) == ("warning", 'feed[1] "all" query', '"ferry or bridge"')
    done = tickerwire("feeds", "list", "--json")
    assert "warning" in done.stderr
    assert "or is a word to look for here" in done.stderr
    assert json.loads(done.stdout)[0]["max_age"] == "P1DT12H"
    assert "Warning" not in done.stderr


@pytest.mark.usefixtures("installed")
def test_a_query_may_begin_with_a_minus(tickerwire: Command) -> None:
    for words in (("-ferry",), ("--limit", "3", "-ferry"), ("-hafen -ferry", "--limit", "3")):
        done = tickerwire("articles", "search", *words)
        assert (done.returncode, done.stdout.splitlines()[1:]) == (0, [done.stdout.splitlines()[-1]]), words
        assert "Bridge opens" in done.stdout
    assert tickerwire("articles", "search", "ferry", "--limt", "3").returncode == 2


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("command", [("articles", "search"), ("feeds", "preview", "all", "--query")])
def test_a_query_of_the_command_line_is_read_as_carefully(tickerwire: Command, command: tuple[str, ...]) -> None:
    done = tickerwire(*command, "outlet:harbor late")
    assert (done.returncode, done.stderr) == (0, "warning: no outlet has the id harbor; did you mean `harbour`?\n")
    done = tickerwire(*command, "late OR title:late")
    assert (done.returncode, done.stderr) == (0, "warning: `title:late` adds nothing to `late`\n")
    done = tickerwire(*command, "late NOT late")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "tickerwire: no article can be both `late` and `NOT late` (character 10, before `late`)\n"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("explain", "nope", "1"), "no such feed"),
        (("explain", "all", "99"), "no such article"),
        (("explain", "all", "x"), "not a valid integer"),
        (("explain", "all", "1", "--query", "title:(a"), "(character 7, before `(a`)"),
        (("replay", "all"), "--since"),
        (("replay", "all", "--since", "soon"), "neither a date"),
        (("replay", "all", "--since", "7d", "--query", "("), "(character 1, before `(`)"),
    ],
)
def test_mistakes_end_with_2(tickerwire: Command, words: tuple[str, ...], why: str) -> None:
    done = tickerwire("feeds", *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_the_share_of_an_outlet_keeps_an_article_out(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:
        ids = [commit(store, f"Ferry {n} leaves", NOW - timedelta(hours=n)) for n in range(6)]
        spec = feed(limit=4, max_share=0.5)
        belongs, said = explain(spec, store, store.articles([ids[4]])[ids[4]], NOW)
        assert (belongs, said[-1].clause, said[-1].text) == (False, "max_share = 0.5", "2 others of harbour stand before it")
        assert explain(spec, store, store.articles([ids[1]])[ids[1]], NOW)[0]


def test_another_filter_is_held_against_what_the_feed_says(tickerwire: Command, installed: Path) -> None:
    with (installed / "config/feeds.toml").open("a") as file:
        file.write('outlets = ["harbour"]\n[[feed.expect]]\nin = "Ferry on time"\n')
    done = tickerwire("feeds", "replay", "all", "--since", "7d", "--query", "bridge -outlet:harbour")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "0 come, 2 go, 0 stay")
    assert done.stderr.splitlines() == [
        "warning: outlets: the query lets none of harbour in",
        "warning: expect: 'Ferry on time' belongs in the feed, but the query keeps it out",
    ]

"""The full-text index against the predicate: the same words, phrases, prefixes and facts in every script, neither more nor fewer."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from tests.archive import NOW, article, commit
from tests.test_query import LETTERS
from tickerwire.errors import QueryError
from tickerwire.model import Article
from tickerwire.query import fold, matches, parse
from tickerwire.query.fold import words
from tickerwire.query.tokens import expression, indexed
from tickerwire.store import Store, rows
from tickerwire.store.index import COLUMNS, put
from tickerwire.store.narrow import _calendar, narrow

TOKENIZER = "ascii tokenchars '_|:-'"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("index") / "t.db") as opened:
        opened.connection.execute("pragma synchronous = off")  # thousands of articles come and go
        yield opened


@pytest.fixture
def terms() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f'create virtual table texts using fts5 (text, content="", tokenize="{TOKENIZER}")')
        db.execute("create virtual table terms using fts5vocab (texts, row)")
        yield db


def test_words_of_the_index_are_the_words_of_the_predicate(terms: sqlite3.Connection) -> None:
    """Every code point between two letters: SQLite's Unicode is older, so it is not asked."""
    held = [
        fold(f"zz{chr(code)}zz")
        for code in (*range(0x20000), *range(0x30000, 0x30100), *range(0xE0000, 0xE0200), 0xF0000, 0x10FFFF)
    ]
    said = {words(one) for one in held}
    assert len(said) > 60_000
    terms.executemany("insert into texts (text) values (?)", [(indexed([one]),) for one in said])
    found = {term for (term,) in terms.execute("select term from terms")}
    spaceless = {one for one in said if indexed([one]) != one}
    assert len(spaceless) > 25_000
    assert {word for one in said - spaceless for word in one.split()} <= found
    assert found - {"zz"} == {token for one in said for token in indexed([one]).split()} - {"zz"}


def held(store: Store, one: Article, asked: str) -> bool:
    """Whether the index alone finds the article."""
    said = {name: getattr(one, name) for name in COLUMNS.split(", ")} | {
        "authors": rows.as_json(one.authors),
        "tags": rows.as_json(one.tags),
    }
    said |= {name: rows.stamp_or_none(said[name]) for name in ("published", "first_seen", "position")}
    search, *_ = narrow(parse(asked), NOW)
    store.connection.execute("begin")
    try:
        put(store.db, 1, said)
        found = bool(store.read("select rowid from articles_index where articles_index match ?", (search,)))
        put(store.db, 1, said, remove=True)
        assert not store.read("select rowid from articles_index where articles_index match '\"is:all\"'"), "taken out whole"
    finally:
        store.connection.execute("rollback")
    return found


SCRIPTS = "東京都ひらカナー々ไทยกำ่ລາວខ្មែမြန한국हिन्दीதமி"
TERMS = st.text("aAbB9_-.'é\u0301ŁſﬁＫйЖаλΣשم한ა|:東京カゞ゙ไกา่हिा\u0301\u200d", min_size=1, max_size=5)
AROUND = st.text(LETTERS + SCRIPTS + " .-_'\n\0|:東京ไาा", max_size=4)
FORMS = ["{}", '"{}"', "{}*", 'body:"{}"', 'NOT "{}"', 'author:"{}"', 'tag:"{}"', "section:{}*", 'category:"{}"']


@pytest.mark.parametrize("form", FORMS)
def test_the_index_answers_as_the_predicate(store: Store, form: str) -> None:
    counts = {True: 0, False: 0}

    @given(TERMS, AROUND, AROUND, st.sampled_from(("text", "summary", "title", "authors", "tags", "section")))
    @settings(deadline=None, max_examples=400, derandomize=True)
    @example("東", "京都", "東", "text")
    @example("東京", "", "", "text")
    @example("bा東", "", "", "text")
    @example("東ाb", "", "", "title")
    @example("ไท", "ผม", "ย", "text")
    def check(term: str, before: str, after: str, field: str) -> None:
        asked = form.format(term)
        try:
            query = parse(asked)
        except QueryError:
            assume(False)
        assume(narrow(query, NOW)[0])  # "-*" says nothing to it
        value = f"{before}{term}{after}"
        one = article(1, **{field: (value, term) if field in ("authors", "tags") else value})
        wanted = matches(query, one, NOW)
        counts[wanted] += 1
        assert held(store, one, asked) is wanted, (asked, value)

    check()
    assert min(counts.values()) > 5


def test_no_phrase_runs_from_one_value_into_the_next(store: Store) -> None:
    one = article(
        1, summary="end of summary 東", text="京 start of text", authors=("Ann Lee", "Bo Dyl"), tags=("one", "two"), section="zero"
    )
    for asked in ('"summary start"', '"東京"', '"東 京"', '"lee bo"', '"one two"', '"zero one"', '"summary 東 京"'):
        assert not matches(parse(asked), one, NOW)
        assert not held(store, one, asked), asked
    assert held(store, one, '"of summary 東" "京 start" "bo dyl"')


@pytest.mark.parametrize("language", ["en", "pt-BR", "zh-Hant-TW", "", "x y", "en_GB", "De", "ſr"])
def test_languages_and_outlets_are_facts(store: Store, language: str) -> None:
    one = article(1, language=language, text="pt br en de outlet quay")
    for asked in ("lang:en", "lang:pt", "lang:pt-br", "lang:zh", "lang:zh-hant", "lang:zh-tw", "lang:de", "lang:sr", "-lang:en"):
        assert held(store, one, asked) is matches(parse(asked), one, NOW), asked
    assert held(store, one, "outlet:harbour -outlet:quay -outlet:harbour-2")


def test_no_beginning_of_a_word_is_found_among_the_facts(store: Store) -> None:
    one = article(1, title="Ferry", image="https://x.example/i.png", urgent=True)
    for asked in ("outlet*", "o*", "lang*", "is*", "on*", "has*"):
        assert not held(store, one, asked), asked
        assert held(store, one, f"-{asked}"), asked
        assert held(store, one, f"(plane OR -{asked}) -(ferry {asked})"), asked


def test_days_years_and_months_cover_exactly_what_lies_between() -> None:
    chance = Random(4)
    for _ in range(60):
        first = date(2024, 1, 1) + timedelta(days=chance.randrange(1500))
        last = first + timedelta(days=chance.choice((0, 1, 27, 40, 364, 365, 800)))
        said = list(_calendar(first, last))
        every = [first + timedelta(days=n) for n in range(-3, (last - first).days + 4)]
        assert [day for day in every if sum(day.isoformat().startswith(one) for one in said)] == every[3:-3], (first, last, said)
        assert len(said) <= 90


@given(st.integers(0, 320_000), st.integers(-900_000, 320_000))  # no date before 1990 is stored or can be asked for
@settings(deadline=None, max_examples=60)
@example(320_000, -900_000)
@example(48, -96)
def test_no_date_is_lost(store: Store, seen_hours: int, published_hours: int) -> None:
    seen, published = NOW - timedelta(hours=seen_hours), NOW - timedelta(hours=published_hours)
    one = article(1, published=published, first_seen=seen, position=min(seen, published))
    day, months = published.date(), (NOW - one.position).days
    clauses = [
        f"published:{day}",
        f"published:..{day}",
        f"published:{day}..",
        "published:1950-01-01..2150-01-01",
        "published:2101-01-01..",
    ]
    clauses += [
        f"published:{day - timedelta(days=400)}..{day + timedelta(days=30)}",
        "published:0001-01-01..",
    ]
    clauses += [f"age:{sign}{max(days, 1)}d" for sign in "<>" for days in (months, months + 1, months - 1, 36_500)]
    for clause in clauses:
        for asked in (clause, f"-{clause}", f"-({clause} all)", f"-({clause} OR never)", f"never OR {clause}"):
            query = parse(asked)
            if matches(query, one, NOW) and narrow(query, NOW)[0]:
                assert held(store, one, asked), (asked, one.position, one.published)


def test_nested_and_long_queries_are_read_by_the_index(store: Store) -> None:
    """SQLite's parser has a stack of a hundred entries, and takes expressions 256 deep."""
    deep = ["(a OR " * 49 + "b" + ")" * 49, "(a -" * 49 + "b" + ")" * 49, "(a -(b OR (c -" * 16 + "d" + ")))" * 16]
    wide = [" OR ".join(f"w{n}" for n in range(450)), " ".join(f"w{n}" for n in range(700)), "東" * 3_900, '"' + "a " * 1_900 + '"']
    wide += [f"-({' OR '.join(f'w{n}' for n in range(450))})", f"({' OR '.join(f'-w{n}' for n in range(400))})", "x" * 3_990]
    for asked in (*deep, *wide):
        search, *_ = narrow(parse(asked), NOW, ("harbour", *(f"o{n}" for n in range(2_000))))
        assert store.read("select rowid from articles_index where articles_index match ?", (search,)) == []


def test_the_index_follows_edits_the_desk_and_renamed_outlets(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as own:
        one, other = commit(own, "Ferry", NOW), commit(own, "Boat", NOW)

        def found(asked: str) -> set[int]:
            search, *_ = narrow(parse(asked), NOW)
            return {row["rowid"] for row in own.read("select rowid from articles_index where articles_index match ?", (search,))}

        own.set_desk(one, NOW, "ann", urgent=True)
        assert (found("is:urgent"), found("is:pinned"), found("-is:urgent")) == ({one}, set(), {other})
        own.set_desk(one, NOW, "ann", urgent=False, pinned=True)
        assert (found("is:urgent"), found("is:pinned")) == (set(), {one})
        own.rename_outlets([("harbour", "quay")])
        assert (found("outlet:harbour"), found("outlet:quay"), found("ferry")) == (set(), {one, other}, {one})
        own.connection.execute("insert into articles_index (articles_index) values ('integrity-check')")


def test_an_expression_is_made_of_nothing_a_reader_typed(store: Store) -> None:
    assert expression(parse("C++")) == '"c"'  # type: ignore[arg-type]
    chance, found = Random(3), 0
    for _ in range(10_000):
        typed = "".join(chance.choices(LETTERS + SCRIPTS + "\"()*:-^{}+|'/\\,.@ \0\n\ud800ANDORNOTEabc", k=chance.randint(1, 24)))
        try:
            query = parse(typed)
        except QueryError:
            continue
        search, *_ = narrow(query, NOW)
        if search:
            found += 1
            store.read("select rowid from articles_index where articles_index match ?", (search,))
    assert found > 1_000


def test_an_archive_of_an_earlier_version_is_indexed_anew(tmp_path: Path) -> None:
    """In batches, hidden ones too, with what earlier articles' positions say of the order."""
    with Store.open(tmp_path / "t.db") as own:
        for number in range(30):
            commit(own, f"東京 ferry {number}", NOW - timedelta(hours=number % 7), link=f"https://harbour.example/{number}")
        own.set_desk(3, NOW, "ann", desk="hidden", urgent=True)
        horizons = own.read("select * from horizons")
        wanted = {asked: [one.id for one in own.candidates(parse(asked), NOW)] for asked in ("京 ferry", "-lang:en", "age:<3h")}
        for lost in ("table articles_index", "table horizons", "trigger articles_horizon", "trigger articles_moved"):
            own.connection.execute(f"drop {lost}")
        own.connection.execute("create virtual table articles_fts using fts5 (title, body, authors, tags, content='')")
        own.connection.execute("delete from _sqlite_migrations where name in ('m015_search', 'm016_addresses')")
    with Store.open(tmp_path / "t.db") as own:
        assert {asked: [one.id for one in own.candidates(parse(asked), NOW)] for asked in wanted} == wanted
        assert len(wanted["京 ferry"]) == 29
        assert own.read("select * from horizons") == horizons
        own.set_desk(3, NOW, "ann", desk="", urgent=False)
        own.connection.execute("insert into articles_index (articles_index) values ('integrity-check')")
        assert {one.id for one in own.candidates(parse("京 -is:urgent"), NOW)} == set(range(1, 31))

"""Random queries over odd articles in a real archive: what SQL narrows to holds every article that the predicate lets in."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import assume, given, settings, strategies as st

from tests.archive import NOW, commit
from tickerwire.errors import QueryError
from tickerwire.model import Article
from tickerwire.query import Folded, compile_query, parse
from tickerwire.query.required import keys, required
from tickerwire.store import Store, ingest
from tickerwire.store.archive import place

QUERIES, ARTICLES = 500, 200  # 100,000 pairs
WORDS = (
    "Ferry ferries Łódź lodz covid-19 C++ naïve AI 生成AI技術 東京タワー ผมไปโรงเรียน ёлка Елка ελληνικά ΣΊΣΥΦΟΣ straße STRASSE "
    "שָׁלוֹם مَرْحَبًا हिन्दी "
    "東京 京都 都 の夜 กำลัง ไป लाल தமிழ் 東ा ゙カ ｶﾞｽ ガス বাংলা "
    "한국어 ＡＢＣ ﬁnal e\u0301te\u0301 peace_talks it's O’Brien U.S. 3.14 ½ İstanbul ıstanbul ქართული կարող 👩‍👩‍👧 \u202eabc"
).split()
NUMBERS = [f"n{number}" for number in range(12)]


def text(chance: Random, most: int) -> str:
    return chance.choice((" ", "-", ", ", "\n")).join(chance.choices([*WORDS, *NUMBERS], k=chance.randint(1, most)))


def clause(chance: Random) -> str:
    word, other = (chance.choice([*WORDS, *NUMBERS]) for _ in range(2))
    field = chance.choice(("", "", "", "title:", "body:", "author:", "category:", "tag:", "section:"))
    cut = word[: chance.randint(1, len(word))]
    forms = (
        f"{field}{word}", f"{field}{cut}*", f'{field}"{word} {other}"', f'{field}"{other}-{word}"',
        f"{field}({word} OR {other})",
        f"outlet:{chance.choice(('harbour', 'quay'))}", f"lang:{chance.choice(('en', 'de', 'pt', 'pt-br'))}",
        f"age:<{chance.randint(1, 90)}h",
        f"age:>{chance.randint(1, 90)}h", "published:2026-11-20..", f"published:2026-11-{chance.randint(17, 21)}",
        "is:urgent", "is:pinned", "has:image", f"story:size{chance.choice('<>')}{chance.randint(1, 5)}",
        f"/{cut[:1]}/", f"/ {cut}.*/", f"title:/^{word}/", f"/{other} {word}( {cut})?/", "*",
        "url:harbour", "guid:tag", f"url:example/{chance.randrange(30)}", f"guid:{chance.randrange(16):x}{chance.randrange(4096):03x}",
    )  # fmt: skip
    return chance.choice(forms[:5] if chance.random() < 0.4 else forms[5:])


def query(chance: Random, depth: int = 3) -> str:
    if not depth or chance.random() < 0.3:
        return clause(chance)
    one, other = query(chance, depth - 1), query(chance, depth - 1)
    return chance.choice((f"{one} {other}", f"({one} OR {other})", f"{one} -({other})", f"({one} {other})", f"NOT ({one})"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Article]]:
    """A database, and all that may be shown of it."""
    chance, file = Random(11), tmp_path_factory.mktemp("narrow") / "t.db"
    with Store.open(file) as store:
        for number in range(ARTICLES):
            date = NOW - timedelta(hours=chance.uniform(0, 96)) + timedelta(hours=chance.choice((0, 0, 0, 90)))
            language, image = chance.choice(("en", "de", "pt-BR", "")), chance.choice(("", "https://x.example/i.png"))
            said = {"summary": text(chance, 9), "text": text(chance, 40), "authors": (text(chance, 2), text(chance, 2))}
            said |= {"tags": (text(chance, 2),), "section": text(chance, 1), "language": language, "image": image}
            commit(store, text(chance, 6), date, link=f"https://harbour.example/{number}", **said)
        with store.transaction() as db:
            for one in range(1, ARTICLES + 1):
                moved = {} if one % 3 else {"outlet": "quay"}
                ingest.update(db, one, {"urgent": one % 5 == 0, "pinned": one % 7 == 0, **moved})
            db.execute("update articles set story = id - id % 8 where id > 8 and id % 8 > 0 and (id / 8) % 8 > id % 8")
            db.execute("update articles set desk = 'hidden' where id % 11 = 0")
        return file, [one for one in store.export() if not one.desk]


@pytest.mark.parametrize("outlets", [(), ("quay",)], ids=["all outlets", "one outlet"])
def test_no_article_is_lost_by_narrowing(archive: tuple[Path, list[Article]], outlets: tuple[str, ...]) -> None:
    file, articles = archive
    folded = [Folded(one) for one in articles if not outlets or one.outlet in outlets]
    pairs, found = 0, 0
    with Store.open(file) as store:

        @given(st.randoms(use_true_random=False))
        @settings(deadline=None, max_examples=QUERIES * ARTICLES // len(folded) + 1, derandomize=True)
        def check(chance: Random) -> None:
            nonlocal pairs, found
            asked = query(chance)
            try:
                parsed = parse(asked)
            except QueryError:
                assume(False)
            belongs = compile_query(parsed)
            wanted = [one.article for one in folded if belongs(one, NOW)]
            given = [one for one in store.candidates(parsed, NOW, outlets) if belongs(Folded(one), NOW)]
            in_order = sorted(wanted, key=place, reverse=True)
            assert given == in_order, asked
            narrowed = [one for one in store._narrowed(parsed, NOW, outlets) if belongs(Folded(one), NOW)]
            assert narrowed == in_order, f"{asked}: so few articles are mostly all looked at before the index is asked"
            pairs, found = pairs + len(folded), found + bool(wanted)

        check()
    assert pairs >= QUERIES * ARTICLES
    assert found > pairs / len(folded) / 4


def test_an_article_that_a_query_matches_has_one_of_its_keys(archive: tuple[Path, list[Article]]) -> None:
    folded = [Folded(one) for one in archive[1]]
    chance, asked, spared, matched = Random(3), 0, 0, 0
    while asked < QUERIES * len(folded):
        said = query(chance)
        try:
            parsed = parse(said)
        except QueryError:
            continue
        said_often = Counter(key for one in folded for key in keys(one)) if chance.random() < 0.5 else {}
        wanted, belongs = required(parsed, said_often), compile_query(parsed)
        for one in folded:
            asked += 1
            has = bool(wanted & keys(one))
            assert has or not wanted or not belongs(one, NOW), (said, one.article)
            matched += has
            spared += bool(wanted) and not has
    assert matched > asked / 50
    assert spared > asked / 8

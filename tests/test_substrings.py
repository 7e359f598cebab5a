"""Parts of addresses and regular expressions, which no word stands for: every article that has them meets what the index is asked."""

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from tests.archive import NOW, article
from tests.test_index import held
from tickerwire.query import fold, matches, parse
from tickerwire.query.ast import Contains, Pattern, Prefix, Word
from tickerwire.query.fold import words
from tickerwire.query.pattern import certain, fault
from tickerwire.query.tokens import within
from tickerwire.store import Store
from tickerwire.store.narrow import narrow

SIGNS = "abcdefghKkſsßİé京/.:-_?&=%#~+'\"|() \n0123456789"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("parts") / "t.db") as opened:
        opened.connection.execute("pragma synchronous = off")
        yield opened


@given(st.text(SIGNS, max_size=60), st.integers(0, 60), st.integers(1, 40), st.sampled_from(("url", "link", "guid", "source_guid")))
@settings(deadline=None, max_examples=600, derandomize=True)
@example("https://harbour.example/sport/", 23, 7, "link")
@example("00010", 1, 4, "url")
@example("abcdef\nabcdefg", 4, 6, "url")
def test_every_part_of_an_address_is_found(store: Store, address: str, start: int, length: int, name: str) -> None:
    part = address[start : start + length].strip().replace('"', "")
    assume(part and part in address)
    field = name.removeprefix("source_").replace("link", "url")
    asked = f'{field}:"{part}"'
    one = article(1, **{name: address})
    assert matches(parse(asked), one, NOW)
    assert not narrow(parse(asked), NOW)[0] or held(store, one, asked)


def test_what_no_address_holds_is_not_asked_of_every_article(store: Store) -> None:
    one = article(1, url="https://harbour.example/world/2026/11/30/ferry-runs-again-4711.html")
    for part in ("/sport/", "4712.html", "quay.example", "ferries", "/2027/11/"):
        asked = f"url:{part}"
        assert not held(store, one, asked), asked
        assert narrow(parse(f"-{asked}"), NOW)[0] == "", "that it has the runs of a part does not say that it has the part"
    assert [part for part in ("/", "uk", "abc", "a\nbcdefgh") if within(part)] == []


def test_a_long_part_of_an_address_is_read_by_the_index(store: Store) -> None:
    for asked in ("x" * 3_900, "/a" * 1_950, '"*(' * 10):
        search = within(Contains("url", asked).text)
        assert store.read("select rowid from articles_index where articles_index match ?", (search,)) == []


PATTERNS = [
    ("foo bar baz", ["bar", "baz*"]),
    ("^foo.*bar", ["foo*"]),
    (" foo+ bar", ["foo*", "bar*"]),
    ("a|b foo", []),
    ("(a|b) foo ", ["foo"]),
    (r"\. foo\d", ["foo*"]),
    ("x* foo? bars", ["bars*"]),
    ("[[:alpha:]]foo bar", ["bar*"]),
    ("[]a]foo bar", ["bar*"]),
    (" +foo", ["foo*"]),
    ("^*foo", []),
    (r"\\d foo", ["d", "foo*"]),
    ("foo (bar) baz qux", ["baz", "qux*"]),
    (r"C# \bdev", []),
    (" fo{2} bar", ["bar*"]),
    ("(?i) Foo (a(b|c)d) E ", ["foo", "e"]),
    ("é def é", ["def"]),
    (r" \Qfoo bar\E", []),
    (r"\x41 foo \x{42}", ["foo"]),
    (r"\p{Greek} foo$", ["foo"]),
    (r" \/foo\_bar", ["foo*"]),
]


@pytest.mark.parametrize(("text", "wanted"), PATTERNS)
def test_the_words_that_a_regular_expression_needs(text: str, wanted: list[str]) -> None:
    found = certain(Pattern("title", text))
    assert [f"{one.text}{'*' * isinstance(one, Prefix)}" for one in found] == wanted
    assert all(one.field == "title" for one in found)


PIECES = (
    "ab ABC k K s ſ é 京 ไ \u0301 \u200d _ - . , ' \\d \\w \\b \\s \\. \\- \\+ \\x41 \\pL \\p{L} [ab] [^ab] [[:alpha:]]b]"
    " []] ( (?: (?i) ) ) | * + ? *? +? {2} {1,2} ^ $ . .* a b"
).split(" ")


def texts(chance: Random) -> str:
    others = ["ab", "abc", "K", "k", "ſ", "s", "A", " ", " ", "-", ".", "é", "京", "\u0301", "1", "_", "\n"]
    return chance.choice(("ab", " ab", "s", "-k ", "k ", ".ab")) + "".join(chance.choices(others, k=6))


def test_no_regular_expression_needs_a_word_that_a_text_it_matches_lacks() -> None:
    chance, matched = Random(7), 0
    while matched < 3_000:
        pattern = chance.choice((" ab", "^s", "-k ", r"\.ab", "")) + "".join(chance.choices(PIECES, k=chance.randint(1, 5)))
        query = Pattern("title", pattern)
        needed = [] if fault(pattern) else certain(query)
        for one in (article(1, title=texts(chance)) for _ in range(40 * bool(needed))):
            if matches(query, one, NOW):
                matched += 1
                assert all(matches(term, one, NOW) for term in needed), (pattern, one.title, words(fold(one.title)), needed)


def test_a_regular_expression_is_narrowed_by_its_words(store: Store) -> None:
    one = article(1, title="The ferry runs", text="A second sentence")
    for asked, found in (
        ("/the ferry ru/", True),
        ("title:/ ferry .*s/", True),
        ("/the plane ru/", False),
        ("title:/a second/", False),
    ):
        assert held(store, one, asked) is found, asked
    assert isinstance(certain(Pattern("anywhere", "^ab c"))[0], Word)

"""The filter language as it is written: what is read and as what, what is refused and where, and that its page says the same."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import example, given, settings, strategies as st

from tests.test_query import CEASEFIRE, LETTERS, NOW, article
from tickerwire.errors import QueryError
from tickerwire.query import And, Folded, Not, Or, Phrase, Prefix, Query, Word, leaves, matches, parse
from tickerwire.query.ast import All, Contains, Exact, Pattern, outlets_named, uses_age
from tickerwire.query.clauses import FIELDS
from tickerwire.query.explain import reasons
from tickerwire.query.highlight import highlighted
from tickerwire.query.impossible import possible

DOCS = Path(__file__).parent.parent / "docs" / "queries.md"


@pytest.mark.parametrize(
    ("query", "position", "said"),
    [
        ("", 0, "write * for everything"),
        (" \n ", 3, "write * for everything"),
        ("syria AND", 9, "the query ends"),
        ("OR syria", 0, "OR needs a term on both sides"),
        ("a AND OR b", 6, "OR needs a term on both sides"),
        ("a NOT", 5, "the query ends"),
        ("()", 1, "expected a word"),
        ("a (b", 2, "this parenthesis is never closed"),
        ("a b)", 3, "this parenthesis closes none"),
        ('a "b', 2, "this quotation mark is never closed"),
        ("a “b c”", 2, "straight quotation marks"),
        ("title:'b c' d", 6, "straight quotation marks"),
        ("a ‘b c’", 2, "straight quotation marks"),
        ("«b c»", 0, "straight quotation marks"),
        ("title:「東京」", 6, "straight quotation marks"),
        ("東京 「大阪」", 3, "straight quotation marks"),
        ("（a OR b） c", 0, "in its narrow form"),
        ("title：東京", 5, "in its narrow form"),
        ("flo＊", 3, "in its narrow form"),
        ("a !b", 2, "write - before what it excludes"),
        ("a –b", 2, "write - before what it excludes"),
        ("a (—b OR c)", 3, "write - before what it excludes"),
        ("−a", 0, "write - before what it excludes"),
        ("－a", 0, "write - before what it excludes"),
        ("＂a b＂", 0, "straight quotation marks"),
        ("a ‹b c›", 2, "straight quotation marks"),
        ("title:\u200f a", 7, "no space may follow title:"),
        ("a - b", 2, "directly before what it excludes"),
        ("f*o", 1, "at the end of a word"),
        ('"a b"*', 5, "at the end of a word"),
        ("a ttle:b", 2, "did you mean `title`?"),
        ("https://x.example", 0, "unknown field 'https'"),
        ("TITLE:b", 0, "did you mean `title`?"),
        ("planet:size>2", 0, "unknown field 'planet'"),
        ("a title:", 8, "expected a value directly after title:"),
        ("title:-b", 6, "expected a value directly after title:"),
        ("title: b", 6, "no space may follow title:"),
        ("title:*", 6, "expected a value after title:, not *"),
        ("title:(a lang:en)", 9, "lang: cannot stand inside the parentheses of title:"),
        ("title:lang:en", 6, "cannot both stand"),
        (":b", 0, "name of a field"),
        ("a ++", 2, "no letter or digit"),
        ('""', 0, "no letter or digit"),
        ("a /b", 2, "cannot start with /"),
        ("a /b(/", 3, "not a regular expression of RE2: missing ): b("),
        ("a /(?=b)/", 3, "invalid perl operator: (?="),
        ("outlet:BBC", 7, "not an outlet id"),
        ("outlet:bbc*", 10, "outlet: takes no *"),
        ("lang:english", 5, "not a language tag"),
        ("a lang:xx", 7, "there is no language 'xx'"),
        ("lang:xx-GB", 5, "there is no language 'xx'"),
        ('url:" "', 5, "expected a part of the url"),
        ("age:7d", 4, "like age:<7d"),
        ("age:<7", 4, "like age:<7d"),
        ("age:<7y", 6, "unknown unit 'y'"),
        ('a age:"<7y"', 9, "unknown unit 'y'"),
        ("age:<0d", 5, "between 1m and 36500d"),
        ("age:<9999999999999w", 5, "between 1m and 36500d"),
        ("published:..", 10, "expected a day or a range"),
        ("published:2026-13-01", 10, "not a day"),
        ("published:2026-11-01..20261110", 22, "not a day"),
        ("published:2026-11-10..2026-11-01", 10, "the range is empty"),
        ("has:imag", 4, "did you mean `image`?"),
        ("is:new", 3, "known are pinned, urgent"),
        ("a\0b", 1, r"not '\x00'"),
        ("a \ud800", 2, r"not '\ud800'"),
        ("(" * 51 + "a" + ")" * 51, 50, "more than 50 deep"),
        ("a " * 2_001, 4_000, "longer than 4,000 characters"),
    ],
)
def test_refused(query: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(query)
    assert said in refused.value.why
    assert refused.value.position == position
    assert "\n" not in refused.value.why


@pytest.mark.parametrize("query", ["a \ud800\x1b[31m", '"a\nb\x1b[0m" NOT "a\nb\x1b[0m"', "a ( \u202e b"])
def test_an_error_can_be_printed_whatever_the_query(query: str) -> None:
    with pytest.raises(QueryError) as refused:
        possible(query)
    assert str(refused.value).isprintable()


def test_spans_name_the_clause() -> None:
    text = 'a title:(b OR "c d") -lang:en'
    assert [text[start:end] for start, end in (leaf.span for leaf in leaves(parse(text)))] == [
        "a",
        "b",
        '"c d"',
        "lang:en",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", All()),
        ("a b OR c", Or((And((Word(None, "a"), Word(None, "b"))), Word(None, "c")))),
        ("a AND (b c)", And((Word(None, "a"), Word(None, "b"), Word(None, "c")))),
        ("NOT a b", And((Not(Word(None, "a")), Word(None, "b")))),
        ("- -a".replace(" ", ""), Word(None, "a")),
        ("NOT (NOT (a))", Word(None, "a")),
        ("title:Covid-19", Phrase("title", "covid 19")),
        ("pre-fix*", Prefix(None, "pre fix")),
        ("title:OR\u00b2", Word("title", "or2")),
        ('"AND"', Word(None, "and")),
        ("12:30", Phrase(None, "12 30")),
        ("age", Word(None, "age")),
        ("rock 'n' roll", And((Word(None, "rock"), Word(None, "n"), Word(None, "roll")))),
        ("'ndrangheta o'neill's", And((Word(None, "ndrangheta"), Phrase(None, "o neill s")))),
        ("/it's a 'b c' d/", Pattern("anywhere", "it's a 'b c' d")),
        ("a\u3000b", And((Word(None, "a"), Word(None, "b")))),
        ("yahoo!", Word(None, "yahoo")),
        ("/a(b|c)+ d/ e", And((Pattern("anywhere", "a(b|c)+ d"), Word(None, "e")))),
        (r"-title:/a\/\"b/", Not(Pattern("title", r"a\/\"b"))),
        ("title:(/a b/ OR c)", Or((Pattern("title", "a b"), Word("title", "c")))),
        ("url:/world/", Contains("url", "/world/")),
        ("and/or/", Phrase(None, "and or")),
        ("title:is", Word("title", "is")),
        ("a–b", Phrase(None, "a b")),
        ("\u200flang:fa\u200f", Exact("lang", "fa")),
        ("lang:\u200e(fa OR\u200e \u2067en\u2069)", Or((Exact("lang", "fa"), Exact("lang", "en")))),
        ("سلام \u200e-a", And((Word(None, "سلام"), Not(Word(None, "a"))))),
        ("-\u200ftitle:\u200fسل*\u200f", Not(Prefix("title", "سل"))),
        ('NOT\u200f "نیم\u200cفاصله"', Not(Word(None, "نيمفاصله"))),
    ],
)
def test_nodes(query: str, expected: Query) -> None:
    assert parse(query) == expected


def test_what_a_query_depends_on() -> None:
    assert outlets_named(parse("outlet:(a OR b) NOT (outlet:c title:d)")) == {"a", "b", "c"}
    assert uses_age(parse("a NOT (b OR age:>2d)"))
    assert not uses_age(parse("a published:2026-11-01.."))
    assert parse("  title:( Ä OR b )  age:<168h") == parse("(title:a OR title:b) age:<1w")


def test_longest_and_deepest() -> None:
    for query in (
        "(" * 50 + "a" + ")" * 50,
        "-(a " * 50 + "b" + ")" * 50,
        "-" * 3_999 + "a",
        "NOT " * 999 + "a",
        "a " * 2_000,
    ):
        assert list(leaves(parse(query)))
    with pytest.raises(QueryError):
        parse("a" * 100_000)


def test_lark_is_loaded_only_when_a_query_is_read() -> None:
    code = "import sys, tickerwire.query as q; assert 'lark' not in sys.modules; q.parse('a'); assert 'lark' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_the_page_shows_every_field_and_only_queries_that_work() -> None:
    page = DOCS.read_text(encoding="utf-8")
    shown = re.findall(r"^\| `(.+?)` \|", page, re.MULTILINE)
    assert len(shown) > 20
    used = {part.field for query in shown for part in leaves(parse(query)) if hasattr(part, "field")}
    used |= {"age" if uses_age(parse(query)) else "" for query in shown} | set(re.findall(r"`(\w+):", page))
    assert used >= FIELDS


def test_every_example_of_the_page_is_read_or_refused_as_it_says() -> None:
    """Whatever stands in `marks` and looks like a query, in tables, sentences and blocks, up to `explain`."""
    page = DOCS.read_text(encoding="utf-8").partition("## Why an article is in")[0]
    lists = dict.fromkeys(re.findall(r"@(\w+)", page), ('"football"', "olymp*")) | dict.fromkeys(
        ("partners", "sections"), ('"quay"',)
    )
    refused = re.findall(r"`([^`]+)`", page.partition("at once:\n")[2].partition(", as far as")[0])
    assert len(refused) == 5
    marked = [
        *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub("(?s)```.*?```", "", page)),
        *re.findall(r"^query = '(.+)'$", page, re.MULTILINE),
    ]
    not_ours = (
        r"query|config/.*|tickerwire .*|feeds?\.toml|articles search|--\w+|&.*|/search.*|expect|\\.*|[*./-]|@|serve|run|\{.*|.*=.*|"
        r"next_url|outlets|max_age|check|level|error|warning|rss|nosnippet"
    )
    queries = [text for text in marked if not re.fullmatch(not_ours, text) and text not in refused]
    assert len(queries) > 80
    for text in queries:
        if not text.endswith(":") and text not in {"AND", "OR", "NOT", "-", "m", "d", "h", "w"}:
            possible(text, lists)
    for text in refused:
        with pytest.raises(QueryError, match="no article can be both"):
            possible(text, lists)
    told = re.search(r"articles search '(.+)'\ntickerwire: (.+)$", page, re.MULTILINE)
    assert told
    with pytest.raises(QueryError) as error:
        parse(told[1])
    assert str(error.value) == told[2]


@pytest.mark.parametrize("claim", re.findall(r"`([^`]+)`,? finds (\S+?)[,;.]?\s", DOCS.read_text(encoding="utf-8")), ids=str)
def test_what_the_page_says_a_word_finds_it_finds(claim: tuple[str, str]) -> None:
    query, title = claim
    assert matches(parse(query), article(title=f"x {title} x"), NOW)


def test_ten_thousand_strings_of_users_raise_nothing_but_the_languages_own_error() -> None:
    chance, read = Random(11), 0
    signs = " \t\n\"():*-/@<>.!'\\“”«»（）：\u3000\0\ud800🚢"
    pieces = [*LETTERS, *signs, "AND ", " OR ", "NOT ", '"a b"', "@list", "@none", *(f"{name}:" for name in FIELDS)]
    pieces += ["age:<7d", "published:2026-11-01..", "story:size>2", "lang:en", "outlet:bbc-news", "has:image", "/a+b?/"]
    for _ in range(10_000):
        text = "".join(chance.choices(pieces, k=chance.randint(0, 25)))
        refused: QueryError | None = None
        try:
            query = possible(text, {"list": ('"a b"', "c*")})
        except QueryError as error:
            refused = error
        if refused:
            assert 0 <= refused.position <= len(text)
            assert "\n" not in str(refused)
            assert str(refused).isprintable()
            continue
        read += 1
        matches(query, CEASEFIRE, NOW)
        assert list(reasons(text, query, Folded(CEASEFIRE), NOW))
        assert "".join(piece for piece, _ in highlighted(query, CEASEFIRE.title, ("anywhere", "title"))) == CEASEFIRE.title
    assert read > 500


PIECES = st.sampled_from(
    [*LETTERS, *" \t-'.,’—·", "and", "OR", "NOT", "title:", "lang:en", "age:<7d", '"', "(", ")", "*", ":", "/"]
)
SOUP = st.lists(PIECES, max_size=14).map("".join)


@given(st.one_of(st.text(max_size=60), SOUP, st.text(st.characters(categories=["Cs", "Cc", "Mn", "Lo"]), max_size=20)))
@example("\ud800*")
@example("a\x1cb")
@settings(deadline=None, max_examples=500)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as refused:
        assert 0 <= refused.position <= len(text)  # noqa: PT017  any other exception must fail the test
        return
    matches(query, CEASEFIRE, NOW)

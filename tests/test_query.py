"""The filter language: what is read, what is refused and where, what matches, and how texts are folded."""

import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from tickerwire.errors import QueryError
from tickerwire.model import Article
from tickerwire.query import (
    And,
    Folded,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Word,
    compile_query,
    fold,
    leaves,
    matches,
    parse,
)
from tickerwire.query.ast import All, Contains, Exact, Pattern, outlets_named, uses_age
from tickerwire.query.clauses import FIELDS
from tickerwire.query.expect import open_to, passes
from tickerwire.query.explain import reasons
from tickerwire.query.fold import words
from tickerwire.query.highlight import highlighted
from tickerwire.query.impossible import excludes, implies, possible

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DOCS = Path(__file__).parent.parent / "docs" / "queries.md"


def article(**fields: Any) -> Article:
    given: dict[str, Any] = {
        "id": 1, "outlet": "bbc-news", "guid": "tag:x,2026:bbc-news/1f", "source_guid": "https://bbc.example/?p=77",
        "url": "https://bbc.example/World/one", "link": "https://bbc.example/r?id=9", "title": "", "authors": (),
        "published": NOW - timedelta(days=3), "updated": None, "first_seen": NOW - timedelta(days=2),
        "position": NOW - timedelta(days=3), "changed_at": NOW, "language": "en-GB", "section": "", "tags": (), "image": "",
        "enclosures": (), "summary": "", "text": "", "content_html": "", "revision": 1, "story": 0, "desk": "", "pinned": False,
        "urgent": False, "page": "none", "provenance": {},
    }  # fmt: skip
    return Article(**given | fields)


CEASEFIRE = article(
    title="Ceasefire holds in Aleppo, Syria's north",
    summary="Talks go on in Málaga",
    text="The covid-19 ward is party to it. Climate\nchange was not discussed.",
    authors=("Ada Lovelace", "Bo O'Neill"),
    section="Middle East",
    tags=("Motor Sport", "peace_talks"),
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", True),
        ("NOT *", False),
        ("ceasefire", True),
        ("CEASEFIRE", True),
        ("aleppo talks", True),
        ("aleppo truce", False),
        ("truce OR aleppo", True),
        ("aleppo AND NOT truce", True),
        ("-truce", True),
        ("-aleppo", False),
        ("--aleppo", True),
        ("NOT truce", True),
        ("NOT (aleppo truce)", True),
        ("nothing aleppo OR talks", True),
        ("nothing (aleppo OR talks)", False),
        ("NOT aleppo OR talks", True),
        ("art", False),
        ("part*", True),
        ("art*", False),
        ("malaga", True),
        ("syria", True),
        ("syria's", True),
        ("covid-19", True),
        ("covid", True),
        ("19-covid", False),
        ("o'neill", True),
        ("o’neill", True),
        ('"holds in aleppo"', True),
        ('"in holds aleppo"', False),
        ('"aleppo syria"', True),
        ('"climate change"', True),
        ('"holds in alep"', False),
        ("holds-in-alep*", True),
        ('"north talks"', False),
        ('"sport peace"', False),
        ("peace", False),
        ("peace_talks", True),
        ("title:ceasefire", True),
        ("title:talks", False),
        ("body:talks", True),
        ("body:climate", True),
        ("body:ceasefire", False),
        ("title:(talks OR ceasefire)", True),
        ("title:(talks ceasefire)", False),
        ("title:(ceasefire -talks)", True),
        ('author:"ada lovelace"', True),
        ('author:"lovelace bo"', False),
        ("author:ada", True),
        ("author:aleppo", False),
        ("category:sport", True),
        ("category:east", True),
        ("tag:sport", True),
        ("tag:east", False),
        ('section:"middle east"', True),
        ("section:sport", False),
        ("outlet:bbc-news", True),
        ("outlet:bbc", False),
        ("lang:en", True),
        ("lang:EN_gb", True),
        ("lang:en-GB", True),
        ("lang:en-US", False),
        ("lang:e" + "ng", False),
        ("lang:(de OR en)", True),
        ("url:/world/", True),
        ("url:id=9", True),
        ("url:https://bbc.example/", True),
        ("url:sport", False),
        ("guid:?p=77", True),
        ("guid:bbc-news/1F", True),
        ("guid:world", False),
        ("age:<4d", True),
        ("age:<3d", False),
        ("age:>3d", False),
        ("age:>71h", True),
        ("age:<4321m", True),
        ("age:<1w", True),
        ("published:2026-11-17", True),
        ("published:2026-11-17..2026-11-17", True),
        ("published:2026-11-18..", False),
        ("published:..2026-11-16", False),
        ("published:..2026-11-17", True),
        ("has:image", False),
        ("is:urgent", False),
        ("-is:pinned", True),
    ],
)
def test_membership(query: str, expected: bool) -> None:
    assert matches(parse(query), CEASEFIRE, NOW) is expected


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("strasse", "Die STRAẞE brennt", True),
        ("straße", "Die Strasse brennt", True),
        ("lodz", "Łódź", True),
        ("orsted", "Ørsted", True),
        ("cafe", "CAFE\u0301", True),
        ("café", "cafe", True),
        ("ΑΘΉΝΑ", "Στην αθηνα", True),
        ("οδος", "ΟΔΟΣ", True),
        ("елка", "ЁЛКА", True),
        ("istanbul", "İSTANBUL", True),
        ("ısı", "ISI", True),
        ("abc123", "ＡＢＣ１２３", True),
        ("office", "the oﬃce", True),
        ("cooperate", "co\u00adoperate", True),
        ("iran", "ÍRAN", True),
        ("ira", "ÍRAN", False),
        ("п'ять", "Пʼять", True),
        ("東京", "東京都で地震", True),
        ("京都", "東京都で地震", True),
        ("大阪", "東京都で地震", False),
        ("AI", "生成AI技術", True),
        ("2020", "東京2020大会", True),
        ("202", "東京2020大会", False),
        ("東京2020", "東京2020大会", True),
        ("か", "が", False),
        ("カメラ", "ｶﾒﾗ", True),
        ("น้ำ", "ภาวะน้ำท่วม", True),
        ("ကမ္ဘာ", "ကမ္ဘာ့သတင်း", True),
        ("한국", "한국 뉴스", True),
        ("한국", "한국어", False),
        ("한국*", "한국어", True),
        ("कि", "किताब", False),
        ("किताब", "नई किताब।", True),
        ("محمد", "مُحَمَّد", True),
        ("احمد", "أحمد", True),
        ("می‌خواهم", "میخواهم", True),
        ("שלום", "שָׁלוֹם", True),
        ("المتحدة", "الأُمَم المُتَّحِدة", True),
        ("المتحده", "المتحدة", True),
        ("القاهرة", "في القـــاهرة", True),
        ("اسرائيل", "إسرائيل وآخرون", True),
        ("ٱلقدس", "القدس", True),
        ("مصطفي", "مصطفى", True),
        ("لا", "ﻻ للحرب", True),
        ("على", "الأعلى", False),
        ("وزير", "وزیر خارجه", True),
        ("وزیر", "وزير خارجه", True),
        ("كشور", "کشور", True),
        ("زلزله", "زلزلهٔ ۶ ریشتری", True),
        ("6", "زلزلهٔ ۶ ریشتری", True),
        ("2026", "चुनाव २०२६", True),
        ("٢٠٢٦", "2026 elections", True),
        ("צה", "צה״ל", True),
        ("צה״ל", 'דובר צה"ל', True),
        ('"צה ל"', "צה״ל", True),
        ("ממשלה", "הַמֶּמְשָׁלָה", False),
        ("הממשלה", "הַמֶּמְשָׁלָה", True),
        ("हजारों", "हज़ारों बेघर", True),
        ("हज़ारों", "हजारों बेघर", True),
        ("मुँबई", "मुंबई", True),
        ("क्षत्रिय", "क्षत्रिय समाज", True),
        ("क्ष", "क्षत्रिय समाज", False),
        ("viet nam", "Việt Nam", True),
        ("duong", "Đường phố", True),
        ("ığdır", "IĞDIR", True),
        ("iğdir", "Iğdır", True),
        ("gruesse", "Grüße", False),
        ("grusse", "GRÜẞE", True),
        ("οδοσ", "ὁδός", True),
        ("ガス", "都市ｶﾞｽ", True),
        ("か", "カ", False),
        ("iran", "l’Iran dit", True),
        ("l'iran", "l’Iran dit", True),
        ("oneill", "O'Neill", False),
        ("o'neill", "O Neill", True),
        ("co-operate", "cooperate", False),
        ("at&t", "AT&T", True),
        (".net", "on .NET", True),
        ("1,000,000", "1.000.000 people", True),
        ("3.5", "grew by 3.5%", True),
        ("3", "grew by 3.5%", True),
        ("35", "grew by 3.5%", False),
        ("ferry", "🚢ferry🚢", True),
        ("ferry", "ferries", False),
        ("กรุงเทพ", "น้ำท่วมกรุงเทพฯ", True),
        ("㈱", "(株)トヨタ", True),
        ("alpha", "alpha\ue000beta", True),
        ("naive", "naïve\u200b", True),
        ("x_y", "x y", False),
        ('"x y"', "x — “y”", True),
    ],
)
def test_every_script(query: str, title: str, expected: bool) -> None:
    assert matches(parse(query), article(title=title), NOW) is expected


@pytest.mark.parametrize(
    ("query", "fields", "expected"),
    [
        ("has:image", {"image": "https://x.example/a.jpg"}, True),
        ("is:urgent", {"urgent": True}, True),
        ("is:pinned", {"urgent": True}, False),
        ("lang:en", {"language": ""}, False),
        ("lang:en", {"language": "eng"}, False),
        ("lang:zh-hant", {"language": "zh-Hant-TW"}, True),
        ("age:<1d", {"published": NOW + timedelta(days=9), "position": NOW - timedelta(days=2)}, False),
        ("published:2026-11-29", {"published": NOW + timedelta(days=9)}, True),
        ("published:2026-11-18", {"published": None}, True),
    ],
)
def test_facts(query: str, fields: dict[str, Any], expected: bool) -> None:
    assert matches(parse(query), article(**fields), NOW) is expected


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


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("/c(at|ow)s?/", "Cows go home", True),
        ("title:/^cows/", "The cows", False),
        (r"/\d+ (dead|killed)/", "At least 12 KILLED", True),
        (r"/\p{Han}{3}/", "東京都 in", True),
        ("/café/", "CAFÉ", True),
        ("/cafe/", "café", False),
        ("body:/cows/", "Cows", False),
        ("NOT /cows/", "Sheep", True),
        ("/x/", "\ud800 x", True),
    ],
)
def test_regular_expressions(query: str, title: str, expected: bool) -> None:
    assert matches(parse(query), article(title=title, summary="", text=""), NOW) is expected


@pytest.mark.parametrize("query", ["a \ud800\x1b[31m", '"a\nb\x1b[0m" NOT "a\nb\x1b[0m"', "a ( \u202e b"])
def test_an_error_can_be_printed_whatever_the_query(query: str) -> None:
    with pytest.raises(QueryError) as refused:
        possible(query)
    assert str(refused.value).isprintable()


def test_no_regular_expression_takes_long() -> None:
    query = parse("/(a+)+$|(a|aa)*b|(.*)(.*)(.*)(.*)c{500}/")
    start = time.perf_counter()
    assert not matches(query, article(title="a" * 100_000 + "!"), NOW)
    assert time.perf_counter() - start < 5


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


def test_marks_without_end_fold_in_time() -> None:
    """CPython sorts a run of marks in quadratic time; 300,000 of them would take minutes."""
    assert len(fold("ก" + "\u0e48\u0e38" * 150_000)) == 31


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


# Every kind of character the language and the folding treat specially.
LETTERS = "aAzé\u0301ßİıſŁøæ9_٣²½東あが゙ンกำคြ한कि्ـُأשָ\u200d\u00ad\ue000ʼ"
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


LEAVES = st.sampled_from(
    [
        "aleppo",
        "truce",
        '"climate change"',
        "part*",
        "title:talks",
        "lang:en",
        "age:<2d",
        "-syria",
        "category:sport",
        "*",
        "東*",
    ]
)
QUERIES = st.recursive(
    LEAVES,
    lambda part: st.one_of(
        st.builds("({} {})".format, part, part),
        st.builds("({} OR {})".format, part, part),
        st.builds("NOT {}".format, part),
    ),
    max_leaves=8,
)


@given(QUERIES, QUERIES)
@settings(deadline=None, max_examples=100)
def test_laws(one: str, two: str) -> None:
    folded = Folded(CEASEFIRE)

    def holds(text: str) -> bool:
        return compile_query(parse(text))(folded, NOW)

    assert holds(f"NOT ({one})") is not holds(one)
    assert parse(f"NOT NOT {one}") == parse(one) == parse(f"({one})")
    assert holds(f"({one}) ({two})") is (holds(one) and holds(two))
    assert holds(f"({one}) OR ({two})") is (holds(one) or holds(two))
    assert holds(f"-({one} {two})") is holds(f"-({one}) OR -({two})")


CLAUSES = st.sampled_from(
    """title:aleppo aleppo alep* "aleppo syria" category:sport tag:sport tag:spo* section:sport lang:en lang:en-GB lang:de lang:eng
    outlet:bbc-news outlet:bbc age:<2d age:<4d age:>2d age:>4d published:2026-11-16..2026-11-18 published:2026-11-17 story:size>1
    published:2026-11-18.. story:size>2 story:size<2 story:size<3 url:/world/ url:world guid:77 is:urgent /alep/ * 東京 東*""".replace(
        '"aleppo syria"', "aleppo-syria"
    ).split()
)
JOINED = st.recursive(
    CLAUSES,
    lambda part: st.one_of(
        st.builds("({} {})".format, part, part),
        st.builds("({} OR {})".format, part, part),
        st.builds("NOT {}".format, part),
    ),
    max_leaves=4,
)
SEVERAL = [
    article(title=title, section=section, tags=tags, language=language, outlet=outlet, position=NOW - timedelta(days=age),
            published=NOW - timedelta(days=age), copies=copies, urgent=copies > 1, url=f"https://x.example/{section}/")
    for title, section, tags, language, outlet, age, copies in [
        ("Aleppo, Syria", "World", ("Sport",), "en-GB", "bbc-news", 3, 1), ("Aleppo", "Sport", (), "en", "bbc", 1, 2),
        ("東京", "", ("sports",), "de", "bbc-news", 5, 3), ("Syria", "", ("Aleppo",), "eng", "x", 2.5, 2),
        ("", "", (), "", "x", 4.5, 1),
    ]
]  # fmt: skip


@given(JOINED, JOINED)
@settings(deadline=None, max_examples=1_000)
def test_what_is_said_of_two_queries_holds_of_every_article(one: str, two: str) -> None:
    first, second = ({n for n, each in enumerate(SEVERAL) if matches(parse(text), each, NOW)} for text in (one, two))
    if implies(parse(one), parse(two)):
        assert first <= second
    if excludes(parse(one), parse(two)):
        assert not first & second


@given(JOINED, st.sampled_from(["Aleppo, Syria", "Alepp", "東京", "Cup"]))
@settings(deadline=None, max_examples=500)
def test_no_title_comes_to_a_verdict_that_none_can_come_to(text: str, title: str) -> None:
    verdict = passes(parse(text), title)
    assert verdict is None or open_to(parse(text), verdict)


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None)
def test_folding_laws(one: str, two: str) -> None:
    folded = fold(one)
    assert fold(folded) == folded
    assert fold(f"{one} {two}") == f"{folded} {fold(two)}"
    assert words(fold(words(folded))) == words(folded)
    folded.encode()

"""Word lists in files: what they mean in queries, what is refused of them, and that a feed follows the file."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from syndicate.select import select
from tests.archive import NOW, article, commit, feed
from tests.test_config import FEED, OUTLET, SITE
from tests.test_crawl import configure, outlet
from tickerwire.config import load
from tickerwire.errors import ConfigError, QueryError
from tickerwire.query import And, Exact, Folded, Not, Or, Phrase, Prefix, Query, Word, leaves, matches, parse
from tickerwire.query.explain import reasons
from tickerwire.store import Store

Command = Callable[..., subprocess.CompletedProcess[str]]
LISTS = {"sport": ('"football"', '"cup final"', "olymp*"), "one": ('"Málaga"',), "mine": ('"quay"', '"mole"'), "none": ()}
FOOTBALL, FINAL, OLYMP = Word(None, "football"), Phrase(None, "cup final"), Prefix(None, "olymp")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("@sport", Or((FOOTBALL, FINAL, OLYMP))),
        ("@one", Word(None, "malaga")),
        ("title:@one", Word("title", "malaga")),
        ("title:(@one OR b)", Or((Word("title", "malaga"), Word("title", "b")))),
        ("b OR @sport", Or((Word(None, "b"), FOOTBALL, FINAL, OLYMP))),
        ("NOT @sport b", And((Not(Or((FOOTBALL, FINAL, OLYMP))), Word(None, "b")))),
        ("-@one", Not(Word(None, "malaga"))),
        ("(@one)", Word(None, "malaga")),
        ("outlet:@mine", Or((Exact("outlet", "quay"), Exact("outlet", "mole")))),
        ('"@sport"', Word(None, "sport")),
        ("a@sport", Phrase(None, "a sport")),
    ],
)
def test_a_list_stands_wherever_a_term_does(query: str, expected: Query) -> None:
    assert parse(query, LISTS) == expected


@pytest.mark.parametrize(
    ("query", "position", "said"),
    [
        ("a @sprot", 2, "the list 'sprot' is not known; did you mean `sport`?"),
        ("a @sport*", 2, "the list 'sport*' is not known"),
        ("title:@x", 6, "the list 'x' is not known; known are mine, none, one, sport; a word that begins with @ goes in quotation"),
        ("outlet:@sport", 8, "'cup final' is not an outlet id"),
        ("outlet:@one", 8, "'Málaga' is not an outlet id"),
        ("a -@none", 3, "the list 'none' is empty or cannot be read"),
        ("@", 0, "no letter or digit"),
    ],
)
def test_refused(query: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(query, LISTS)
    assert said in refused.value.why
    assert refused.value.position == position


def test_a_clause_from_a_list_is_told_as_written() -> None:
    text = "x OR title:@sport"
    assert [text[slice(*leaf.span)] for leaf in leaves(parse(text, LISTS))] == ["x", *["title:@sport"] * 3]
    one = article(1, title="Olympic cup final", summary="")
    found = [(r.clause, r.text) for r in reasons(text, parse(text, LISTS), Folded(one), NOW)]
    assert found == [("title:@sport", "Olympic [cup final]"), ("title:@sport", "[Olymp]ic cup final")]
    text = "-lang:de @sport"
    found = [(r.clause, r.text) for r in reasons(text, parse(text, LISTS), Folded(article(1)), NOW)]
    assert set(found) == {("@sport", "")}


def test_lists_of_a_thousand_find_what_each_word_finds(store: Store) -> None:
    random = Random(7)
    words = [f'"{random.choice("abcdefgh")}{n}"' for n in range(990)]
    for n in range(40):
        title = (
            " ".join([*(word.strip('"') for word in random.sample(words, 2)), f"other{n}"]) if n % 2 else f"other{n} cup final {n}"
        )
        commit(store, title, NOW - timedelta(hours=n))
    lists = {"long": (*words, '"cup final"', "nothing*"), "far": ('"東京"', *words)}
    for text in ("@long", "title:@long", "NOT @long", "@long OR other2", "@far", "@long @far", "title:@long -@far"):
        query = parse(text, lists)
        found = {each.id for each in store.candidates(query, NOW) if matches(query, each, NOW)}
        assert found == {each.id for each in store.export() if matches(query, each, NOW)}
    spec = feed().model_copy(update={"query": "title:@long", "words": lists, "limit": 500})
    assert len(select(spec, store, NOW)) == 40


def installed(directory: Path, query: str, lists: str, **files: str) -> None:
    for name, text in (("tickerwire", SITE), ("outlets", OUTLET.format(""))):
        (directory / f"{name}.toml").write_text(text)
    (directory / "feeds.toml").write_text(FEED.replace('"*"', f"'{query}'").format("") + lists)
    (directory / "lists").mkdir(exist_ok=True)
    for name, text in files.items():
        (directory / f"lists/{name}.txt").write_bytes(text.encode("latin-1" if name == "latin" else "utf-8"))


def test_a_list_is_read_beside_the_configuration(tmp_path: Path) -> None:
    words = '\ufeff# all of it\n\nfootball  # soccer\n  cup final\nolymp*\n#x\nc#\n"Tour de France"\n'
    installed(tmp_path, "@sport -@more", '[lists]\nsport = "lists/sport.txt"\nmore = "lists/more.txt"\n', sport=words, more="x\n")
    config = load(tmp_path, tmp_path, {})
    assert config.words == {"sport": ('"football"', '"cup final"', "olymp*", '"c#"', '"Tour de France"'), "more": ('"x"',)}
    assert config.feeds[0].words == config.words
    assert config.feeds[0].filter == parse("@sport -@more", config.words)
    assert "words" not in config.feeds[0].model_dump()


def test_a_feed_holds_only_the_lists_it_names(tmp_path: Path) -> None:
    installed(tmp_path, "title:@more", '[lists]\nsport = "lists/sport.txt"\nmore = "lists/more.txt"\n', sport="a", more="x\n")
    assert load(tmp_path, tmp_path, {}).feeds[0].words == {"more": ('"x"',)}


@pytest.mark.parametrize(
    ("query", "lists", "complaints"),
    [
        (
            "@sport",
            '[lists]\nsport = "lists/gone.txt"\n',
            [
                'feeds.toml: lists.sport = "lists/gone.txt": cannot be read: No such file or directory',
                'feeds.toml: feed[1] "all" query = "@sport": '
                "the list 'sport' is empty or cannot be read; a word that begins with @ goes in quotation marks "
                "(character 1, before `@sport`)",
            ],
        ),
        (
            "a @sprot",
            '[lists]\nsport = "lists/sport.txt"\n',
            [
                'feeds.toml: feed[1] "all" query = "a @sprot": the list \'sprot\' is not known; did you mean `sport`?; '
                "a word that begins with @ goes in quotation marks (character 3, before `@sprot`)"
            ],
        ),
        (
            "a",
            '[lists]\nl = "lists/latin.txt"\n',
            ['feeds.toml: lists.l = "lists/latin.txt": cannot be read: not the name of a file of UTF-8 text'],
        ),
        (
            "a",
            '[lists]\nb = "lists/bad.txt"\n',
            ['lists/bad.txt: line 2 = "++": there is no letter or digit to look for'],
        ),
        (
            "a",
            '[lists]\ns = "lists/stars.txt"\n',
            [f"lists/stars.txt: line {n} = {line}: a * stands at the end of a word" for n, line in ((2, '"f*od"'), (3, '"*ball"'))],
        ),
        ("a", '[lists]\nl = "lists/long.txt"\n', ["lists/long.txt: a list has at most 1,000 lines"]),
        (
            "outlet:@sport",
            '[lists]\nsport = "lists/sport.txt"\n',
            ['feeds.toml: feed[1] "all" query = "football": no outlet has this id; known are one'],
        ),
        ("a", "lists = 3\n", []),
        (
            "a",
            "[lists]\nsport = 3\n",
            [
                "feeds.toml: lists.sport = 3: cannot be read: not the name of a file of UTF-8 text",
                "feeds.toml: lists.sport = 3: expected text in quotes",
            ],
        ),
    ],
)
def test_complaints_name_file_key_and_position(tmp_path: Path, query: str, lists: str, complaints: list[str]) -> None:
    files = {"sport": "football\n", "latin": "Málaga", "bad": "a\n++\n", "stars": "a*\nf*od\n*ball\n", "long": "a\n" * 1_001}
    installed(tmp_path, query, lists, **files)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, tmp_path, {})
    said = re.sub(r"(?m)^/\S*?/((lists/)?\w+\.\w+):", r"\1:", str(caught.value)).split("\n")
    assert said == (complaints or said)


def test_a_feed_is_published_again_when_its_list_changes(tickerwire: Command, tmp_path: Path) -> None:
    configure(tmp_path, outlet("harbour", "https://harbour.example/feed", homepage="https://harbour.example/"))
    (tmp_path / "config/feeds.toml").write_text(
        '[lists]\nboats = "boats.txt"\n[[feed]]\nid = "boats"\ntitle = "B"\nquery = "title:@boats"\n'
        '[[feed]]\nid = "rest"\ntitle = "R"\nquery = "*"\n'
        '[[feed.expect]]\nin = "x"\n'
    )
    (tmp_path / "config/boats.txt").write_text("ferry\n")
    with Store.open(tmp_path / "var/tickerwire.db") as store:
        for number, title in enumerate(["Ferry late", "Canoe lost"]):
            commit(store, title, datetime.now(UTC) - timedelta(hours=number))
    published = tmp_path / "var/public/feeds"
    assert tickerwire("publish").returncode == 0
    assert "Ferry" in (published / "boats.rss").read_text()
    rest = (published / "rest.rss").stat()
    (tmp_path / "config/boats.txt").write_text("canoe\n")
    assert tickerwire("crawl", "--deadline", "1").returncode in (0, 1)
    assert "Canoe" in (published / "boats.rss").read_text()
    assert "Ferry" not in (published / "boats.rss").read_text()
    assert (published / "rest.rss").stat().st_mtime_ns == rest.st_mtime_ns
    (tmp_path / "config/boats.txt").write_text("raft\n")
    assert tickerwire("publish").returncode == 0
    assert "<item>" not in (published / "boats.rss").read_text()
    found = json.loads(tickerwire("articles", "search", "late -@boats", "--json").stdout)
    assert [one["title"] for one in found] == ["Ferry late"]
    told = json.loads(tickerwire("feeds", "preview", "rest", "--query", "@boats", "--json").stdout)
    assert told == []
    told = json.loads(tickerwire("feeds", "explain", "boats", "1", "--json").stdout)
    assert told["reasons"] == [{"clause": "title:@boats", "field": "title", "text": "", "matched": False}]

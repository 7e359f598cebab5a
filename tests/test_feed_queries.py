"""What is said of a feed's query in a configuration: refused where no article can meet it, doubted where it does nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.test_config import FEED, OUTLET, SITE, complaints, read
from tickerwire.config import Config, load
from tickerwire.config.doubts import doubts
from tickerwire.errors import ConfigError

__all__ = ["read"]


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("lang:en a lang:de", "both `lang:en` and `lang:de` (character 11, before `lang:de`)"),
        ("lang:en lang:en-GB", ""),
        ("lang:en-GB NOT lang:en", "both `lang:en-GB` and `NOT lang:en`"),
        ("lang:en NOT lang:en-GB", ""),
        ("lang:en lang:eng", "both `lang:en` and `lang:eng`"),
        ("a NOT a", "both `a` and `NOT a` (character 7, before `a`)"),
        ("title:a -title:a", "both `title:a` and `NOT title:a`"),
        ("title:a -a", "both `title:a` and `NOT a`"),
        ("a -title:a", ""),
        ("tag:a -category:A", "both `tag:a` and `NOT category:A`"),
        ("category:a -tag:a", ""),
        ("'sea wall' -sea".replace("'", '\\"'), "both"),
        ("sea -'sea wall'".replace("'", '\\"'), ""),
        ("flood -flo*", "both `flood` and `NOT flo*`"),
        ("flo* -flood", ""),
        ("a (b OR c) NOT (b OR c)", "both `b OR c` and `NOT (b OR c)`"),
        ("(a OR b) NOT (a OR b OR c)", "both"),
        ("(a OR b) NOT a", ""),
        ("a NOT (a b)", ""),
        ("NOT *", "both `NOT *` and `NOT *`"),
        ("a NOT (b OR *)", "both"),
        ("url:/sport/football -url:/sport/", "both"),
        ("url:/sport/ -url:/sport/football", ""),
        ("url:sport -guid:sport", ""),
        ("has:image -has:image", "both"),
        ("is:urgent -is:pinned", ""),
        ("story:size>2 story:size<3", "both `story:size>2` and `story:size<3`"),
        ("story:size>1 story:size<3", ""),
        ("age:<1d -age:<2d", "both"),
        ("age:<2d -age:<1d", ""),
        ("age:>2d -age:>1d", "both"),
        ("published:2026-11-02 -published:2026-11-01..", "both"),
        ("published:2026-11-01.. -published:2026-11-02", ""),
        ("published:..1989-12-31", "dated before 1990"),
        ("published:1980-01-01..1990-01-01", ""),
        ("outlet:one outlet:one", ""),
        ("lang:(en OR de) lang:fr", "both `en OR de` and `lang:fr` (character 17, before `lang:fr`)"),
        ("a OR (age:<2d b age:>2d)", "both `age:<2d` and `age:>2d` (character 17, before `age:>2d)`)"),
        ("age:>1d age:<2d", ""),
        ("published:2026-11-01.. NOT (published:..2026-10-31 published:2026-11-01)", "both `published:..2026-10-31` and"),
        ("published:2026-11-01.. published:..2026-11-01", ""),
    ],
)
def test_a_query_that_no_article_can_meet_is_refused(read: Callable[..., Config], query: str, why: str) -> None:
    feeds = FEED.format("").replace('"*"', f'"{query}"')
    if why:
        assert f"no article {'is' if why.startswith('dated') else 'can be'} {why}" in complaints(
            read, SITE, OUTLET.format(""), feeds
        )
    else:
        assert read(SITE, OUTLET.format(""), feeds).feeds[0].query == query.replace("\\", "")


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("a outlet:two", True),
        ("outlet:two OR (outlet:two b)", True),
        ("outlet:two OR a", False),
        ("-outlet:two", False),
        ("outlet:one", False),
    ],
)
def test_a_feed_whose_outlets_its_query_leaves_out_is_refused(read: Callable[..., Config], query: str, refused: bool) -> None:
    feeds = FEED.format('outlets = ["one"]').replace('"*"', f'"{query}"')
    two = OUTLET.format("") + OUTLET.format("").replace('"one"', '"two"').replace('"One"', '"Two"')
    if refused:
        assert "lets none of" in complaints(read, SITE, two, feeds)
    else:
        assert read(SITE, two, feeds).feeds[0].query == query


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ('max_age = "3d"\nquery = "age:>7d"', "max_age: the query wants nothing that is so young"),
        ('max_age = "3d"\nquery = "a age:>2d"', ""),
        ('query = "title:a"\n[[feed.expect]]\nin = "b"', "expect: 'b' belongs in the feed, but the query keeps it out"),
        ('query = "title:a"\n[[feed.expect]]\nout = "A"', "expect: 'A' does not belong, but the query lets it in"),
        (
            'query = "lang:en"\n[[feed.expect]]\nout = "A"\n[[feed.expect]]\nin = "A"',
            "expect: 'A' cannot both belong and not belong",
        ),
        ('query = "/a.c/"\n[[feed.expect]]\nin = "ABC"\n[[feed.expect]]\nout = "ab c"', ""),
        ('query = "title:/a.c/"\n[[feed.expect]]\nin = "abd"', "expect: 'abd' belongs in the feed, but the query keeps it out"),
        ('query = "body:a"\n[[feed.expect]]\nin = "b"', ""),
    ],
)
def test_what_a_feed_contradicts_itself_in_is_refused(read: Callable[..., Config], key: str, why: str) -> None:
    feeds = f'[[feed]]\nid = "all"\ntitle = "All"\n{key}\n'
    if why:
        assert complaints(read, SITE, "", feeds) == f'feeds.toml: feed[1] "all": {why}'
    else:
        read(SITE, "", feeds)


@pytest.mark.parametrize(
    ("feed", "why"),
    [
        ('query = "a or b"', 'query = "a or b": or is a word to look for here; write OR, or "or" if that is meant'),
        ('query = "a \\"or\\" b OR NOT not"', "not is a word to look for here; write NOT"),
        ('query = "c++"', r"the ++ of c++ is not looked for; write /c\+\+/"),
        ('query = "title:C# OR d"', r"the # of title:C# is not looked for; write /C\#/"),
        ('query = ".NET"', r"the . of .NET is not looked for; write /\.NET/"),
        ("""query = 'title:"climate chan*"'""", 'the * of title:"climate chan*" is not looked for; write climate-chan*'),
        ("""query = '"C++"'""", r'the ++ of "C++" is not looked for; write /C\+\+/'),
        ('query = "a~b*"', r"the ~ of a~b* is not looked for; write /a\~b\*/"),
        ('query = "age<7d"', "the < of age<7d is not looked for; write /age<7d/"),
        ("""query = 'why? "how old?" "a = b" 3*'""", ""),
        ('query = "lang:xyz"', "there is no language xyz; one that has a code of two letters is called by that: en, not eng"),
        ('query = "-lang:deu-AT"', "there is no language deu-at; one that"),
        ('query = "lang:(ckb OR yue-HK OR fil OR qaa OR iw)"', ""),
        ('query = "a OR (a b)"', "`a b` adds nothing to `a`"),
        ('query = "a (b OR (b c))"', "`b c` adds nothing to `b`"),
        ('query = "a b a"', "`a` adds nothing to `a`"),
        ('query = "(a OR b) c a"', "`a OR b` adds nothing to `a`"),
        ('query = "* a"', "`*` adds nothing to `a`"),
        ('query = "* OR a"', "`a` adds nothing to `*`"),
        ('query = "title:a OR a"', "`title:a` adds nothing to `a`"),
        ('query = "a NOT (b OR b*)"', "`b` adds nothing to `b*`"),
        ('query = "lang:en -lang:de"', "`NOT lang:de` adds nothing to `lang:en`"),
        ('query = "-(a b) -a"', "`NOT (a b)` adds nothing to `NOT a`"),
        ('query = "-lang:en OR -lang:de"', "every article is `NOT lang:de` or `NOT lang:en`"),
        ('query = "a OR -(a b)"', "every article is `NOT (a b)` or `a`"),
        ('query = "a OR -a"', "every article is `NOT a` or `a`"),
        ('query = "a -(a b) OR title:a b OR lang:en -lang:en-GB"', ""),
        ('query = "a age:<7d"\nmax_age = "2d"', ""),
        ('query = "@used OR c"\n[lists]\nused = "used.txt"', ""),
        ('query = "a"\nprefer = ["one"]', 'prefer = "one": without `stories'),
        ('query = "a"\nprefer = ["one"]\nstories = "first"', ""),
        (
            'query = "lang:en"\n[[feed.expect]]\nin = "A"',
            'expect[1].in = "A": checks nothing: a title alone does not tell `lang:en`',
        ),
        (
            'query = "a -tag:b"\n[[feed.expect]]\nout = "A"',
            'expect[1].out = "A": checks nothing: a title alone does not tell `tag:b`',
        ),
        (
            'query = "a OR tag:b"\n[[feed.expect]]\nin = "C"',
            'expect[1].in = "C": checks nothing: a title alone does not tell `tag:b`',
        ),
        ('query = "a OR tag:b"\n[[feed.expect]]\nout = "C"\n[[feed.expect]]\nin = "A"', ""),
        ('query = "title:a lang:en -tag:b"\n[[feed.expect]]\nin = "A"\n[[feed.expect]]\nout = "C"', ""),
        ('query = "#metoo O\'Neill AT&T covid-19 3.5 b."', ""),
        ('query = "story:size>1"', ""),
        ('query = "a OR story:size>2"', "a story has one article of an outlet at most, and there are 2 outlets"),
        ('query = "story:size<9"', ""),
        ('query = "published:2026-11-21.."', "nothing is dated 2026-11-21 or later yet"),
        ('query = "published:2026-11-20.."', ""),
        ('query = "outlet:one"\noutlets = ["one", "two"]', 'outlets = "two": the query lets nothing of it in'),
        ('query = "NOT outlet:two"\noutlets = ["one", "two"]', 'outlets = "two": the query lets nothing of it in'),
        ('query = "NOT (outlet:two a)"\noutlets = ["one", "two"]', ""),
        (
            'query = "@used"\n[lists]\nused = "used.txt"\nunused = "none.txt"',
            'lists.unused = "none.txt": no query asks for @unused',
        ),
    ],
)
def test_what_does_nothing_is_doubted(read: Callable[..., Config], tmp_path: Path, feed: str, why: str) -> None:
    (tmp_path / "used.txt").write_text("a\na*\n")
    (tmp_path / "none.txt").write_text("# nothing yet\n")
    two = OUTLET.format("") + OUTLET.format("").replace("one", "two")
    config = read(SITE, two, f'[[feed]]\nid = "all"\ntitle = "All"\n{feed}\n')
    said = [str(doubt) for doubt in doubts(config, datetime(2026, 11, 20, 12, tzinfo=UTC), every=True)]
    assert len(said) == bool(why), said
    assert all(why in doubt and doubt.startswith(f"{tmp_path}/feeds.toml: ") for doubt in said)


def test_a_query_is_complained_of_where_it_stops_making_sense(read: Callable[..., Config]) -> None:
    text = complaints(read, SITE, "", FEED.format("").replace('"*"', "'flood OR (storm'"))
    assert text.startswith('feeds.toml: feed[1] "all" query = "flood OR (storm": ')
    assert text.endswith("(character 10, before `(storm`)")


@pytest.mark.parametrize(
    ("query", "example", "said"),
    [
        ("title:ceasefire", 'in = "Markets rise"', "keeps it out"),
        ("title:ceasefire", 'out = "Ceasefire holds"', "lets it in"),
        ("title:ceasefire lang:en age:<7d", 'in = "Ceasefire holds"', ""),
        ("title:ceasefire NOT category:sport", 'in = "Ceasefire holds"', ""),
        ("title:ceasefire NOT title:sport", 'in = "Ceasefire in sport"', "keeps it out"),
        ("outlet:bbc-news OR title:ceasefire", 'out = "Markets rise"', ""),
    ],
)
def test_examples_are_held_against_the_query_as_far_as_a_title_tells(query: str, example: str, said: str) -> None:
    from tickerwire.config import FeedSpec

    key, title = example.split(" = ")
    table = {"id": "a", "title": "A", "query": query, "expect": [{key: title.strip('"')}]}
    if said:
        with pytest.raises(ValueError, match=said):
            FeedSpec.model_validate(table)
    else:
        FeedSpec.model_validate(table)


def test_a_query_names_only_outlets_that_exist(tmp_path: Path) -> None:
    source = '[[outlet.source]]\nkind = "feed"\nurl = "https://one.example/f"\n'
    (tmp_path / "tickerwire.toml").write_text('[site]\nbase_url = "https://x.example"\ncontact = "mailto:a@x.example"\n')
    (tmp_path / "outlets.toml").write_text('[[outlet]]\nid = "bbc-news"\nname = "One"\n' + source)
    (tmp_path / "feeds.toml").write_text('[[feed]]\nid = "a"\ntitle = "A"\nquery = "NOT outlet:bbc-nws"\n')
    with pytest.raises(ConfigError, match=r"no outlet has this id; did you mean `bbc-news`"):
        load(tmp_path, tmp_path, {})

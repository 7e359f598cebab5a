"""Configurations as operators write them, good and bad, in; what is loaded, or every complaint word for word, out."""

import json
import re
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

import pytest

from tickerwire.config import Config, load, schemas, write_schemas
from tickerwire.config.doubts import doubts
from tickerwire.errors import ConfigError, UsageError

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "config_golden"
SITE = '[site]\nbase_url = "https://news.example.org"\ncontact = "mailto:desk@example.org"\n'
OUTLET = '[[outlet]]\nid = "one"\nname = "One"\n{}\n[[outlet.source]]\nkind = "feed"\nurl = "https://one.example/rss"\n'
FEED = '[[feed]]\nid = "all"\ntitle = "All"\nquery = "*"\n{}\n'


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    """Write the three files and load them; `env` is the whole environment."""

    def read(main: str = SITE, outlets: str = "", feeds: str = "", **env: str) -> Config:
        for name, text in (("tickerwire", main), ("outlets", outlets), ("feeds", feeds)):
            (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
        return load(tmp_path, tmp_path / "state", env)

    return read


def complaints(read: Callable[..., Config], *files: str, **env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(*files, **env)
    assert caught.value.exit_code == 2
    return re.sub(r"(?m)^/\S*/(\w+\.toml):", r"\1:", str(caught.value))


def test_starter_loads_without_complaint() -> None:
    config = load(ROOT / "config", env={})
    assert len(config.outlets) >= 14
    assert len({outlet.language.partition("-")[0] for outlet in config.outlets}) >= 8
    assert len(config.feeds) == 4
    assert all(feed.expect for feed in config.feeds)
    assert [*doubts(config, datetime(2026, 11, 20, 12, tzinfo=UTC), every=True)] == []


def test_starter_shows_every_key_of_the_installation_with_its_default() -> None:
    text = (ROOT / "config" / "tickerwire.toml").read_text(encoding="utf-8")
    shown = tomllib.loads(re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    keys = {name: set(table["properties"]) for name, table in sections().items()}
    assert {name: set(table) for name, table in shown.items()} == keys
    examples = {"title", "base_url", "contact", "tag_authority", "allow_networks"}
    for name, table in sections().items():
        for key in keys[name] - examples:
            assert shown[name][key] == table["properties"][key]["default"], key


def sections() -> dict[str, Any]:
    schema = schemas()["tickerwire"]
    return {name: schema["$defs"][ref["$ref"].rpartition("/")[2]] for name, ref in schema["properties"].items()}


def test_defaults_and_paths(read: Callable[..., Config], tmp_path: Path) -> None:
    config = read(SITE, OUTLET.format(""), FEED.format(""))
    assert config.database == tmp_path / "state" / "var" / "tickerwire.db"
    assert config.public == tmp_path / "state" / "var" / "public"
    assert config.retention.articles == timedelta(days=90)
    assert re.fullmatch(r"Tickerwire/\S+ \(\+https://news\.example\.org; mailto:desk@example\.org\)", config.crawl.user_agent)
    assert config.outlet("one") is config.outlets[0]
    assert config.feeds[0].formats == ("rss", "atom", "json", "ticker")
    with pytest.raises(UsageError, match=r"onne: no such outlet in .*; did you mean `one`"):
        config.outlet("onne")


def test_state_comes_from_the_environment_then_the_current_directory(
    read: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read()
    assert load(tmp_path, env={"TICKERWIRE_STATE": "/srv/news"}).database == Path("/srv/news/var/tickerwire.db")
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path, env={}).state == tmp_path


def test_every_key_can_be_set(read: Callable[..., Config]) -> None:
    main = """
[site]
title = "Küstenblatt"
base_url = "http://127.0.0.1:8080/news/"
contact = "https://example.org/bot"
language = "zh-Hant"
tag_authority = "desk@example.org,2026-01"
[store]
url = "sqlite:////srv/news.db"
[publish]
directory = "/srv/public"
hub = "https://hub.example.org/"
[crawl]
user_agent = "Reader/2"
allow_networks = ["10.1.2.0/24", "fd00::/8", "192.0.2.7"]
delay = 0
[serve]
host = "::1"
port = 0
[retention]
articles = "36h"
"""
    config = read(main, OUTLET.format('headers = { "X-Key" = "a ${KEY} b" }\nproxy = "http://u:${KEY}@p:3128"'), KEY="k")
    assert config.site.base_url == "http://127.0.0.1:8080/news"
    assert (config.database, config.public) == (Path("/srv/news.db"), Path("/srv/public"))
    assert config.crawl.user_agent == "Reader/2"
    assert config.crawl.allow_networks == (
        IPv4Network("10.1.2.0/24"),
        IPv6Network("fd00::/8"),
        IPv4Network("192.0.2.7/32"),
    )
    assert config.retention.articles == timedelta(hours=36)
    assert (config.outlets[0].headers, config.outlets[0].proxy) == ({"X-Key": "a k b"}, "http://u:k@p:3128")
    assert "a k b" not in repr(config)


def test_environment_wins_over_the_file(read: Callable[..., Config]) -> None:
    config = read(
        TICKERWIRE_SITE__BASE_URL="https://other.example",
        TICKERWIRE_CRAWL__ALLOW_NETWORKS="10.0.0.0/8, fd00::/8",
        TICKERWIRE_CRAWL__DELAY="2.5",
        TICKERWIRE_SERVE__PORT="0",
        TICKERWIRE_CONFIG="/etc/tickerwire",
        TICKERWIRE_STATE="/srv",
        TICKERWIRE_HEADERS_TOKEN="not a setting",
    )
    assert (config.site.base_url, config.serve.port, config.crawl.delay) == ("https://other.example", 0, 2.5)
    assert config.crawl.allow_networks == (IPv4Network("10.0.0.0/8"), IPv6Network("fd00::/8"))
    assert read(TICKERWIRE_CRAWL__ALLOW_NETWORKS='["10.0.0.0/8"]').crawl.allow_networks == (IPv4Network("10.0.0.0/8"),)


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_complaints_word_for_word(path: Path, read: Callable[..., Config]) -> None:
    """A golden file holds the three files, the environment and the complaints, each after a line of `---- NAME`."""
    parts = dict(re.findall(r"(?ms)^---- ([\w.]+)\n(.*?)(?=^---- |\Z)", path.read_text(encoding="utf-8")))
    env = dict(line.split("=", 1) for line in parts.get("environment", "").split("\n") if line)
    files = [parts.get(name, SITE if name == "tickerwire.toml" else "") for name in NAMES]
    assert complaints(read, *files, **env) == parts["complaints"].strip()


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


NAMES = ("tickerwire.toml", "outlets.toml", "feeds.toml")


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ('schedule = "*/15 * * * *"', ""),
        ('schedule = "0 0 29 2 *"', ""),
        ('schedule = "30 2 * * SUN#2"\ntimezone = "America/New_York"', ""),
        ('schedule = "0 0 31 2 *"', "not a cron expression: bad day-of-month"),
        ('schedule = "0 0 31 2 * 1"', "five fields"),
        ('schedule = "0 0 */3 2 SUN#5"', "no date ever matches it"),
        ('schedule = "@hourly"', "five fields"),
        ('schedule = "61 * * * *"', "bad minute"),
        (f'schedule = "{"9" * 5000} * * * *"', "five fields"),
        ('schedule = ""', "five fields"),
        ('timezone = "Europe/Lundon"', "did you mean `Europe/London`"),
        ('timezone = "../etc/passwd"', "unknown time zone"),
        ('timezone = "Europe"', "unknown time zone"),
        ('timezone = ""', "unknown time zone"),
        ('language = "en_GB"', "not a language tag"),
        ('homepage = "one.example"', "must be a complete address"),
        ('homepage = "https://"', "must be a complete address"),
        ('homepage = "https://a..b/"', "must be a complete address"),
        ('homepage = "https://one.example:99999/"', "not an address: Port out of range"),
        ('homepage = "https://[::1/"', "not an address: Invalid IPv6 URL"),
        ('homepage = "https://one.example/a b"', "no blanks"),
        ('homepage = "https://one.example/\\u000a"', "no blanks"),
        ('homepage = "https://one.example/#top"', "fragment"),
        ('homepage = "javascript:alert(1)"', "must be a complete address"),
        ('proxy = "socks5://p:1"', "must be a complete address"),
        ('proxy = "http://p:1/path"', "nothing after them"),
        ('headers = { "X-A" = "a\\r\\nSet-Cookie: b" }', "printable ASCII on one line"),
        ('headers = { Host = "elsewhere" }', "set by the crawler itself"),
        ('moved_from = ["Old"]', "an id is 1 to 64"),
        ('enabled = "false"', "expected true or false, without quotes"),
        ('name2 = "x"', "did you mean `name`"),
    ],
)
def test_outlet_values(key: str, why: str, read: Callable[..., Config]) -> None:
    if why:
        assert why in complaints(read, SITE, OUTLET.format(key))
    else:
        read(SITE, OUTLET.format(key))


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ('kind = "feed"', "needs nothing"),
        ('kind = "sitemap"', "needs nothing"),
        ('kind = "listing"\nlinks = "h2 a"\ndate = "time"', "needs nothing"),
        ('kind = "api"\nitems = "d"\ntitle = "t"\nlink = "l"\npublished = "p"', "needs nothing"),
        ('kind = "listing"', "kind `listing` needs links"),
        ('kind = "api"\nitems = "d"', "kind `api` needs title and link"),
        ('kind = "feed"\nlinks = "a"\nitems = "b"', "items and links mean nothing to kind `feed`"),
        ('kind = "feeds"', "must be one of feed, sitemap, listing, api; did you mean `feed`?"),
    ],
)
def test_kinds_of_sources(source: str, why: str, read: Callable[..., Config]) -> None:
    outlets = f'[[outlet]]\nid = "one"\nname = "One"\n[[outlet.source]]\nurl = "https://one.example/"\n{source}\n'
    if why == "needs nothing":
        assert read(SITE, outlets).outlets[0].sources[0].url == "https://one.example/"
    else:
        assert why in complaints(read, SITE, outlets)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ('[site]\nbase_url = "https://u:secret@h/"\ncontact = "mailto:a@b"', 'base_url = "https://(hidden)@h/"'),
        ('[site]\nbase_url = "https://ü.example"\ncontact = "mailto:a@b"', "xn--"),
        ('[site]\nbase_url = "https://h/?a=1"\ncontact = "mailto:a@b"', "must not hold a query"),
        ('[site]\nbase_url = "https://h"\ncontact = "desk@example.org"', 'must be "mailto:"'),
        ('[site]\nbase_url = "https://h"\ncontact = "mailto:a@b\\r\\nX: y"', 'must be "mailto:"'),
        (SITE + 'tag_authority = "example.org"', "not a tag authority"),
        (SITE + '[store]\nurl = "postgresql://h/db"', 'must be "sqlite:///"'),
        (SITE + '[store]\nurl = "sqlite:///"', 'must be "sqlite:///"'),
        (SITE + '[store]\nurl = "sqlite:///var/public/news.db"', "the database lies inside it and would be served"),
        (SITE + '[publish]\ndirectory = ".."', "the configuration lies inside it and would be served"),
        (SITE + '[crawl]\nallow_networks = ["10.0.0.1/8"]', "has host bits set"),
        (SITE + "[crawl]\nallow_networks = [1]", "expected text"),
        (SITE + '[crawl]\nuser_agent = "a\\nb"', "printable ASCII"),
        (SITE + "[crawl]\ndelay = -1", "must be greater than or equal to 0"),
        (SITE + "[crawl]\ndelay = inf", "must be less than or equal to 3600"),
        (SITE + "[crawl]\ndelay = nan", "must be"),
        (SITE + "[serve]\nport = 65536", "must be less than or equal to 65535"),
        (SITE + '[retention]\narticles = "0d"', "expected a number above zero"),
        (SITE + '[retention]\narticles = "-3d"', "expected a number above zero"),
        (SITE + "[retention]\narticles = 90", "expected a number above zero"),
        (SITE + '[retention]\narticles = "9999999999d"', "expected a number above zero"),
        ("", "site.base_url: required, but not written"),
        ("site = 3", "site = 3: expected a table"),
    ],
)
def test_installation_values(written: str, why: str, read: Callable[..., Config]) -> None:
    text = complaints(read, written)
    assert why in text
    assert "secret" not in text


def test_a_query_is_complained_of_where_it_stops_making_sense(read: Callable[..., Config]) -> None:
    text = complaints(read, SITE, "", FEED.format("").replace('"*"', "'flood OR (storm'"))
    assert text.startswith('feeds.toml: feed[1] "all" query = "flood OR (storm": ')
    assert text.endswith("(character 10, before `(storm`)")


def test_secrets_are_never_printed(read: Callable[..., Config]) -> None:
    keys = 'headers = { A = "Bearer ${TOKEN}", "b c" = "s3cret" }\nproxi = "http://u:s3cret@h"\nheader = "s3cret"'
    text = complaints(read, SITE, OUTLET.format(keys + '\nproxy = "${TOKEN}"'), TOKEN="s3cret\n")
    assert "s3cret" not in text
    assert text.count("(hidden)") == 3


def test_missing_directory_and_files_point_at_a_way_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none: there is no .*`tickerwire init`.*`tickerwire demo`"):
        load(tmp_path / "none", env={})
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, env={})
    assert [Path(c.file).name for c in caught.value.complaints] == list(NAMES)
    assert all("the file is missing; `tickerwire init`" in c.why for c in caught.value.complaints)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[[outlet]\nid = 1", "not TOML: .* \\(at line 1, column 9\\)"),
        (b'[[outlet]]\nid = "a"\nid = b', "not TOML: .* \\(at line 3, column 6\\)"),
        (b'name = "\xe9"', "not UTF-8 text: byte 9 is 0xe9"),
        (b"a = " + b"[" * 100_000, "not TOML: "),
        (b"a = " + b"9" * 5000, "not TOML: "),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_unreadable_files(data: bytes | None, why: str, read: Callable[..., Config], tmp_path: Path) -> None:
    read()
    path = tmp_path / "outlets.toml"
    path.unlink()
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    with pytest.raises(ConfigError, match=why) as caught:
        load(tmp_path, env={})
    assert len(caught.value.complaints) == 1


def test_a_byte_order_mark_is_no_mistake(read: Callable[..., Config], tmp_path: Path) -> None:
    read()
    (tmp_path / "feeds.toml").write_bytes(b"\xef\xbb\xbf" + FEED.format("").encode())
    assert len(load(tmp_path, env={}).feeds) == 1


def test_published_schemas_are_up_to_date(tmp_path: Path) -> None:
    write_schemas(tmp_path / "schema")
    written = sorted((tmp_path / "schema").iterdir())
    assert [path.name for path in written] == sorted(f"{name}.schema.json" for name in schemas())
    for path in written:
        assert json.loads(path.read_text(encoding="utf-8")) == schemas()[path.name.partition(".")[0]]
        published = ROOT / "docs" / "schema" / path.name
        assert published.read_bytes() == path.read_bytes(), "run: tickerwire check --write-schemas docs/schema"


def test_every_key_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    for schema in schemas().values():
        for table in [schema, *schema["$defs"].values()]:
            for key in table["properties"]:
                assert re.search(rf"(\| `{key}` \||\[+(outlet\.|feed\.)?{key}\]+)", text), key


def test_ten_thousand_outlets_load_in_seconds(read: Callable[..., Config]) -> None:
    outlets = "".join(OUTLET.format(f'schedule = "{n % 60} * * * *"').replace('"one"', f'"o{n}"') for n in range(10_000))
    started = time.process_time()
    config = read(SITE, outlets)
    # 1.9 s on two busy cores, 1.2 s of it tomllib; the bound only catches work that grows with the square
    assert time.process_time() - started < 8
    assert config.outlet("o9999").schedule == "39 * * * *"


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

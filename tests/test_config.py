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

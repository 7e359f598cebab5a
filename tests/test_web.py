"""The web server over a real socket: validators, encodings, types, security headers, and what it refuses."""

import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from typing import Any

import brotli
import pytest
from prometheus_client.parser import text_string_to_metric_families

from syndicate import tree
from syndicate.kinds import encoding
from syndicate.web import WebServer, app, serve
from tests.conftest import ROOT
from tickerwire.errors import StoreError, UsageError

RSS = b"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title></channel></rss>" + b" " * 2000
TICKER = json.dumps({"version": 1, "items": [{"id": 1, "title": "a" * 900}]}).encode()
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "time": "2026-11-22T12:00:00Z",
    "run": {"state": "done", "last_crawl": "2026-11-22T12:00:00Z", "next_due": None},
    "outlets": [
        {
            "id": "mill",
            "state": "failing",
            "reason": "<b>500</b>",
            "last_success": None,
            "last_new_article": None,
            "articles": 3,
            "consecutive_failures": 4,
        }
    ],
    "hosts": [],
    "feeds": [
        {
            "id": "world",
            "items": 7,
            "published_at": "2026-11-22T12:00:00Z",
            "stale": True,
            "reason": "kept",
            "quarantined": [{"article": 4, "reason": "active content"}],
            "deliveries": {"pending": 2, "failed": 1, "last_error": "x: answered 500"},
        },
        {"id": "fresh", "items": 0, "published_at": None, "stale": False, "reason": "", "quarantined": []},
    ],
}
FILES = {
    "index.html": b"<!doctype html><title>Front</title>",
    "robots.txt": b"User-agent: *\nDisallow:\n",
    "opml.xml": b"<opml version='2.0'/>",
    "feeds/world.rss": RSS,
    "feeds/world.atom": b"<feed xmlns='http://www.w3.org/2005/Atom'/>",
    "feeds/world.json": b'{"version":"https://jsonfeed.org/version/1.1"}',
    "feeds/world/index.html": b"<!doctype html><title>World</title>",
    "embed/world/index.html": b"<!doctype html><title>Embed</title>",
    "ticker/world.json": TICKER,
    "schema/ticker-1.json": b"{}",
    "assets/ticker-1.0.0.js": b"export {}",
    "assets/ticker-1.js": b"export {}",
    "assets/manifest.json": b"{}",
    "assets/feed.css": b"rss{}",
    "feeds/.world.rss.tmp": b"half",
    "feeds/world.rss.tmp": b"half",
    ".secret/index.html": b"no",
    "notes.db": b"no",
}

Answer = tuple[int, http.client.HTTPMessage, bytes]
Ask = Callable[..., Answer]


def written(place: Path) -> Path:
    root = place / "public"
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (place / "outside.rss").write_bytes(b"outside")
    return root


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A tree for a test that changes it."""
    return written(tmp_path)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask the server over a tree that stays as it is."""
    with WebServer() as server:
        server.serve(app(written(tmp_path_factory.mktemp("web")), lambda: STATUS, "https://news.example.org"))
        yield asker(server.port)


@pytest.fixture
def ask_public(public: Path) -> Iterator[Ask]:
    """Ask the server over `public`."""
    with WebServer() as server:
        server.serve(app(public, lambda: STATUS, "https://news.example.org"))
        yield asker(server.port)


def asker(port: int) -> Ask:
    def ask(path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in named.items():
                connection.putheader(name, value.encode("latin-1"))
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    return ask


@pytest.mark.parametrize(
    ("path", "type_", "life"),
    [
        ("/feeds/world.rss", "application/rss+xml", "max-age=300"),
        ("/feeds/world.atom", "application/atom+xml", "max-age=300"),
        ("/feeds/world.json", "application/feed+json", "max-age=300"),
        ("/ticker/world.json", "application/json", "max-age=30, stale-while-revalidate=60, stale-if-error=86400"),
        ("/schema/ticker-1.json", "application/schema+json", "max-age=31536000, immutable"),
        ("/opml.xml", "text/x-opml", "max-age=300"),
        ("/robots.txt", "text/plain", "max-age=300"),
        ("/assets/ticker-1.0.0.js", "text/javascript", "max-age=31536000, immutable"),
        ("/assets/ticker-1.js", "text/javascript", "max-age=300"),
        ("/assets/feed.css", "text/css", "max-age=300"),
        ("/", "text/html", "max-age=60"),
        ("/feeds/world/", "text/html", "max-age=60"),
        ("/embed/world/", "text/html", "max-age=60"),
    ],
)
def test_every_kind_of_file_has_its_type_lifetime_and_validators(ask: Ask, path: str, type_: str, life: str) -> None:
    status, headers, body = ask(path)
    assert status == 200
    assert headers["Content-Type"] == f"{type_}; charset=utf-8"
    assert headers["Cache-Control"] == f"public, {life}"
    assert int(headers["Content-Length"]) == len(body) > 0
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["ETag"])
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", headers["Last-Modified"])
    assert "Accept-Encoding" in headers["Vary"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Date"]
    assert headers["Server"] is None
    assert headers["Set-Cookie"] is None
    status, head, nothing = ask(path, "HEAD")
    same = ("Content-Type", "Content-Length", "ETag", "Cache-Control", "Vary")
    assert (status, nothing) == (200, b"")
    assert [head[name] for name in same] == [headers[name] for name in same]


@pytest.mark.parametrize("path", ["/ticker/world.json", "/feeds/world.json", "/schema/ticker-1.json", "/assets/ticker-1.js"])
def test_data_and_assets_may_be_used_from_any_site(ask: Ask, path: str) -> None:
    headers = ask(path, Origin="https://elsewhere.example")[1]
    assert headers["Access-Control-Allow-Origin"] == headers["Timing-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Origin" not in headers["Vary"]


@pytest.mark.parametrize("kind", ["rss", "atom", "json"])
def test_a_feed_names_its_hub_and_itself_once_in_the_header_too(public: Path, kind: str) -> None:
    with WebServer() as server:
        server.serve(app(public, dict, "https://example.org/news", hub="https://hub.example/?a=1"))
        ask = asker(server.port)
        tag = ask(f"/feeds/world.{kind}")[1]["ETag"]
        for method, asked, status in (("GET", {}, 200), ("HEAD", {}, 200), ("GET", {"If_None_Match": tag}, 304)):
            got, headers, _ = ask(f"/feeds/world.{kind}?utm_source=x", method, **asked)
            itself = f'<https://example.org/news/feeds/world.{kind}>; rel="self"'
            assert (got, headers.get_all("Link")) == (status, [f'<https://hub.example/?a=1>; rel="hub", {itself}'])
        for path in ("/", "/feeds/world/", "/ticker/world.json", "/assets/feed.css", "/nothing"):
            assert ask(path)[1]["Link"] is None, path


def test_without_a_hub_there_is_none_to_name(ask: Ask) -> None:
    assert ask("/feeds/world.rss")[1]["Link"] is None


@pytest.mark.parametrize("path", ["/feeds/world.rss", "/feeds/world.atom"])
def test_only_navigations_get_feeds_as_xml(ask: Ask, path: str) -> None:
    own = f"application/{path.rpartition('.')[2]}+xml; charset=utf-8"
    reader, person = ask(path), ask(path, Sec_Fetch_Dest="document")
    assert person[1]["Content-Type"] == "application/xml; charset=utf-8"
    assert person[2] == reader[2] == FILES[path[1:]]
    assert person[1]["Vary"] == reader[1]["Vary"] == "Sec-Fetch-Dest, Accept-Encoding"
    assert person[1]["ETag"] == reader[1]["ETag"]
    assert person[1]["Content-Security-Policy"] == "default-src 'none'; style-src 'self'; sandbox"
    for other in ("empty", "iframe", "script", "Document", ""):
        assert ask(path, Sec_Fetch_Dest=other)[1]["Content-Type"] == own
    assert reader[1]["Content-Type"] == own


def test_pages_may_not_be_framed_but_embeds_may(ask: Ask) -> None:
    page, embed = (ask(path)[1]["Content-Security-Policy"] for path in ("/feeds/world/", "/embed/world/"))
    assert "frame-ancestors 'none'" in page
    assert "require-trusted-types-for 'script'" in page
    assert "frame-ancestors *" in embed
    assert "script-src" not in embed
    assert "unsafe" not in page + embed


@pytest.mark.parametrize(
    ("shape", "status"),
    [
        ("{}", 304),
        ("W/{}", 304),
        ('"x", {}', 304),
        ('"x",W/{} , "y"', 304),
        ("*", 304),
        ('"x"', 200),
        ('""', 200),
        ("", 200),
        ("no quotes at all", 200),
    ],
)
def test_if_none_match(ask: Ask, shape: str, status: int) -> None:
    etag = ask("/feeds/world.rss")[1]["ETag"]
    # A date that alone would mean 304 is outranked by the tag.
    got, headers, body = ask("/feeds/world.rss", If_None_Match=shape.format(etag), If_Modified_Since=formatdate(usegmt=True))
    assert got == status
    assert headers["ETag"] == etag
    assert (headers["Cache-Control"], headers["Vary"]) == ("public, max-age=300", "Sec-Fetch-Dest, Accept-Encoding")
    assert body == (b"" if status == 304 else RSS)


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("{}", 304),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("yesterday", 200),
        ("Thu, 99 Foo 99999 00:00:00 GMT", 200),
        ("é\xff", 200),
    ],
)
def test_if_modified_since(ask: Ask, since: str, status: int) -> None:
    modified = ask("/feeds/world.rss")[1]["Last-Modified"]
    assert ask("/feeds/world.rss", If_Modified_Since=since.format(modified))[0] == status


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.1, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip;q=0", "identity"),
        ("gzip;q=0.000", "identity"),
        ("identity;q=0.5, gzip;q=0.3", "identity"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("br;q=0, *;q=0.5", "gzip"),
        ("GZIP ; Q=1", "gzip"),
        ("gzip;q=nonsense", "identity"),
        (";;;,,q=", "identity"),
        ("", "identity"),
    ],
)
def test_accept_encoding(ask: Ask, accept: str, wanted: str) -> None:
    assert encoding(accept, {"br", "gzip", "identity"}) == wanted
    _, headers, body = ask("/feeds/world.rss", Accept_Encoding=accept)
    assert headers["Content-Encoding"] == (None if wanted == "identity" else wanted)
    assert {"br": brotli.decompress, "gzip": gzip.decompress, "identity": bytes}[wanted](body) == RSS


def test_each_encoding_has_its_own_tag_and_honours_it(ask: Ask) -> None:
    tags = {coding: ask("/feeds/world.rss", Accept_Encoding=coding)[1]["ETag"] for coding in ("br", "gzip", "identity")}
    assert len(set(tags.values())) == 3
    for coding, tag in tags.items():
        assert ask("/feeds/world.rss", Accept_Encoding=coding, If_None_Match=tag)[0] == 304


def test_small_files_are_sent_as_they_are(ask: Ask) -> None:
    assert ask("/feeds/world.atom", Accept_Encoding="gzip")[1]["Content-Encoding"] is None


def test_a_precompressed_sibling_is_used_only_while_it_says_the_same(ask_public: Ask, public: Path) -> None:
    sibling, plain = public / "feeds/world.rss.gz", public / "feeds/world.rss"
    ours = gzip.compress(RSS, 9, mtime=7)
    replace(sibling, ours)
    assert ask_public("/feeds/world.rss", Accept_Encoding="gzip")[2] == ours
    newer = RSS + b"newer"
    replace(sibling, gzip.compress(newer))
    replace(plain, RSS)
    assert gzip.decompress(ask_public("/feeds/world.rss", Accept_Encoding="gzip")[2]) == RSS
    replace(plain, newer)
    assert gzip.decompress(ask_public("/feeds/world.rss", Accept_Encoding="gzip")[2]) == newer
    replace(sibling, b"\x1f\x8bbroken")
    replace(plain, RSS)
    assert gzip.decompress(ask_public("/feeds/world.rss", Accept_Encoding="gzip")[2]) == RSS


def replace(file: Path, data: bytes) -> None:
    new = file.with_name(".new.tmp")
    new.write_bytes(data)
    new.replace(file)


def test_a_changed_file_is_seen_at_once_and_a_removed_one_is_gone(ask_public: Ask, public: Path) -> None:
    before = ask_public("/ticker/world.json")[1]["ETag"]
    changed = TICKER.replace(b'"id": 1', b'"id": 2')
    replace(public / "ticker/world.json", changed)
    status, headers, body = ask_public("/ticker/world.json", If_None_Match=before)
    assert (status, body) == (200, changed)
    assert headers["ETag"] != before
    (public / "ticker/world.json").unlink()
    assert ask_public("/ticker/world.json")[0] == 404


def test_last_modified_and_tag_move_with_every_change_and_never_back(ask_public: Ask, public: Path) -> None:
    file, path = public / "feeds/world.rss", "/feeds/world.rss"
    for ahead, moved in ((-3600, True), (0, True), (0, True), (600, True), (7200, False)):  # seconds: the clock was put back since
        if ahead:
            os.utime(file, (time.time() + ahead,) * 2)
        before, (_, known, _) = int(file.stat().st_mtime), ask_public(path)
        changed = file.read_bytes() + b" "
        assert tree.replace(public, "feeds/world.rss", changed)
        assert not moved or ask_public(path, If_Modified_Since=known["Last-Modified"])[2] == changed
        after, (_, now, _) = int(file.stat().st_mtime), ask_public(path)
        assert now["ETag"] != known["ETag"]
        assert (after > before) == moved
        assert moved or abs(after - time.time()) < 60
        assert not tree.replace(public, "feeds/world.rss", changed)
        assert (int(file.stat().st_mtime), ask_public(path)[1]["ETag"]) == (after, now["ETag"])
        assert {int(each.stat().st_mtime) for each in public.glob("feeds/world.rss*") if each.suffix != ".tmp"} == {after}


def test_last_modified_is_never_in_the_future(ask_public: Ask, public: Path) -> None:
    ahead = time.time() + 9e6
    os.utime(public / "feeds/world.rss", (ahead, ahead))
    headers = ask_public("/feeds/world.rss")[1]
    assert parsedate_to_datetime(headers["Last-Modified"]) <= parsedate_to_datetime(headers["Date"])


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/feeds/world.rss.tmp",
        "/feeds/.world.rss.tmp",
        "/feeds/world.rss/",
        "/feeds/",
        "/notes.db",
        "/.secret/",
        "/../outside.rss",
        "/feeds/../../outside.rss",
        "/feeds/%2e%2e/%2e%2e/outside.rss",
        "/feeds/..%2f..%2foutside.rss",
        "/feeds/world.rss%00",
        "/feeds//world.rss",
        "//elsewhere.example/feeds",
        "/feeds/\\..\\outside.rss",
        "/" + "a" * 5000,
        "/%ff%fe",
    ],
)
def test_nothing_else_is_served(ask: Ask, path: str) -> None:
    status, headers, body = ask(path)
    assert status == 404
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"]
    assert b"outside" not in body
    assert len(body) < 1500


def test_a_fifo_in_the_tree_does_not_hang_the_server(ask_public: Ask, public: Path) -> None:
    os.mkfifo(public / "feeds/pipe.rss")
    assert ask_public("/feeds/pipe.rss")[0] == 404


def test_a_directory_without_its_slash_redirects_beside_itself(ask: Ask) -> None:
    status, headers, _ = ask("/feeds/world?utm_source=x")
    assert (status, headers["Location"]) == (308, "world/")


@pytest.mark.parametrize("query", ["?null", "?utm_source=x&a[]=1", "?%", "?"])
def test_queries_are_ignored(ask: Ask, query: str) -> None:
    assert ask(f"/feeds/world.rss{query}")[2] == RSS


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/feeds/world.rss", "/", "/healthz", "/metrics"])
def test_only_get_and_head(ask: Ask, method: str, path: str) -> None:
    status, headers, _ = ask(path, method)
    assert status == 405
    assert {name.strip() for name in headers["Allow"].split(",")} == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "header", ["If_None_Match", "If_Modified_Since", "Accept_Encoding", "Sec_Fetch_Dest", "Range", "Cookie", "Accept"]
)
@pytest.mark.parametrize("value", ["\xff\xfe", '"', ",,,;q=;;", "a" * 6000, "bytes=0-1"])
def test_malformed_headers_are_never_our_fault(ask: Ask, header: str, value: str) -> None:
    assert ask("/feeds/world.rss", **{header: value})[0] in (200, 304)


def test_status_in_all_three_forms(ask: Ask) -> None:
    assert json.loads(ask("/healthz")[2]) == {"status": "ok"}
    status, headers, body = ask("/status.json")
    assert (status, json.loads(body), headers["Cache-Control"]) == (200, STATUS, "no-store")
    status, headers, body = ask("/status")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert b"&lt;b&gt;500&lt;/b&gt;" in body
    assert b">7<" in body


def test_metrics_say_what_the_status_says(ask: Ask) -> None:
    status, headers, body = ask("/metrics")
    assert (status, headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert headers["Cache-Control"] == "no-store"
    series = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(body.decode())
        for one in family.samples
    }
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()
    states = {("tickerwire_outlet_state", "mill", state): 0.0 for state in ("ok", "late", "silent", "failing", "gone", "never")}
    assert series == states | {
        ("tickerwire_info", "0.1.0"): 1.0,
        ("tickerwire_last_crawl_timestamp_seconds",): noon,
        ("tickerwire_outlet_state", "mill", "failing"): 1.0,
        ("tickerwire_outlet_articles", "mill"): 3.0,
        ("tickerwire_outlet_consecutive_failures", "mill"): 4.0,
        ("tickerwire_feed_items", "world"): 7.0,
        ("tickerwire_feed_items", "fresh"): 0.0,
        ("tickerwire_feed_stale", "world"): 1.0,
        ("tickerwire_feed_stale", "fresh"): 0.0,
        ("tickerwire_feed_published_timestamp_seconds", "world"): noon,
        ("tickerwire_feed_quarantined_articles", "world"): 1.0,
        ("tickerwire_feed_quarantined_articles", "fresh"): 0.0,
        ("tickerwire_feed_deliveries_pending", "world"): 2.0,
        ("tickerwire_feed_deliveries_failed", "world"): 1.0,
    }
    assert ask("/metrics", "HEAD")[2] == b""


@pytest.mark.parametrize("path", ["/healthz", "/status.json", "/status", "/metrics", "/ops.atom"])
def test_when_the_status_cannot_be_told_the_feeds_go_on(public: Path, path: str, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> dict[str, Any]:
        raise StoreError("var/secret.db: database is locked")

    with WebServer() as server:
        server.serve(app(public, broken, "https://news.example.org"))
        ask = asker(server.port)
        status, headers, body = ask(path)
        assert (status, headers["Retry-After"]) == (503, "30")
        assert b"secret" not in body
        assert ask("/feeds/world.rss")[0] == 200
    assert [(one.getMessage(), str(one.exc_info and one.exc_info[1])) for one in caplog.records] == [
        (f"{path} cannot be answered", "var/secret.db: database is locked")
    ]


def test_links_follow_the_path_the_site_is_mounted_under(public: Path) -> None:
    with WebServer() as server:
        server.serve(app(public, lambda: STATUS, "https://example.org/news"))
        assert b'href="/news/assets/site.css' in asker(server.port)("/nothing")[2]


def test_a_port_in_use_is_one_clear_line(public: Path) -> None:
    with WebServer() as server, pytest.raises(UsageError, match=f"^port {server.port} on 127.0.0.1 is in use: "):
        serve(app(public, lambda: STATUS, "https://news.example.org"), "127.0.0.1", server.port)


def test_an_address_not_ours_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match=r"^cannot listen on port 0 of 203\.0\.113\.1: "):
        WebServer("203.0.113.1")


def test_the_port_is_free_again_after_stop(public: Path) -> None:
    for _ in range(2):
        with WebServer() as server:
            server.serve(app(public, lambda: STATUS, "https://news.example.org"))
            asker(server.port)("/healthz")
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", server.port)) != 0


def test_sigterm_ends_the_foreground_server_cleanly(public: Path, processes: Callable[..., "subprocess.Popen[str]"]) -> None:
    with WebServer() as probe:
        port = probe.port
    code = (
        "import sys, pathlib; from syndicate.web import app, serve;"
        "serve(app(pathlib.Path(sys.argv[1]), dict, 'https://news.example.org'), '127.0.0.1', int(sys.argv[2]))"
    )
    process = processes(sys.executable, "-c", code, str(public), str(port), cwd=ROOT, stderr=subprocess.PIPE)
    ask, deadline = asker(port), time.monotonic() + 10
    while True:
        try:
            assert ask("/healthz")[0] == 200
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == -signal.SIGTERM
    assert process.stderr is not None
    assert process.stderr.read() == ""

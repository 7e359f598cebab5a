"""The web server over a real socket: types, security headers, the status, what it refuses, and how it starts and ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from syndicate.web import WebServer, app, serve
from tests.conftest import ROOT
from tests.served import FILES, RSS, STATUS, Ask, asker
from tickerwire.errors import StoreError, UsageError


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

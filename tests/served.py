"""A published tree with every kind of file, the status beside it, and how a test asks a server for them."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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

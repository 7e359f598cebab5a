"""Secrets come from the environment alone, and nothing that is printed, logged, stored or published holds one."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import Answer, loopback, rss
from tests.receivers import SECRET, always, receiver
from tests.test_config import FEED, OUTLET, SITE, complaints, read
from tests.test_crawl import FEED as SOURCE, configure, outlet
from tests.test_service import free_port

__all__ = ["read"]
Command = Callable[..., subprocess.CompletedProcess[str]]
WHY = "a secret in the file; put it into the environment and write ${NAME}"
HOOK = FEED + '[[feed.webhook]]\nurl = "{}"\nsecret = "{}"\n'


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ('headers = { Authorization = "Basic czNjcmV0" }', "headers.Authorization"),
        ('headers = { X-Api-Key = "czNjcmV0" }', "headers.X-Api-Key"),
        ('headers = { cookie = "id=czNjcmV0" }', "headers.cookie"),
        ('proxy = "http://ann:czNjcmV0@proxy.example:3128"', "proxy"),
        ('proxy = "http://${NAME}:czNjcmV0@proxy.example:3128"', "proxy"),
        ('headers = { Authorization = "Basic ${NAME}" }', ""),
        ('headers = { Accept-Language = "de", Referer-Keywords = "czNjcmV0" }', ""),
        ('proxy = "http://ann:${NAME}@proxy.example:3128"', ""),
        ('proxy = "http://proxy.example:3128"', ""),
    ],
)
def test_an_outlet_s_secret_in_the_file_is_refused(read: Any, key: str, place: str) -> None:
    if place:
        assert complaints(read, SITE, OUTLET.format(key), NAME="x") == f'outlets.toml: outlet[1] "one" {place} = (hidden): {WHY}'
    else:
        read(SITE, OUTLET.format(key), NAME="x")


@pytest.mark.parametrize(
    ("url", "secret", "place"),
    [
        ("https://hook.example/in", SECRET, "secret"),
        ("https://hook.example/in?a=1&access_token=czNjcmV0", "${NAME}", "url"),
        ("https://hook.example/in?access_token=${NAME}&a=1", "${NAME}", ""),
        ("https://hook.example/in?from=news", "${NAME}", ""),
    ],
)
def test_a_webhook_s_secret_in_the_file_is_refused(read: Any, url: str, secret: str, place: str) -> None:
    feeds = HOOK.format("", url, secret)
    if place:
        assert complaints(read, SITE, "", feeds, NAME=SECRET) == f'feeds.toml: feed[1] "all" webhook[1].{place} = (hidden): {WHY}'
    else:
        assert read(SITE, "", feeds, NAME=SECRET).feeds[0].webhooks[0].secret == SECRET


def test_no_run_at_debug_level_tells_a_secret(tickerwire: Command, tmp_path: Path) -> None:
    words = {"HEADER": "hdr-5ecret-1", "PROXY": "prx-5ecret-2", "HOOK": "hok-5ecret-3", "SECRET": SECRET}
    today = rss(("1", "First")).replace(b"Sat, 21 Nov 2026 01:00:00 GMT", f"{datetime.now(UTC):%a, %d %b %Y %T} GMT".encode())
    with loopback({SOURCE: Answer(today), "/broken": Answer(b"<rss><chan")}) as host, receiver(always(500)) as hook:
        shown = 'headers = { Authorization = "Bearer ${HEADER}" }\n'
        proxied = outlet("behind", host.url("/x"), proxy=f"http://ann:${{PROXY}}@127.0.0.1:{free_port()}")
        named = [
            outlet(name, host.url(path)).replace("[[outlet.source", shown + "[[outlet.source")
            for name, path in (("one", SOURCE), ("two", "/broken"))
        ]
        configure(tmp_path, "".join(named) + proxied)
        feeds = FEED.format("") + f'[[feed.webhook]]\nurl = "{hook.url}/${{HOOK}}?token=${{HOOK}}"\nsecret = "${{SECRET}}"\n'
        (tmp_path / "config/feeds.toml").write_text(feeds)
        said = ""
        for words_of in (
            ("crawl", "--all", "--json"),
            ("publish", "--force"),
            ("status", "--json"),
            ("check", "--json"),
            ("outlets", "list", "--json"),
            ("feeds", "list", "--json"),
            ("outlets", "export"),
            ("articles", "export", "--jsonl"),
            ("doctor",),
        ):
            for style in ("text", "json"):
                done = tickerwire("--log-format", style, "-vv", *words_of, **words)
                said += done.stdout + done.stderr
        assert [one.headers["authorization"] for one in host.asked if one.path == SOURCE] == [f"Bearer {words['HEADER']}"] * 2
        assert {one.path for one in hook.posts} == {f"/{words['HOOK']}?token={words['HOOK']}"}
    assert "First" in said
    assert "answered 500" in said
    kept = b"".join(path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file())
    for secret in (*words.values(), SECRET.removeprefix("whsec_")):
        assert secret not in said
        assert secret.encode() not in kept

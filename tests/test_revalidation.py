"""Validators and encodings over a real socket: a file that has not changed is not sent again, one that has is seen at once."""

import gzip
import os
import time
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

import brotli
import pytest

from syndicate import tree
from syndicate.kinds import encoding
from tests.served import RSS, TICKER, Ask


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

"""A hub and a subscriber that others wrote: what is published arrives, whole, signed, by way of the hub that the feeds name."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from syndicate.web import WebServer, site
from tests.conftest import ROOT
from tests.hostile.certificates import certificate, key
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import FEED, SITE, configure, outlet, until
from tests.test_service import free_port
from tickerwire.config import load

Command = Callable[..., subprocess.CompletedProcess[str]]
ABSENT = r"Temporary failure in name resolution|No matching distribution|Connection (refused|reset|broken)|timed out|unreachable"
KINDS = ("atom", "rss", "json")


@pytest.fixture(scope="module")
def python() -> str:
    """The interpreter of an environment with exactly what tests/hub/requirements.lock pins, made once."""
    place, lock = ROOT / "tests/hub/.venv", ROOT / "tests/hub/requirements.lock"
    stamp = place / "installed"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        command = [str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", "-r", str(lock)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode and re.search(ABSENT, done.stderr):
            pytest.skip("PyPI cannot be reached: no hub of others is told of a publish")
        assert done.returncode == 0, done.stderr
        stamp.write_bytes(lock.read_bytes())
    return str(place / "bin/python")


@pytest.fixture
def trusted(tmp_path: Path) -> str:
    """The file of an authority that has signed hub.pem, for "localhost"."""
    (tmp_path / "authority.pem").write_bytes(certificate("authority", 30, "self", authority=True).public_bytes(Encoding.PEM))
    private = key("localhost").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "hub.pem").write_bytes(certificate("localhost", 1, "authority").public_bytes(Encoding.PEM) + private)
    return str(tmp_path / "authority.pem")


def listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_what_is_published_arrives_through_a_hub_that_others_wrote(
    tickerwire: Command, processes: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, python: str, trusted: str
) -> None:
    hub, web, callback = free_port(), free_port(), free_port()
    base = f"http://127.0.0.1:{web}"
    topics = [f"{base}/feeds/all.{kind}" for kind in KINDS]
    env = os.environ | {"REQUESTS_CA_BUNDLE": trusted}
    log = (tmp_path / "hub.log").open("w")
    with loopback({FEED: Answer(rss(("1", "First headline")))}) as source, WebServer(port=web) as server, log:
        about = SITE.replace("https://news.example.org", base) + f'[publish]\nhub = "https://localhost:{hub}/hub"\n'
        configure(tmp_path, outlet("one", source.url(FEED)), about)
        server.serve(site(load(tmp_path / "config", tmp_path)))
        programs = ROOT / "tests/hub"
        processes(python, str(programs / "serve_hub.py"), str(hub), str(tmp_path / "hub.pem"), str(tmp_path), env=env, stderr=log)
        until(lambda: listens(hub), 60)
        first = tickerwire("crawl", "--all", SSL_CERT_FILE=trusted)
        assert (first.returncode, "answered" in first.stderr) == (0, False), first.stderr
        words = [str(programs / "subscribe.py"), str(callback), str(tmp_path), *topics]
        subscriber = processes(python, *words, env=env, stderr=log)
        assert subscriber.stdout is not None
        assert subscriber.stdout.readline() == "subscribed\n", (tmp_path / "hub.log").read_text()
        with closing(sqlite3.connect(tmp_path / "hub.db")) as db:
            known = db.execute("select topic_url, length(secret) from hub order by topic_url").fetchall()
        assert known == sorted((topic, 36) for topic in topics), "and all will be signed"
        source.answers[FEED] = Answer(rss(("1", "First headline"), ("2", "Second headline")))
        second = tickerwire("crawl", "--all", SSL_CERT_FILE=trusted)
        assert (second.returncode, second.stderr.count("answered")) == (0, 0), second.stderr
        until(lambda: all((tmp_path / f"{number}-1").exists() for number in range(3)), 30)
    for number, kind in enumerate(KINDS):
        body = (tmp_path / f"{number}-1").read_bytes()
        assert b"Second headline" in body
        assert body == (tmp_path / f"var/public/feeds/all.{kind}").read_bytes()
        assert not (tmp_path / f"{number}-2").exists(), "once"

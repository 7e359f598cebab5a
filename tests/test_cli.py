"""The commands as an operator types them: results, talk, exit codes, one clear line for every mistake."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.archive import commit
from tests.test_crawl import FEEDS, SITE, configure, outlet
from tickerwire.cli.database import LIBRARIES, library
from tickerwire.config import load
from tickerwire.health import status
from tickerwire.store import Store, exclusive, service_lock

Command = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A configured installation with three stored articles, nothing published yet."""
    configure(tmp_path, outlet("harbour", "https://harbour.example/feed", homepage="https://harbour.example/"))
    with Store.open(tmp_path / "var/tickerwire.db") as store:
        for number, title in enumerate(["Ferry late", "Ferry on time", "Bridge opens"]):
            commit(store, title, NOW - timedelta(hours=10 - number))
    return tmp_path


def test_init_writes_a_configuration_that_checks_and_never_overwrites(tickerwire: Command, tmp_path: Path) -> None:
    assert tickerwire("init").returncode == 0
    assert tickerwire("check").returncode == 0
    assert sorted(path.name for path in (tmp_path / "config").iterdir()) == [
        "feeds.toml",
        "outlets.toml",
        "tickerwire.toml",
    ]
    (tmp_path / "config/outlets.toml").write_text("# mine\n")
    again = tickerwire("init")
    assert again.returncode == 2
    assert "exist already" in again.stderr
    assert (tmp_path / "config/outlets.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("tickerwire.toml", "[site\n", ["tickerwire.toml", "line 1"]),
        ("tickerwire.toml", SITE + "[crwl]\n", ["crwl", "crawl"]),
        (
            "outlets.toml",
            outlet("one", "https://a.example/f", schedul="* * * * *"),
            ["schedul", "did you mean `schedule`"],
        ),
        (
            "outlets.toml",
            outlet("one", "https://a.example/f", schedule="61 * * * *"),
            ["outlets.toml", "schedule", "61"],
        ),
        ("outlets.toml", outlet("one", "https://a.example/f") * 2, ['"one"', "outlet[2]"]),
        ("feeds.toml", FEEDS.replace('"*"', "'title:(a OR'"), ["feeds.toml", "query", "title:(a OR"]),
    ],
)
def test_a_mistake_in_the_configuration_is_one_clear_line(
    tickerwire: Command, tmp_path: Path, file: str, text: str, words: list[str]
) -> None:
    configure(tmp_path, outlet("one", "https://a.example/f"))
    (tmp_path / "config" / file).write_text(text)
    done = tickerwire("check")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    as_json = tickerwire("check", "--json")
    assert as_json.returncode == 2
    assert {"level", "file", "key", "value", "why"} == set(json.loads(as_json.stdout)[0])


def test_publish_status_and_the_archive_commands(tickerwire: Command, archive: Path) -> None:
    assert json.loads(tickerwire("publish", "--json").stdout)["feeds"][0]["items"] == 3
    told = json.loads(tickerwire("status", "--json").stdout)
    assert set(told) == {"version", "time", "run", "outlets", "hosts", "feeds"}
    feed = told["feeds"][0]
    assert [file["path"] for file in feed["files"]] == [
        "feeds/all.rss",
        "feeds/all.atom",
        "feeds/all.json",
        "ticker/all.json",
    ]
    assert all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in feed["files"])
    assert "harbour" in tickerwire("status").stdout
    found = json.loads(tickerwire("articles", "search", "ferry", "--json").stdout)
    assert [article["title"] for article in found] == ["Ferry on time", "Ferry late"]
    exported = [json.loads(line) for line in tickerwire("articles", "export", "--jsonl").stdout.splitlines()]
    assert [article["id"] for article in exported] == [1, 2, 3]
    assert {"guid", "source_guid", "url", "link", "first_seen", "revision", "story", "provenance"} <= set(exported[0])
    preview = json.loads(tickerwire("feeds", "preview", "all", "--query", "bridge", "--json").stdout)
    assert [article["title"] for article in preview] == ["Bridge opens"]


def test_authors_are_counted(tickerwire: Command, archive: Path) -> None:
    with Store.open(archive / "var/tickerwire.db") as store:
        commit(store, "Tunnel closed", NOW, authors=("Ann Lee", "Bo Ek"))
        commit(store, "Tunnel open", NOW, authors=("Ann Lee",))
    assert tickerwire("articles", "authors").stdout.split("\n")[1].split()[:4] == ["Ann", "Lee", "harbour", "2"]
    counted = json.loads(tickerwire("articles", "authors", "--outlet", "harbour", "--json").stdout)
    newest = NOW.isoformat()[:19] + "Z"
    assert counted == [
        {"author": "Ann Lee", "outlet": "harbour", "articles": 2, "newest": newest},
        {"author": "Bo Ek", "outlet": "harbour", "articles": 1, "newest": newest},
    ]
    told = {one["id"]: one["authors"] for one in status(load(archive / "config", archive), NOW)["outlets"]}
    assert told["harbour"] == {"Ann Lee": 2, "Bo Ek": 1}
    assert status(load(archive / "config", archive), NOW + timedelta(days=31))["outlets"][0]["authors"] == {}, "of 30 days"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("feeds", "preview", "nope"), 2, "no such feed"),
        (("publish", "--feed", "nope"), 2, "no such feed"),
        (("articles", "show", "99"), 2, "no such article"),
        (("articles", "search", "title:(a"), 2, "(character 7, before `(a`)"),
        (("articles", "export", "--jsonl", "--since", "soon"), 2, "--since soon"),
        (("crawl", "--outlet", "nope"), 2, "nope"),
        (("crawl", "--deadline", "x"), 2, "--deadline"),
        (("frobnicate",), 2, "No such command"),
        (("backup", "config"), 2, "never overwrites"),
    ],
)
def test_mistakes_on_the_command_line(tickerwire: Command, archive: Path, words: tuple[str, ...], status: int, said: str) -> None:
    (archive / "config").mkdir(exist_ok=True)
    done = tickerwire(*[str(archive / word) if word == "config" else word for word in words])
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_backup_migrate_and_doctor(tickerwire: Command, archive: Path) -> None:
    assert tickerwire("migrate").returncode == 0
    assert tickerwire("backup", str(archive / "copy.db")).returncode == 0
    with sqlite3.connect(archive / "copy.db") as copy:
        assert copy.execute("select count(*) from articles").fetchone() == (3,)
    copy.close()
    doctor = tickerwire("doctor", "--json")
    told = {finding["what"]: finding["found"] for finding in json.loads(doctor.stdout)}
    assert {"sqlite", "libxml2", "expat", *LIBRARIES, "database", "published tree", "clock"} <= set(told)
    assert doctor.returncode == 0, doctor.stdout


@pytest.mark.parametrize(
    ("name", "found", "says", "problem"),
    [
        ("lxml", "6.0.4", "6.0.4", "lets documents read local files: CVE-2026-41066; 6.1.0 does not"),
        ("lxml", "6.1", "6.1", "lets documents read local files: CVE-2026-41066; 6.1.0 does not"),
        ("lxml", "6.1.0", "6.1.0", ""),
        ("scrapy", "2.14.1", "2.14.1", "runs what a response header names: CVE-2026-105782; 2.14.2 does not"),
        ("scrapy", "2.19.0rc1", "2.19.0rc1", ""),
        ("brotli", "1.2.0", "1.2.0", "writes outside its memory: CVE-2026-111497; 1.2.1 does not"),
        ("sqlite", "3.40.1", "3.40.1 (can corrupt a WAL database with two writers; there is one at a time)", ""),
        ("nh3", "0.1", "0.1", ""),
    ],
)
def test_the_doctor_knows_faults_of_libraries(name: str, found: str, says: str, problem: str) -> None:
    assert library(name, found) == (name, says, problem)


def test_a_database_of_a_newer_version_is_refused(tickerwire: Command, archive: Path) -> None:
    with sqlite3.connect(archive / "var/tickerwire.db") as newer:
        newer.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('tickerwire', 'm999', '')")
    newer.close()
    done = tickerwire("publish")
    assert done.returncode == 4
    assert "newer Tickerwire" in done.stderr


def test_a_read_only_tree_keeps_its_files_and_says_so(tickerwire: Command, archive: Path) -> None:
    (archive / "var/public").write_text("a file where the directory should be")
    done = tickerwire("publish")
    assert done.returncode == 4
    assert "public" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named(tickerwire: Command, archive: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("serve", "run"):
            done = tickerwire(command, "--port", port)
            assert done.returncode == 2, done.stderr
            assert port in done.stderr
            assert "in use" in done.stderr
            assert "Traceback" not in done.stderr


def test_one_service_per_database(tickerwire: Command, archive: Path) -> None:
    with exclusive(service_lock(archive / "var/tickerwire.db"), "tickerwire run"):
        done = tickerwire("run", "--port", "0")
    assert done.returncode == 3
    assert "locked by tickerwire run" in done.stderr


def test_json_log_lines_are_json(archive: Path) -> None:
    (archive / "config/outlets.toml").write_text(outlet("gone", "http://127.0.0.1:9/feed"))
    place = ["--config", str(archive / "config"), "--state", str(archive)]
    command = [sys.executable, "-m", "tickerwire", *place, "--log-format", "json", "-q", "crawl", "--all"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if not line.startswith("tickerwire: ")]
    assert all(json.loads(line)["level"] for line in lines)


@pytest.mark.parametrize(
    "command", ["crawl", "publish", "status", "outlets", "feeds", "articles", "demo", "run", "serve", "doctor"]
)
def test_every_command_explains_itself(tickerwire: Command, command: str) -> None:
    done = tickerwire(command, "--help")
    assert done.returncode == 0
    assert "Usage: tickerwire" in done.stdout

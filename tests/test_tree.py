"""Writing into the published tree: whole files only, nothing outside it, and the old file after a full disk or a kill."""

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from syndicate import tree
from tests.conftest import ROOT
from tests.test_publish import files
from tickerwire.errors import StoreError


def test_replace_writes_only_differences(tmp_path: Path) -> None:
    assert tree.replace(tmp_path / "p", "a/b.json", b"one")
    before = files(tmp_path)
    assert not tree.replace(tmp_path / "p", "a/b.json", b"one")
    assert files(tmp_path) == before
    assert tree.replace(tmp_path / "p", "a/b.json", b"two")
    assert sorted(files(tmp_path)) == ["p/a/b.json", "p/a/b.json.br", "p/a/b.json.gz"]
    assert tree.replace(tmp_path / "p", "a/picture.png", b"\x89")
    assert not (tmp_path / "p/a/picture.png.gz").exists()


def test_a_variant_newer_than_its_file_is_written_again(tmp_path: Path) -> None:
    tree.replace(tmp_path, "b.json", b"one")
    packed = tmp_path / "b.json.gz"
    packed.write_bytes(gzip.compress(b"two"))
    os.utime(packed, ns=(0, (tmp_path / "b.json").stat().st_mtime_ns + 1))
    assert tree.replace(tmp_path, "b.json", b"one")
    assert gzip.decompress(packed.read_bytes()) == b"one"
    assert not tree.replace(tmp_path, "b.json", b"one")


@pytest.mark.parametrize("relative", ["../b.json", "/etc/b.json", "a/../../b.json", "", "a/.hidden", "out/b.json"])
def test_replace_never_leaves_the_root(tmp_path: Path, relative: str) -> None:
    root = tmp_path / "p"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="does not lie inside"):
        tree.replace(root, relative, b"x")
    assert not (tmp_path / "b.json").exists()


def test_the_umask_does_not_hide_files(tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        tree.replace(tmp_path / "p", "a/b.json", b"x")
    finally:
        os.umask(old)
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "p", tmp_path / "p/a", tmp_path / "p/a/b.json")] == [
        0o755,
        0o755,
        0o644,
    ]


def test_trouble_with_the_disk_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "b.json").mkdir()
    with pytest.raises(StoreError, match=r"b\.json: Is a directory; .*move it away"):
        tree.replace(tmp_path, "b.json", b"x")
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StoreError, match=r"a/b\.json: Not a directory; "):
        tree.replace(tmp_path, "a/b.json", b"x")


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A real limit of the kernel's: no file of this process may grow beyond 4 kB."""
    tree.replace(tmp_path, "b.json", b"old")
    before = files(tmp_path)
    code = (
        "import resource, signal, sys; from pathlib import Path; from syndicate import tree\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try: tree.replace(Path(sys.argv[1]), 'b.json', bytes(range(256)) * 100)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=30)
    assert done.stdout.startswith("StoreError")
    assert files(tmp_path)["b.json"] == before["b.json"]
    assert not list(tmp_path.glob(".*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from syndicate import tree
left = int(sys.argv[2])
def dies(event, _):
    global left
    if event == "os.rename":
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(dies)
tree.replace(Path(sys.argv[1]), "b.json", b"new" * 1000)
"""


@pytest.mark.parametrize("renames", [0, 1, 2])
def test_killed_before_the_rename_the_old_file_stays(tmp_path: Path, renames: int) -> None:
    tree.replace(tmp_path, "b.json", b"old")
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(renames)]
    done = subprocess.run(command, check=False, cwd=ROOT, timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "b.json").read_bytes() == b"old"
    assert len(list(tmp_path.glob(".*.tmp"))) == 1
    tree.sweep(tmp_path)
    assert not list(tmp_path.glob(".*.tmp"))
    assert tree.replace(tmp_path, "b.json", b"old") == (renames > 0)  # variants written by the killed one are not kept
    assert gzip.decompress((tmp_path / "b.json.gz").read_bytes()) == b"old"


def test_readers_see_only_whole_files(tmp_path: Path) -> None:
    versions = [json.dumps([number] * 20_000).encode() for number in range(2)]
    tree.replace(tmp_path, "b.json", versions[0])
    torn: list[int] = []
    reads = 0
    done = threading.Event()

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            plain, packed = (tmp_path / "b.json").read_bytes(), (tmp_path / "b.json.gz").read_bytes()
            if plain not in versions or gzip.decompress(packed) not in versions:
                torn.append(len(plain))
            reads += 1

    reader = threading.Thread(target=read)
    reader.start()
    deadline = time.monotonic() + 5
    for number in range(1, 41):
        assert tree.replace(tmp_path, "b.json", versions[number % 2])
        if time.monotonic() > deadline:
            break
    done.set()
    reader.join()
    assert not torn
    assert reads > 0

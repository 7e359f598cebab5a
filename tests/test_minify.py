"""The component that visitors download is small, and made of the source beside it by the pinned tool."""

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from syndicate.pages import assets
from tests.conftest import ROOT

MADE = ROOT / "syndicate/embed/ticker.min.js"
SIZE_LIMIT = 3_500  # bytes, gzip
ABSENT = r"EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT"


def test_it_is_small_and_published_as_it_is() -> None:
    assert assets()["assets/ticker-1.js"] == MADE.read_bytes()
    assert len(gzip.compress(MADE.read_bytes(), 9)) <= SIZE_LIMIT


def test_it_is_made_of_the_present_source() -> None:
    for line in (ROOT / "minify/made.sha256").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, f"{name} changed: ./run.sh ticker"


def test_the_pinned_tool_makes_the_same_bytes(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if not npm or not node:
        pytest.skip("npm is not installed: ticker.min.js is not made again (Debian: apt install npm)")
    for name in ("package.json", "package-lock.json", "minify.mjs"):
        shutil.copy(ROOT / "minify" / name, tmp_path)
    got = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if re.search(ABSENT, got.stderr):
        pytest.skip("npm's registry cannot be reached: ticker.min.js is not made again")
    assert got.returncode == 0, got.stderr
    made = tmp_path / "ticker.min.js"
    subprocess.run([node, "minify.mjs", ROOT / "syndicate/embed/ticker.js", made], cwd=tmp_path, check=True)
    assert made.read_bytes() == MADE.read_bytes()

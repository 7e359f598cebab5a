"""The wheel built from this checkout holds everything the program reads, and runs from it alone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def test_a_wheel_runs_the_demo_and_writes_the_starter(tmp_path: Path) -> None:
    built = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(place)}
        command = [sys.executable, "-m", "tickerwire", "--config", str(tmp_path / "config"), *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    where = run("init")
    assert where.returncode == 0, where.stderr
    assert (tmp_path / "config/outlets.toml").read_bytes() == (place / "tickerwire/starter/outlets.toml").read_bytes()
    demo = run("demo", "--once", "--dir", str(tmp_path / "demo"))
    assert demo.returncode == 0, demo.stderr
    assert (tmp_path / "demo/var/public/index.html").is_file()

"""Cases that once broke a promise, and a few thousand new inputs: every entrance keeps what it promises, whatever comes."""

import time
from pathlib import Path

import pytest

from tests.fuzz.mutations import CASES
from tests.fuzz.targets import TARGETS, broken, inputs

KEPT = sorted(path for path in CASES.glob("*/*") if path.is_file())
INPUTS = 3_000


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_kept_case(path: Path) -> None:
    assert broken(path.parent.name, path.read_bytes()) == ""


@pytest.mark.parametrize("name", TARGETS)
def test_new_inputs(name: str) -> None:
    seed, count = time.time_ns() % 10**9, INPUTS * TARGETS[name].share // 1_000
    for number, data in enumerate(inputs(name, range(count), seed)):
        assert broken(name, data) == "", f"input {number} of seed {seed}: {data[:2_000]!r}"

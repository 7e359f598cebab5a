"""Cases that once broke a promise, and a few thousand made inputs: every entrance keeps what it promises, whatever comes."""

import time
from pathlib import Path

import pytest

from tests.fuzz.mutations import CASES
from tests.fuzz.targets import TARGETS, broken, inputs

KEPT = sorted(path for path in CASES.glob("*/*") if path.is_file())
INPUTS, SEED = 3_000, 20261123  # the first of a million that were tried: `python -m tests.fuzz` tries others
HANGS = 15  # seconds of CPU for 6.5 kB: ten times what the slowest kept case takes


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_kept_case(path: Path) -> None:
    began = time.process_time()
    assert broken(path.parent.name, path.read_bytes()) == ""
    assert time.process_time() - began < HANGS


@pytest.mark.parametrize("name", TARGETS)
def test_made_inputs(name: str) -> None:
    for number, data in enumerate(inputs(name, range(INPUTS * TARGETS[name].share // 1_000), SEED)):
        assert broken(name, data) == "", f"input {number} of seed {SEED}: {data[:2_000]!r}"

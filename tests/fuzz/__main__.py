"""`python -m tests.fuzz --inputs 1000000`: every entrance gets its share of made inputs; what breaks a promise becomes a case."""

import argparse
import hashlib
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from tests.fuzz.mutations import CASES
from tests.fuzz.targets import TARGETS, broken, inputs

PIECE = 2_000  # inputs of one process
HANGS = 20.0  # seconds without an end to one input
SLOW = 2.0  # seconds of CPU for one input


@dataclass
class Tally:
    """What became of one target's inputs."""

    count: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, -1)  # CPU seconds, number of the input
    found: Counter[str] = field(default_factory=Counter)


def piece(name: str, numbers: range, seed: int, told: Connection) -> None:
    """A process: try the inputs of these numbers; say before each which, after each what it took and broke."""
    for number, data in zip(numbers, inputs(name, numbers, seed), strict=True):
        told.send((number, 0.0, None))
        began = time.process_time()
        fault = broken(name, data)
        took = time.process_time() - began
        told.send((number, took, fault or (f"took {took:.1f} s of CPU" if took > SLOW else "")))
    told.close()


def tried(name: str, numbers: range, seed: int) -> Iterator[tuple[int, float, str]]:
    """(number, CPU seconds, fault) of every input; one that hangs or kills its process costs that process alone."""
    while numbers:
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(target=piece, args=(name, numbers, seed, theirs))
        process.start()
        theirs.close()
        at, fault = numbers[0], ""
        try:
            while ours.poll(HANGS):
                at, took, said = ours.recv()
                if said is not None:
                    yield at, took, said
                    at += 1
            fault = "hangs"
        except EOFError:
            fault = "kills its process"
        process.kill()
        process.join()
        if at in numbers:
            yield at, HANGS, fault
        numbers = range(at + 1, numbers.stop) if at in numbers else range(0)


def smaller(name: str, data: bytes, fault: str, tries: int = 300) -> bytes:
    """`data` without what the fault does not need, as far as so many tries lead."""
    size, at = len(data) // 2, 0
    while size and tries and not fault.startswith(("hangs", "kills", "took")):
        less, tries = data[:at] + data[at + size :], tries - 1
        if broken(name, less).partition(":")[0] == fault.partition(":")[0]:
            data = less
        else:
            at += size
        if at >= len(data):
            size, at = min(size, len(data)) // 2, 0
    return data


def keep(name: str, data: bytes) -> str:
    """Write a case; its path."""
    path = CASES / name / hashlib.sha256(data).hexdigest()[:10]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return str(path)


def fuzz(name: str, count: int, seed: int) -> Tally:
    """Try so many inputs on one target; print and keep what is found, at most five of a kind."""
    tally, began = Tally(), time.monotonic()
    for start in range(0, count, PIECE):
        for number, took, fault in tried(name, range(start, min(start + PIECE, count)), seed):
            tally.count += 1
            tally.slowest = max(tally.slowest, (took, number))
            if fault:
                kind = fault[:60]
                tally.found[kind] += 1
                if tally.found[kind] <= 5:
                    data = next(iter(inputs(name, [number], seed)))
                    print(
                        f"{name} {number}: {fault[:400]}\n  kept as {keep(name, smaller(name, data, fault))}",
                        flush=True,
                    )
        tally.seconds = time.monotonic() - began
        print(f"{name}: {tally.count:,} of {count:,}, {tally.count / tally.seconds:,.0f}/s", file=sys.stderr, flush=True)
    return tally


def main(words: Sequence[str] | None = None) -> int:
    """Exit code 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    parser.add_argument("--target", choices=TARGETS, action="append")
    said = parser.parse_args(words)
    wanted = {name: TARGETS[name] for name in said.target or TARGETS}
    shares = sum(target.share for target in wanted.values())
    tallies = {name: fuzz(name, said.inputs * target.share // shares, said.seed) for name, target in wanted.items()}
    print(f"seed {said.seed}\ntarget      inputs   inputs/s  slowest (CPU ms)  findings")
    for name, tally in tallies.items():
        slowest = f"{tally.slowest[0] * 1000:,.0f} (#{tally.slowest[1]})"
        rate = tally.count / max(tally.seconds, 0.001)
        print(f"{name:10} {tally.count:8,} {rate:10,.0f} {slowest:>17} {tally.found.total():9}")
    return int(any(tally.found for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Nothing in; what hostile outlets cost a crawl and the good outlets beside them, as a printed table, out.

    ./run.sh benchmark hostile [--family delays ...]

Each row is one campaign of three crawls: a family of tests/hostile and eleven good outlets, which come last in the configuration.
`good` is when the last of these was stored, `peak` what all processes held (shared pages once). The last rows are the same crawl
without hostile outlets: with as many harmless ones in their place, and with the eleven alone.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.hostile.behaviour import Behaviour
from tests.hostile.campaign import Campaign, Crawled
from tests.hostile.families import FAMILIES
from tests.hostile.server import GOOD


def crawled(behaviours: Sequence[Behaviour], harmless: int = 0) -> list[Crawled]:
    """Three crawls."""
    with tempfile.TemporaryDirectory() as place:
        made = Campaign(Path(place), behaviours, GOOD + harmless)
        made.run()
        return made.crawls


def row(name: str, outlets: int, crawls: list[Crawled], last: Sequence[str]) -> None:
    seconds = "".join(f"{crawl.seconds:7.1f}" for crawl in crawls)
    good = "".join(f"{max(crawl.committed[outlet] for outlet in last):7.1f}" for crawl in crawls)
    print(f"{name:14}{outlets:8}  {seconds}  {good}  {max(crawl.peak for crawl in crawls) / 2**20:8.0f}", flush=True)


def main() -> None:
    """One campaign after the other."""
    parser = argparse.ArgumentParser(prog="benchmarks.hostile")
    parser.add_argument("--family", choices=FAMILIES, action="append")
    wanted = parser.parse_args().family or list(FAMILIES)
    good = [f"good-{number}" for number in range(GOOD)]
    print(f"{'':14}{'outlets':>8}  {'seconds of a pass':>21}  {'good, after s':>21}  {'peak MiB':>8}")
    for name in wanted:
        row(name, len(FAMILIES[name]), crawled(FAMILIES[name]), good)
    every = [behaviour for name in wanted for behaviour in FAMILIES[name]]
    if len(wanted) > 1:
        row("all at once", len(every), crawled(every), good)
    row("harmless", len(every), crawled([], len(every)), [f"good-{len(every) + number}" for number in range(GOOD)])
    row("good alone", 0, crawled([]), good)


if __name__ == "__main__":
    main()

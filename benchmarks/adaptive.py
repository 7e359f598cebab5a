"""Simulated outlets in; requests and freshness of the adaptive schedule against fixed intervals, as a table, out.

    python -m benchmarks.adaptive [--outlets 500]

A month after ten days of learning. Each outlet has a rate of its own (log-normal, median 8 articles a day, 1 to 200), a daily rhythm
around its own peak hour, a weekly one, and bursts; its feed lists the newest 25. The fixed interval it is held against is the one of
equal median delay. `adaptive` is the default, hourly at most; `from 5 min` is how publishers are asked who permit it.
"""

import argparse
import math
import random
from bisect import bisect_right
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import median

from tickerwire.rhythm import FLOOR, Rhythm, observe, wait

START = datetime(2026, 10, 5, tzinfo=UTC)
WARM, DAYS, LISTED = 10, 30, 25
DAY = 1440.0  # minutes, as all times here


def published(rnd: random.Random) -> list[float]:
    """The minutes at which one outlet publishes."""
    rate = min(200.0, max(1.0, math.exp(rnd.gauss(math.log(8), 1.2))))
    peak, depth, weekend = rnd.uniform(0, 24), rnd.uniform(0.4, 1.0), rnd.choice([0.2, 0.4, 0.6, 1.0])
    found: list[float] = []
    for hour in range((WARM + DAYS) * 24):
        moment = START + timedelta(hours=hour)
        daily = (1 + depth * math.cos((moment.hour - peak) / 12 * math.pi)) ** 2 / (1 + depth**2 / 2)
        weekly = weekend if moment.weekday() >= 5 else (7 - 2 * weekend) / 5
        expected = rate / 24 * daily * weekly * rnd.choice([0.5, 1.0, 1.5])
        count, floor, chance = 0, math.exp(-expected), rnd.random()
        while chance > floor:  # Poisson, by Knuth
            count, chance = count + 1, chance * rnd.random()
        found += [hour * 60 + rnd.random() * 60 for _ in range(count)]
    return sorted(found)


def adaptive(articles: list[float], soonest: timedelta) -> tuple[list[float], int, int]:
    """Delays in minutes of the month's articles, its requests, and how many articles no document ever showed."""
    rhythm, minute, seen = Rhythm(), DAY, 0
    delays: list[float] = []
    requests = missed = 0
    while minute < (WARM + DAYS) * DAY:
        now = START + timedelta(minutes=minute)
        upto = bisect_right(articles, minute)
        first, new = rhythm.seen is None, upto - seen
        shown = articles[max(seen, upto - LISTED) : upto]
        if minute >= WARM * DAY:
            requests += 1
            missed += new - len(shown)
            delays += [minute - each for each in articles[seen:upto] if each >= WARM * DAY]
        dates = [START + timedelta(minutes=each) for each in shown]
        listed = min(upto, LISTED) if new else 0  # nothing new: a 304
        rhythm = observe(rhythm, now, 0 if first else len(shown), listed, first or new < LISTED, dates)
        seen, minute = upto, minute + wait(rhythm, now, soonest) / timedelta(minutes=1)
    return delays, requests, missed


def fixed(articles: list[float], interval: float, phase: float) -> tuple[list[float], int]:
    """Delays of the month's articles when the outlet is asked every `interval` minutes, and how many were never shown."""
    month = [each for each in articles if each >= WARM * DAY]
    windows = Counter((each - phase) // interval for each in month)
    return [(phase - each) % interval for each in month], sum(max(0, n - LISTED) for n in windows.values())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--outlets", type=int, default=500)
    count = options.parse_args().outlets
    rnd = random.Random(1)
    outlets = [published(rnd) for _ in range(count)]
    print(f"{count} outlets, {sum(map(len, outlets)) / count / (WARM + DAYS):.1f} articles a day each\n")
    print(f"{'schedule':<12}{'requests/day':>14}{'median min':>12}{'p90 min':>10}{'missed':>8}")
    for interval in (10, 15, 20, 30, 45, 60, 90, 120):
        came = [fixed(each, interval, n * 7.3) for n, each in enumerate(outlets)]
        row(f"{interval} min", DAY / interval, [d for run in came for d in run[0]], sum(run[1] for run in came))
    for name, soonest in (("adaptive", FLOOR), ("from 5 min", timedelta(minutes=5))):
        runs = [adaptive(each, soonest) for each in outlets]
        delays = [delay for run in runs for delay in run[0]]
        requests = sum(run[1] for run in runs) / count / DAYS
        row(name, requests, delays, sum(run[2] for run in runs))
        equal = DAY / (2 * median(delays))  # a fixed interval's median delay is half of it
        said = "of the requests of a fixed interval of equal median delay (goal: at most 0.5)"
        print(f"{'':<12}{requests / equal:>14.2f} {said}")


def row(name: str, requests: float, delays: list[float], missed: int) -> None:
    p90 = sorted(delays)[int(0.9 * len(delays))]
    print(f"{name:<12}{requests:>14.1f}{median(delays):>12.1f}{p90:>10.1f}{missed:>8}")


if __name__ == "__main__":
    main()

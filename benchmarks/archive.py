"""Nothing in; what storing an article and finding its story cost as the archive grows, as a printed table, out.

    .venv/bin/python -m benchmarks.archive [--sizes 10000 100000 1000000] [--rows 6000]

Stories: CPU milliseconds an article to sketch it, and to file its sketch and look for copies among so many others of the same three
days (a tenth of all are copies of another). Storing: articles a CPU second through the store, with revisions, ledger, search index
and sketches, beside raw `executemany` of the same rows into the same tables, in turn.
"""

import argparse
import hashlib
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from crawler.sketch import hashed, sketch
from tickerwire.model import Entry, Identified, OutletOutcome, SourceOutcome
from tickerwire.store import Store, stories

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AUTHORITY = "news.example.org,2026"
PROBES = 1000
VOCABULARY = ["".join(Random(n).choices("abcdefghiklmnoprstuvw", k=Random(n).randint(3, 9))) for n in range(20_000)]


def prose(seed: int, words: int) -> str:
    """Words as often as in a language: the n-th a share of 1/n (Zipf)."""
    chance = Random(seed)
    return " ".join(VOCABULARY[int(20_000 ** chance.random()) - 1] for _ in range(words))


def entry(number: int) -> Entry:
    link, date = f"https://x.example/{number}", NOW - timedelta(seconds=number % 200_000)
    return Entry(link=link, title=prose(number, 8), authors=("Ann Lee",), published=date, summary=prose(number, 45), tags=("News",))


def story_costs(place: Path, sizes: list[int]) -> None:
    made = [entry(n) for n in range(PROBES)]
    began = time.process_time()
    sketches = [sketch(one.title, one.summary) for one in made]
    print(f"sketch: {1000 * (time.process_time() - began) / PROBES:.3f} ms an article")
    with Store.open(place / "stories.db") as store:
        count, chance = 0, Random(1)
        for size in sizes:
            while count < size:
                with store.transaction() as db:
                    for _ in range(min(20_000, size - count)):
                        count += 1
                        blob = hashed([chance.getrandbits(32) for _ in range(60)])
                        stories.file(db, count, f"o{count % 500}", NOW - timedelta(seconds=count % 200_000), blob)
            costs = []
            for turn in range(5):  # each undone again: the archive stays as large as it is
                store.connection.execute("begin immediate")
                began = time.process_time()
                for n, one in enumerate(sketches[turn::5]):
                    stories.join(store.db, size + 1 + n, f"p{n % 500}", made[n].title, NOW, NOW, one)
                costs.append(1000 * (time.process_time() - began) / (PROBES / 5))
                store.connection.rollback()
            held = (place / "stories.db").stat().st_size / 2**20
            print(f"{size:9,} others: {min(costs):.3f} to {max(costs):.3f} ms to file and compare one; file {held:,.0f} MiB")


def storing(place: Path, count: int) -> None:
    outcomes = []
    for outlet in range(count // 30):
        entries = [entry(outlet * 30 + n) for n in range(30)]
        found = tuple(
            Identified(
                one,
                hashlib.sha256(one.link.encode()).hexdigest()[:20],
                one.link,
                (f"u:{one.link}", f"g:{one.link}"),
                sketch(one.title, one.summary),
            )
            for one in entries
        )
        source = SourceOutcome(f"https://o{outlet}.example/feed", "feed", "ok", 200, entries=found)
        outcomes.append((OutletOutcome(f"o{outlet}", NOW, NOW, (source,), NOW + timedelta(hours=1), NOW), False))
    spent = {"store": 0.0, "executemany": 0.0}
    for turn in range(3):
        with Store.open(place / f"store{turn}.db") as store:
            began = time.process_time()
            for n in range(0, len(outcomes), 10):
                store.commit_outlets(outcomes[n : n + 10], AUTHORITY)
            took = time.process_time() - began
            spent["store"] = min(took, spent["store"] or took)
            tables = "articles seen outlets sources bands sketches settings".split()
            rows = {table: [tuple(row) for row in store.read(f"select * from {table}")] for table in tables}
            columns = "rowid, body, title, authors, tags"
            folded = store.read("select id, summary, title, authors, tags from articles")
            rows[f"articles_index ({columns})"] = [tuple(row) for row in folded]
        with Store.open(place / f"raw{turn}.db") as raw:
            began = time.process_time()
            with raw.transaction() as db:
                for table, values in rows.items():
                    db.conn.executemany(f"insert into {table} values ({', '.join('?' * len(values[0]))})", values)
            took = time.process_time() - began
            spent["executemany"] = min(took, spent["executemany"] or took)
    rates = {name: len(outcomes) * 30 / took for name, took in spent.items()}
    print(", ".join(f"{name} {rate:,.0f} articles a CPU second" for name, rate in rates.items()), end="")
    print(f": {rates['store'] / rates['executemany']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--rows", type=int, default=6_000)
    options = parser.parse_args()
    with TemporaryDirectory() as place:
        storing(Path(place), options.rows)
        story_costs(Path(place), options.sizes)


if __name__ == "__main__":
    main()

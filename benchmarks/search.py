"""Nothing in; how long a search of archives of several sizes takes until it has the newest 50, as a printed table, out.

    .venv/bin/python -m benchmarks.search [--sizes 10000 100000 1000000] [--queries 300]

Articles have 53 words, the n-th word of the language a share of 1/n (Zipf), a tenth of them was published up to a day before it was
found. Asked are single words of every frequency, and random queries of words, phrases, prefixes, OR, NOT and outlets; beside each the
same conditions with all that SQL finds sorted.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.archive import AUTHORITY, NOW, VOCABULARY, entry, prose
from tickerwire.model import Article, Identified, OutletOutcome, SourceOutcome
from tickerwire.query import Folded, Query, compile_query, parse
from tickerwire.store import Store, rows
from tickerwire.store.archive import SORTED
from tickerwire.store.narrow import SEARCH, narrow
from tickerwire.store.rows import stamp

NEWEST, STEP = 50, 20_000
CHANGED = "id guid outlet url link title summary published first_seen position".split()
Candidates = Callable[[Query], Iterator[Article]]


def found_at(number: int) -> datetime:
    return NOW - timedelta(seconds=10 * (2_000_000 - number))


def fill(store: Store, first: int, last: int, further: int = 0) -> None:
    """Articles `first` to `last`, one every ten seconds up to NOW, that say what those so much `further` on say; all else is as in the
    first."""
    chance = Random(first)
    kept = [row["name"] for row in store.read("pragma table_info(articles)") if row["name"] not in CHANGED]
    values, others = ", ".join(f":{name}" for name in CHANGED), ", ".join(kept)
    made, indexed = [], []
    for number in range(first, last + 1):
        found, said = found_at(number), number + further
        date = stamp(found - timedelta(seconds=chance.randrange(86_400)) if said % 10 == 0 else found)
        title, summary, link = prose(said, 8), prose(-said, 45), f"https://x.example/{number}"
        told = (number, f"tag:{number}", f"o{said % 200}", link, link, title, summary, date, stamp(found), date)
        made.append(dict(zip(CHANGED, told, strict=True)))
        indexed.append((number, title, summary, "", ""))
    with store.transaction() as db:
        db.conn.executemany(
            f"insert into articles ({', '.join(CHANGED)}, {others}) select {values}, {others} from articles where id = 1", made
        )
        db.conn.executemany("insert into articles_fts (rowid, title, body, authors, tags) values (?, ?, ?, ?, ?)", indexed)


def template(store: Store) -> None:
    one = entry(1)
    found = Identified(one, "a" * 20, one.link, (f"u:{one.link}",))
    source = SourceOutcome("https://x.example/f", "feed", "ok", 200, entries=(found,))
    first = NOW - timedelta(days=300)
    store.commit_outlets([(OutletOutcome("o0", first, first, (source,), first, first), False)], AUTHORITY)


def random_query(chance: Random) -> str:
    def word() -> str:
        return VOCABULARY[int(20_000 ** chance.random()) - 1]

    forms = [
        lambda: f"{word()} {word()}",
        lambda: f"{word()} OR {word()}",
        lambda: f"{word()} -{word()}",
        lambda: f'"{word()} {word()}"',
        lambda: f"{word()[:3]}*",
        lambda: f"title:{word()}",
        lambda: f"{word()} outlet:o{chance.randrange(200)}",
        lambda: f"{word()} age:<{chance.randint(1, 60)}d",
        lambda: f"({word()} OR {word()}) {word()} NOT {word()}",
    ]
    return chance.choice(forms)()


def measured(queries: list[str], candidates: Candidates) -> list[float]:
    """Milliseconds of each query, least first, until the newest 50 are there or there are no more."""
    spent = []
    for text in queries:
        began = time.perf_counter()
        query = parse(text)
        belongs = compile_query(query)
        for _ in islice((one for one in candidates(query) if belongs(Folded(one), NOW)), NEWEST):
            pass
        spent.append(1000 * (time.perf_counter() - began))
    return sorted(spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=300)
    options = parser.parse_args()
    words = [VOCABULARY[n] for n in sorted({int(20_000 ** (n / options.queries)) - 1 for n in range(options.queries)})]
    chance = Random(1)
    mixed = [random_query(chance) for _ in range(options.queries)]
    with TemporaryDirectory() as place, Store.open(Path(place) / "search.db") as store:
        template(store)
        count = 1
        parse("warm")

        def sorting(query: Query) -> Iterator[Article]:
            search, since, (where, values) = narrow(query, NOW)
            found = SORTED.format(f"{where} and {SEARCH}" if search else where)
            return map(rows.article, store.stream(found, (*values, *[search] * bool(search), since)))

        for size in options.sizes:
            while count < size:
                fill(store, count + 1, min(count + STEP, size))
                count = min(count + STEP, size)
            for name, queries in (("words", words), ("mixed", mixed)):
                for how, candidates in (("as found", lambda query: store.candidates(query, NOW)), ("sorted", sorting)):
                    spent = measured(queries, candidates)
                    at = [spent[int(len(spent) * share)] for share in (0.5, 0.9, 0.99)]
                    figures = f"median {at[0]:.1f}, p90 {at[1]:.1f}, p99 {at[2]:.1f}, most {spent[-1]:.1f} ms"
                    print(f"{size:9,} articles, {name} {how:8}: {figures}", flush=True)
    print(f"measured {datetime.now(UTC):%Y-%m-%d}")


if __name__ == "__main__":
    main()

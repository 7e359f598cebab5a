"""Nothing in; how long each kind of search of an archive takes until it has the newest 50, as a printed table, out.

    .venv/bin/python -m benchmarks.search [--articles 1000000] [--queries 40] [--database FILE] [--only KIND ...]

A million articles take some ten minutes to write: with --database they are kept in that file and used again. A search is cut after
two seconds, as `/search` cuts it; how many were is told. Milliseconds of CPU, since others may share the machine; nothing is read
from disk once the archive is in memory. `benchmarks/million.py` describes the articles.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.archive import NOW, VOCABULARY
from benchmarks.million import HAN, fill, lexicon
from tickerwire.query import Folded, compile_query, parse
from tickerwire.store import Archive, Store

NEWEST, SECONDS = 50, 2.0
LISTS = {"many": [*VOCABULARY[3_000:3_500]]}
Form = Callable[[Random, Archive], str]


def word(chance: Random, first: int = 1, last: int = 20_000, language: str = "en") -> str:
    """A word from the first-th to the last-th most frequent, the frequent ones as often as they are written."""
    known = VOCABULARY if language == "en" else lexicon(language)
    return known[min(int(first * (last / first) ** chance.random()), len(known)) - 1]


def said(chance: Random, archive: Archive, column: str, where: str = "1") -> str:
    """What some article says."""
    count = archive.read("select max(id) from articles")[0][0]
    sql = f"select {column} from articles where id >= ? and {where} order by id limit 1"
    return str(archive.read(sql, (chance.randint(2, count - 20_000 if count > 40_000 else 2),))[0][0])


def some(chance: Random, archive: Archive, length: int, column: str = "summary", where: str = "language = 'en'") -> str:
    words = said(chance, archive, column, where).split()
    start = chance.randrange(len(words) - length)
    return " ".join(words[start : start + length])


def part(chance: Random, archive: Archive, language: str, length: int) -> str:
    """Some letters that follow each other in a language without spaces."""
    run = max(said(chance, archive, "summary", f"language = '{language}'").replace("，", " ").split(), key=len)
    start = chance.randrange(len(run) - length)
    return run[start : start + length]


def apart(one: str, begin: str) -> str:
    """One word without those that begin so; a query that no article can meet is refused."""
    return f"{one} -{begin}*" if not one.startswith(begin) else one


UNKNOWN = "regex, part of a rare word"  # the one kind of clause of which no index knows anything
KINDS: dict[str, Form] = {
    "word, 20 most frequent": lambda c, _: word(c, 1, 20),
    "word, to 200th": lambda c, _: word(c, 20, 200),
    "word, to 2,000th": lambda c, _: word(c, 200, 2_000),
    "word, rarer": lambda c, _: word(c, 2_000),
    "word nobody wrote": lambda c, _: f"{word(c)}q{word(c)}",
    "two words": lambda c, _: f"{word(c)} {word(c)}",
    "three rare words": lambda c, _: " ".join(word(c, 2_000) for _ in range(3)),
    "either word": lambda c, _: f"{word(c)} OR {word(c)}",
    "word NOT word": lambda c, _: f"{word(c)} -{word(c)}",
    "words, OR, NOT": lambda c, _: f"({word(c)} OR {word(c)}) {word(c)} NOT ({word(c)} OR {word(c)})",
    "list of 500 words": lambda c, _: f"@many -{word(c)}",
    "phrase that stands": lambda c, a: f'"{some(c, a, 2)}"',
    "phrase of 4 that stands": lambda c, a: f'"{some(c, a, 4)}"',
    "phrase, frequent words": lambda c, _: f'"{word(c, 1, 50)} {word(c, 1, 50)} {word(c, 1, 50)}"',
    "prefix of 1": lambda c, _: f"{word(c)[:1]}*",
    "prefix of 2": lambda c, _: f"{word(c)[:2]}*",
    "prefix of 3": lambda c, _: f"{word(c)[:3]}*",
    "prefix of 4": lambda c, _: f"{word(c)[:4]}*",
    "prefix of 5": lambda c, _: f"{word(c)[:5]}*",
    "word and prefix": lambda c, _: f"{word(c)} {word(c)[: c.randint(2, 4)]}*",
    "title: prefix": lambda c, _: f"title:{word(c)[: c.randint(2, 4)]}*",
    "NOT prefix of 2": lambda c, _: f"-{word(c)[:2]}*",
    "word NOT prefix of 3": lambda c, _: apart(word(c), word(c)[:3]),
    "title: or body: word": lambda c, _: f"{c.choice(('title', 'body'))}:{word(c)}",
    "author:, tag:, section:": lambda c, _: c.choice(
        ("author:lee", "tag:news", "section:weather", "category:sport", f"author:{word(c)}")
    ),
    "outlet:": lambda c, _: f"outlet:o{c.randrange(200)}",
    "outlet: of 50 articles": lambda _, __: "outlet:quiet",
    "word outlet:": lambda c, _: f"{word(c)} outlet:o{c.randrange(16, 200)}",
    "lang:": lambda c, _: f"lang:{c.choice(('en', 'zh', 'is', 'fo', 'fr'))}",
    "word lang: of 50 articles": lambda c, _: f"{word(c)} lang:fo",
    "NOT lang:en": lambda _, __: "-lang:en",
    "word age:<": lambda c, _: f"{word(c)} age:<{c.randint(116, 220)}d",
    "word age:>": lambda c, _: f"{word(c)} age:>{c.randint(116, 220)}d",
    "published: days": lambda c, _: f"published:{day(c, 190, 230)}..{day(c, 120, 190)}",
    "word published: a day": lambda c, _: f"{word(c)} published:{day(c, 116, 230)}",
    "published: to come": lambda _, __: "published:2027-01-01..",
    "word OR age:<": lambda c, _: f"{word(c)} OR age:<{c.randint(1, 120)}d",
    "has:, is:": lambda c, _: c.choice(("has:image", "-has:image", "is:urgent", "is:pinned OR is:urgent", f"is:urgent {word(c)}")),
    "Chinese, 1 letter": lambda c, _: HAN[int(2_500 ** c.random()) - 1],
    "Chinese, 2 letters": lambda c, a: part(c, a, "zh", 2),
    "Chinese, 3 to 5 letters": lambda c, a: part(c, a, "zh", c.randint(3, 5)),
    "Thai word": lambda c, _: word(c, language="th"),
    "Thai, 8 letters": lambda c, a: part(c, a, "th", 8),
    "Hindi word": lambda c, _: word(c, language="hi"),
    "NOT rare": lambda c, _: f"-{word(c, 2_000)}",
    "NOT frequent": lambda c, _: f"-({word(c, 1, 5)} OR {word(c, 1, 20)})",
    "NOT Chinese": lambda c, _: f"{word(c)} -{HAN[int(100 ** c.random()) - 1]}",
    "x NOT x": lambda c, _: "{0} NOT {0}".format(word(c, 1, 5)),
    "x NOT (x OR y)": lambda c, _: "{0} {1} NOT ({0} OR {1})".format(word(c, 1, 5), word(c, 5, 10)),
    "frequent, never meet": lambda c, _: f"{word(c, 1, 20)} lang:{c.choice(('zh', 'th'))}",
    "url: section": lambda c, _: f"url:/{c.choice(('world', 'sport', 'weather'))}/",
    "url: of one article": lambda c, a: f'url:"{said(c, a, "link")[-30:]}"',
    "url: nobody has": lambda c, _: f"url:{word(c, 2_000)}/q{word(c, 2_000)}",
    "outlet: url:": lambda c, _: f"outlet:o{c.randrange(200)} url:/weather/",
    "guid: of one article": lambda c, a: f"guid:{said(c, a, 'guid')[-12:]}",
    "word url: section": lambda c, _: f"{word(c)} url:/{c.choice(('world', 'sport', 'weather'))}/",
    "NOT url: section": lambda c, _: f"-url:/{c.choice(('world', 'sport', 'weather'))}/",
    "word OR url: of one": lambda c, a: f'{word(c, 2_000)} OR url:"{said(c, a, "link")[-30:]}"',
    "story:size>": lambda c, _: f"story:size>{c.randint(1, 9)}",
    "word story:size>": lambda c, _: f"{word(c)} story:size>{c.randint(1, 6)}",
    "regex, frequent": lambda c, _: f"/{word(c, 1, 20)}[a-z]* /",
    "word and regex": lambda c, _: f"{word(c, 200)} /^[a-m].*{word(c, 1, 50)}/",
    "regex, rare words": lambda c, _: f"/{word(c, 10_000)}. {word(c, 10_000)}/",
    UNKNOWN: lambda c, _: f"/{word(c, 10_000)[1:]}q/",
}


def day(chance: Random, first: int, last: int) -> str:
    """Between so many days ago."""
    return f"{NOW - timedelta(days=chance.randint(first, last)):%Y-%m-%d}"


def spent(text: str, archive: Archive) -> float:
    """Milliseconds of this process's time until the newest 50 are there, there are no more, or the time is up."""
    began = time.process_time()
    query = parse(text, LISTS)
    belongs, found = compile_query(query), 0
    for one in archive.candidates(query, NOW):
        found += belongs(Folded(one), NOW)
        if found == NEWEST or time.process_time() - began > SECONDS:
            break
    return 1000 * (time.process_time() - began)


def figures(times: list[float]) -> str:
    times = sorted(times)
    at = [times[int(len(times) * share)] for share in (0.5, 0.9, 0.99)]
    cut = sum(one > 1000 * SECONDS for one in times)
    return f"{at[0]:9.1f} {at[1]:9.1f} {at[2]:9.1f} {times[-1]:9.1f}" + f"   {cut} of {len(times)} took over 2 s" * bool(cut)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    with TemporaryDirectory() as place:
        file = options.database or Path(place) / "search.db"
        with Store.open(file) as store:
            fill(store, options.articles)
        every: dict[str, list[float]] = {}
        print(f"{'':26}{'median':>10}{'p90':>10}{'p99':>10}{'most':>10}")
        with Archive.open(file) as archive:
            parse("warm up")
            for kind, form in KINDS.items():
                if options.only and not any(one in kind for one in options.only):
                    continue
                chance = Random(kind)
                times = [spent(form(chance, archive), archive) for _ in range(options.queries)]
                every[kind] = times
                print(f"{kind:26} {figures(times)}", flush=True)
        print(f"{'all of these':26} {figures([*chain(*every.values())])}")
        every.pop(UNKNOWN, None)
        print(f"{'all but the last':26} {figures([*chain(*every.values())])}")
    print(f"measured {datetime.now(UTC):%Y-%m-%d}, {options.articles:,} articles")


if __name__ == "__main__":
    main()

"""A size in; an archive of so many articles as searches are measured in, kept for the next time where a place is given, out.

Articles have 53 words, the n-th word of the language a share of 1/n (Zipf). A tenth was published up to a day before it was
found. Of 200 outlets ten write Chinese, four Thai, two Hindi, one Icelandic, the others English; one article in 20,000 is of an
outlet that writes Faroese. A fifth are copies of one of the 600 articles before, of the nearest most often.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random

from benchmarks.archive import AUTHORITY, NOW, entry, prose
from tickerwire.model import Identified, OutletOutcome, SourceOutcome
from tickerwire.store import Store, index
from tickerwire.store.rows import stamp

STEP = 20_000
CHANGED = "id guid source_guid outlet language section url link title summary image published first_seen position story".split()
SECTIONS = ("world", "politics", "business", "sport", "culture", "science", "weather", "opinion")
HAN = [chr(0x4E00 + 7 * n) for n in range(2_500)]
THAI_HEADS, THAI_VOWELS, THAI_TONES = "กขคงจชซดตถทนบปผพมยรลวสหอ", ["", "า", "ิ", "ี", "ุ", "ู", "ะ", "ั"], ["", "", "่", "้"]
HINDI_HEADS, HINDI_VOWELS = "कखगचजटडतदनपबमयरलवशसह", ["", "", "ा", "ि", "ी", "ु", "े", "ो", "ं"]


@cache
def lexicon(language: str) -> list[str]:
    """20,000 words, or 5,000 of a language other than English, most frequent first."""
    chance = Random(language)
    if language == "zh":
        return [
            "".join(HAN[int(2_500 ** chance.random()) - 1] for _ in range(chance.choice((1, 2, 2, 2, 3)))) for _ in range(5_000)
        ]
    if language == "th":
        parts = (THAI_HEADS, THAI_VOWELS, THAI_TONES, ["", "", *"กงนมย"])
        return ["".join(chance.choice(part) for _ in range(chance.randint(1, 3)) for part in parts) for _ in range(5_000)]
    return [
        "".join(chance.choice(p) for _ in range(chance.randint(2, 4)) for p in (HINDI_HEADS, HINDI_VOWELS)) for _ in range(5_000)
    ]


def foreign(language: str, seed: int, words: int) -> str:
    """Chinese and Thai without spaces but after every twelfth word."""
    chance, known = Random(seed), lexicon(language)
    said = [known[int(len(known) ** chance.random()) - 1] for _ in range(words)]
    if language == "hi":
        return " ".join(said)
    return ("，" if language == "zh" else " ").join("".join(said[n : n + 12]) for n in range(0, words, 12))


def outlet(number: int) -> tuple[str, str]:
    """Who published the article, and its language."""
    if number % 20_000 == 77:
        return "quiet", "fo"
    place = number % 200
    return f"o{place}", "zh" if place < 10 else "th" if place < 14 else "hi" if place < 16 else "is" if place == 16 else "en"


def found_at(number: int) -> datetime:
    return NOW - timedelta(seconds=10 * (2_000_000 - number))


def story(number: int, chance: Random) -> int:
    """The first article of the story that the article belongs to, 0 for its own."""
    if number % 5 or number < 700:
        return 0
    before = number - 1 - int(600 ** chance.random())
    return before - (before % 5 == 0)


def rows(first: int, last: int, further: int = 0) -> Iterator[dict[str, object]]:
    """The columns in which articles `first` to `last` differ from article 1: one every ten seconds up to NOW, each saying what that so
    much `further` on says."""
    chance = Random(first)
    for number in range(first, last + 1):
        found, said = found_at(number), number + further
        date = stamp(found - timedelta(seconds=chance.randrange(86_400)) if said % 10 == 0 else found)
        who, language = outlet(said)
        told = partial(foreign, language) if language in ("zh", "th", "hi") else prose
        title, summary = told(said, 8), told(-said, 45)
        section = SECTIONS[int(len(SECTIONS) ** chance.random()) - 1]
        link = f"https://www.{who}.example/{section}/{date[:10].replace('-', '/')}/{'-'.join(prose(said, 4).split())}-{number}.html"
        image = f"{link[:-5]}.jpg" if number % 3 else ""
        values = (number, f"tag:{AUTHORITY}:{who}/{Random(number).getrandbits(80):020x}", link, who, language, section, link, link)
        told_before = story(number, chance)
        yield dict(zip(CHANGED, (*values, title, summary, image, date, stamp(found), date, told_before), strict=True))


def template(store: Store) -> None:
    one = entry(1)
    found = Identified(one, "a" * 20, one.link, (f"u:{one.link}",))
    source = SourceOutcome("https://x.example/f", "feed", "ok", 200, entries=(found,))
    first = NOW - timedelta(days=300)
    store.commit_outlets([(OutletOutcome("o1", first, first, (source,), first, first), False)], AUTHORITY)


def add(store: Store, first: int, last: int, further: int = 0) -> None:
    """Articles `first` to `last`, as `rows` has them, in one transaction."""
    others = ", ".join(row["name"] for row in store.read("pragma table_info(articles)") if row["name"] not in CHANGED)
    values = ", ".join(f":{name}" for name in CHANGED)
    same = dict(store.read(f"select {index.COLUMNS} from articles where id = 1")[0])
    made = list(rows(first, last, further))
    with store.transaction() as db:
        db.conn.executemany(
            f"insert into articles ({', '.join(CHANGED)}, {others}) select {values}, {others} from articles where id = 1", made
        )
        for one in made:
            index.put(db, int(str(one["id"])), same | one)


def fill(store: Store, count: int) -> None:
    """Make an archive one of `count` articles; what is there already stays."""
    made = store.read("select max(id) from articles")[0][0] or 0
    if not made:
        template(store)
    for first in range(max(made, 1) + 1, count + 1, STEP):
        add(store, first, min(first + STEP - 1, count))

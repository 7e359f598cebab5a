"""What extraction reaches on pages of many layouts and languages, held to a floor that only rises (tests/pages_data/floor.json)."""

import json
from collections import Counter, defaultdict
from datetime import datetime
from functools import cache
from statistics import fmean

import pytest

from crawler.extract import extract
from tests.made_pages import DATA, URL, article, languages, made, templates

FLOOR = DATA / "floor.json"
FIELDS = ("title", "authors", "date", "body", "language")
SHINGLE = 8  # characters: the same measure for scripts with and without blanks between words
WORTH_RAISING = 0.005
LAYOUTS = [*(("layouts", name) for name in templates("layouts")), *(("themes", name) for name in templates("themes"))]
GROUPS = ["all", *languages(), *("/".join(layout) for layout in LAYOUTS)]


def shingles(text: str) -> Counter[str]:
    folded = " ".join(text.split())
    return Counter(folded[at : at + SHINGLE] for at in range(max(1, len(folded) - SHINGLE + 1)))


def agreement(one: Counter[str], other: Counter[str]) -> float:
    """F1 of two bags."""
    return 2 * (one & other).total() / ((one.total() + other.total()) or 1)


def scores(kind: str, layout: str, language: str, number: int) -> dict[str, float]:
    """Each field's score on one page. In turn a page has JSON-LD, OpenGraph, or what readers see and no more."""
    told = article(language)
    found = extract(made(kind, layout, language, number % 3 == 0, number % 3 == 1), URL)
    return {
        "title": float(found.title == told["title"]),
        "authors": agreement(Counter(found.authors), Counter([told["author"]])),
        "date": float(found.published == datetime.fromisoformat(told["published"])),
        "body": agreement(shingles(found.text), shingles("\n".join(told["paragraphs"]))),
        "language": float(found.language == language),
    }


@cache
def reached() -> dict[str, dict[str, float]]:
    """Mean scores over all pages, for each layout and for each language."""
    groups: defaultdict[str, list[dict[str, float]]] = defaultdict(list)
    for row, (kind, layout) in enumerate(LAYOUTS):
        for column, language in enumerate(languages()):
            page = scores(kind, layout, language, row + column)
            for group in ("all", f"{kind}/{layout}", language):
                groups[group].append(page)
    return {group: {field: fmean(page[field] for page in pages) for field in FIELDS} for group, pages in sorted(groups.items())}


def recorded() -> dict[str, dict[str, float]]:
    floor: dict[str, dict[str, float]] = json.loads(FLOOR.read_text())
    return floor


def test_there_are_many_layouts_and_languages() -> None:
    assert len(templates("layouts")) >= 12
    assert set(languages()) >= set("ar de en es fr he hi ja ru th zh".split())
    assert sorted(recorded()) == sorted(GROUPS)


@pytest.mark.parametrize("group", GROUPS)
def test_extraction_stays_on_its_floor_and_the_floor_follows_it(group: str) -> None:
    """Recorded anew by `python -m tests.test_floor`; lower it for no reason but a page of tests/pages_data that was wrong."""
    floor, now = recorded()[group], reached()[group]
    fallen = {field: (score, floor[field]) for field, score in now.items() if score < floor[field]}
    risen = {field: (score, floor[field]) for field, score in now.items() if score > floor[field] + WORTH_RAISING}
    assert fallen == {}, f"{group} fell below its floor (now, floor)"
    assert risen == {}, f"{group} is better than its floor (now, floor): raise it with `python -m tests.test_floor`"


def record() -> None:
    """Raise the floor to what is reached now, rounded down; what is lower now than it was stays as recorded."""
    before = recorded() if FLOOR.exists() else {}
    floor = {
        group: {field: max(int(score * 10_000) / 10_000, before.get(group, {}).get(field, 0)) for field, score in fields.items()}
        for group, fields in reached().items()
    }
    FLOOR.write_text(json.dumps(floor, indent=1) + "\n")


if __name__ == "__main__":
    record()

"""A template and an article of tests/pages_data in; the page a site would have made of them, the same at every run, out."""

import json
import re
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tests.conftest import ROOT

DATA = ROOT / "tests/pages_data"
SITE = "https://www.estuary.example"
URL = f"{SITE}/stories/4321/"
SENTENCE = re.compile(r"(?<=[.!?؟])\s|(?<=[。।])\s*|\s(?=[\u0e00-\u0e7f])")  # Thai puts a blank, and no stop, between clauses


@cache
def article(language: str) -> dict[str, Any]:
    """The article in `language`, with the words a site in that language puts around it."""
    found: dict[str, Any] = json.loads((DATA / f"articles/{language}.json").read_text("utf-8"))
    return found


def languages() -> list[str]:
    return sorted(path.stem for path in DATA.glob("articles/*.json"))


def templates(kind: str) -> list[str]:
    return sorted(path.stem for path in DATA.glob(f"{kind}/*.html") if not path.stem.startswith("_"))


def day(moment: str, language: str) -> str:
    """A day as readers see it."""
    when = datetime.fromisoformat(moment)
    return f"{when:%B} {when.day}, {when.year}" if language == "en" else f"{when:%d.%m.%Y}"


def clutter(told: dict[str, Any]) -> list[str]:
    """What no reader of the article alone may see: every text of the page that is not the article's."""
    around = [head for _, head in told["others"]] + [day(when, told["language"]) for when, _ in told["others"]]
    spoken = [text for _, text in told["comments"]] + [told["about"], told["bio"]]
    # Labels of one short word ("By") may well stand in the text.
    return around + spoken + [label for label in told["labels"].values() if len(label) > 9] + ["420", "348"]


def structured(told: dict[str, Any]) -> str:
    """The graph that the usual plugins write."""
    nodes: list[dict[str, Any]] = [
        {
            "@type": "Article",
            "@id": f"{URL}#article",
            "isPartOf": {"@id": URL},
            "author": {"name": told["author"], "@id": f"{SITE}/#/schema/person/1"},
            "headline": told["title"],
            "datePublished": told["published"],
            "dateModified": told["published"],
            "mainEntityOfPage": {"@id": URL},
            "publisher": {"@id": f"{SITE}/#organization"},
            "image": {"@id": f"{URL}#primaryimage"},
            "articleSection": [told["section"]],
            "inLanguage": told["locale"].replace("_", "-"),
        },
        {
            "@type": "WebPage",
            "@id": URL,
            "url": URL,
            "name": f"{told['title']} - {told['site']}",
            "datePublished": told["published"],
        },
        {"@type": "ImageObject", "@id": f"{URL}#primaryimage", "url": f"{SITE}/wp-content/uploads/lead.jpg"},
        {"@type": "WebSite", "@id": f"{SITE}/#website", "url": f"{SITE}/", "name": told["site"]},
        {"@type": "Organization", "@id": f"{SITE}/#organization", "name": told["site"]},
        {"@type": "Person", "@id": f"{SITE}/#/schema/person/1", "name": told["author"]},
    ]
    return json.dumps({"@context": "https://schema.org", "@graph": nodes}, ensure_ascii=False)


def made(kind: str, template: str, language: str, ld: bool, og: bool) -> str:
    """The page. Its pull quotes are sentences of the text, its share count is 420."""
    told = article(language)
    place = Environment(loader=FileSystemLoader([DATA / kind, DATA]), undefined=StrictUndefined, autoescape=False)  # our own texts
    place.globals["separator"] = ""
    sentences = [[part for part in SENTENCE.split(text) if part] for text in told["paragraphs"]]
    return place.get_template(f"{template}.html").render(
        a=told,
        l=told["labels"],
        paragraphs=told["paragraphs"],
        pull=sentences[4][0],
        pulls=[sentences[4][0], sentences[1][1], sentences[2][0]],
        day=lambda moment: day(moment, language),
        jsonld=structured(told),
        url=URL,
        root=SITE,
        ld=ld,
        og=og,
    )

"""The invented stories and a moment in; what a sample outlet lists then, and the bytes of its feed and pages, out."""

import re
from datetime import datetime, timedelta
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic.dataclasses import dataclass

from tickerwire.tables import table

AGES = (7, 26, 58, 95, 150, 230, 340, 520)  # minutes before the start
STAGGER = 4  # minutes by which the outlets differ, so that their headlines mix
HTML = "text/html; charset=utf-8"
TEMPLATES = Environment(loader=PackageLoader("tickerwire.demo"), autoescape=True, undefined=StrictUndefined)
TEMPLATES.filters["rfc822"] = format_datetime
TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}


@dataclass(frozen=True, slots=True)
class Story:
    """One invented article; `number` counts within its outlet, `date` is aware UTC, `path` starts with a slash."""

    number: int
    section: str
    title: str
    author: str
    paragraphs: tuple[str, ...]
    date: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One sample outlet: who it is, the path, media type and template of its feed, and the section, headline and paragraphs of
    everything it will ever report."""

    id: str
    kind: str
    feed: str
    media_type: str
    template: str
    name: str
    tagline: str
    language: str
    authors: tuple[str, ...]
    update: str
    stories: tuple[tuple[str, ...], ...]

    def story(self, number: int, date: datetime) -> Story:
        """Its story with this number, counted from 0; when all have been told, the later ones return as numbered updates."""
        told = len(self.stories)
        later = told - len(AGES)
        section, title, *paragraphs = self.stories[number if number < told else len(AGES) + (number - told) % later]
        if number >= told:
            mark = self.update.format((number - told) // later + 2)
            title, paragraphs = f"{title} ({mark})", [f"{mark}: {paragraphs[0]}", *paragraphs[1:]]
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        path = f"/{date:%Y/%m}/{slug}/" if self.kind == "wordpress" else f"/news/{number}-{slug}".rstrip("-")
        return Story(number, section, title, self.authors[number % len(self.authors)], tuple(paragraphs), date, path)

    def first(self, now: datetime, place: int) -> tuple[Story, ...]:
        """What it lists at the start, newest first; `place` staggers the outlets."""
        ages = enumerate(AGES if self.stories else ())
        return tuple(self.story(number, now - timedelta(minutes=age + STAGGER * place)) for number, age in ages)


def papers() -> tuple[Paper, ...]:
    """All sample outlets in the order of their ports."""
    return tuple(Paper(**entry) for entry in table("tickerwire.demo", "stories")["outlet"])


def page(paper: Paper, stories: tuple[Story, ...], base: str, path: str) -> tuple[str, bytes] | None:
    """Media type and body of `path` at the outlet whose address is `base`; nothing when it has no such page."""
    if path == "/robots.txt":
        return "text/plain; charset=utf-8", b"User-agent: *\nAllow: /\n"
    told = {story.path: story for story in stories}
    article = "wordpress.html" if paper.kind == "wordpress" else "article.html"
    templates = dict.fromkeys(told, article) | {"/": "front.html", paper.feed: paper.template}
    if path not in templates:
        return None
    text = render(templates[path], paper=paper, stories=stories, story=told.get(path), base=base)
    return (paper.media_type if path == paper.feed else HTML), text.encode()


def render(name: str, **values: object) -> str:
    """The template of this name, filled in."""
    return TEMPLATES.get_template(name).render(values)

"""A listed entry and what its page said in; one entry, field by field the more trusted of both, out."""

from dataclasses import replace
from datetime import UTC
from typing import Any

from crawler.clean import shorten
from crawler.extract import Page
from tickerwire.model import Entry

SUMMARY = 1_000  # characters


def merge(entry: Entry, page: Page) -> Entry:
    """`entry` with what `page` adds. What the feed says stands: title, dates, authors, image, tags, section.

    The page's body replaces a shorter one; its language, read off that text, replaces what the feed as a whole declares.
    """
    offers: dict[str, Any] = {name: getattr(page, name) for name in ("title", "authors", "section", "tags", "image")}
    dates = {name: moment for name in ("published", "updated") if (moment := getattr(page, name))}
    offers |= {name: moment.astimezone(UTC).replace(microsecond=0) for name, moment in dates.items()}
    taken = {key: value for key, value in offers.items() if value and not getattr(entry, key)}
    if len(page.text) > len(entry.text):
        taken |= {"text": page.text, "content_html": page.content_html}
    other = page.language.partition("-")[0] != entry.language.partition("-")[0]  # "en" and "en-GB" are one language
    if page.language and ((other and page.provenance.get("language") == "text") or not entry.language):
        taken["language"] = page.language
    if not entry.summary and page.text:
        taken["summary"] = shorten(" ".join(page.text.split()), SUMMARY)
    origins = {key: page.provenance.get("text" if key == "summary" else key, "dom") for key in taken}
    return replace(entry, **taken, provenance={**entry.provenance, **origins})

"""The HTML of an article page and its address in; a `Page` out, each field from the most trusted evidence that has it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from crawler.clean import absolute, fold, names, paragraphs, parsed, plain, sanitised, sound
from crawler.extract.body import read_body
from crawler.extract.jsonld import Said, read_jsonld
from crawler.extract.meta import byline, read_dom, read_meta, robots
from crawler.extract.titles import agreed, headline, host_names, key_of
from crawler.read.dates import bounded, written
from crawler.read.item import CONTENT, distinct, language_tag
from crawler.read.selectors import elements
from crawler.read.text import decoded
from tickerwire.config import PageRules
from tickerwire.model import Entry

UNDATED = datetime(9998, 1, 1, tzinfo=UTC)  # "fetched" when nobody knows: clamps nothing
RULES = PageRules()  # none
LARGEST = 30_000  # elements; a news page has hundreds to thousands, and 50,000 paragraphs take 12 s
TICKER = re.compile(r"(?:^|[\s_-])(?:news)?tickers?(?:$|[\s_-])", re.IGNORECASE)
TELLING = 2_000  # characters that tell a text's language; a whole one takes 14 ms
DETECTABLE = 60  # characters of text below which a language is not guessed


@dataclass(frozen=True, slots=True)
class Page(Entry):
    """What an article page said: plain text, sanitised HTML, absolute addresses, aware dates with the offset the page wrote, the
    page's own directives (`robots`). Its `provenance` names each set field's origin: json-ld, meta, dom, trafilatura, text or url."""

    robots: frozenset[str] = frozenset()


def extract(html: bytes | str, url: str) -> Page:
    """The article on the page `html` (bytes are decoded by BOM, then what the page declares) found at `url`."""
    return read_page(html, url, "", UNDATED)


def read_page(
    html: bytes | str, url: str, content_type: str, fetched: datetime, timezone: str = "UTC", rules: PageRules = RULES
) -> Page:
    """`extract` for a response: decoded with its content type, dates read in `timezone` (IANA) and clamped to `fetched` (UTC), and
    as the operator's `rules` say. A page without any text is an empty `Page`, never an error. Raises Unreadable for a selector
    that is none."""
    tree = parsed(sound(decoded(html, content_type) if isinstance(html, bytes) else html))
    if tree is None:
        return Page(url, "")
    if tree.xpath("count(//*)") > LARGEST:
        return Page(url, "", robots=robots(tree))
    structured = read_jsonld(tree, url)
    drop_tickers(tree)
    stated = tuple(one if isinstance(one, str) else byline(one) for one in selected(tree, "byline", rules.byline))
    for one in (each for selector in rules.strip for each in selected(tree, "strip", selector)):
        if isinstance(one, HtmlElement) and one.getparent() is not None:
            one.drop_tree()
    evidence = {"rules": Said(authors=stated), "json-ld": structured, "meta": read_meta(tree), "dom": read_dom(tree)}
    values, sources = assembled(evidence, url, fetched, timezone)
    if not {"authors", "published"} <= values.keys():
        evidence |= {"trafilatura": guessed(tree, url), "url": Said(published=tuple(days(url)))}
        values, sources = assembled(evidence, url, fetched, timezone)
    if "authors" not in values and (outlet := [(found, one) for one, said in evidence.items() if (found := persons(said.authors))]):
        values["authors"], sources["authors"] = outlet[0]  # the outlet's own name, where nobody else is named
    directives = robots(tree)
    if chosen := [one for one in selected(tree, "body", rules.body) if isinstance(one, HtmlElement)]:
        content = "".join(etree.tostring(one, encoding="unicode", method="html", with_tail=False) for one in chosen)
        text, origin = paragraphs(content), "rules"
    else:
        text, content, origin = read_body(tree, url, structured.body)
    text = "\n".join(filter(None, map(fold, text.split("\n")))) if len(text) <= CONTENT else ""
    if text:
        sources |= dict.fromkeys(("text", "content_html"), origin)
    if len(text) >= DETECTABLE:
        values["language"], sources["language"] = detected(text[:TELLING]), "text"
    values |= {"link": url, "text": text, "content_html": sanitised(content, url)[0] if text else ""}
    return Page(**{"title": ""} | values, provenance=sources, robots=directives)


def selected(tree: HtmlElement, name: str, selector: str) -> list[Any]:
    """What an operator's selector finds on the page; nothing where there is none."""
    return elements(name, selector)(tree) if selector else []


def detected(text: str) -> str:
    """The language of `text` as a two-letter code: 121 of 122 pages right, where `html lang` was on 94 %."""
    from py3langid import classify  # noqa: PLC0415  # 0.5 s and a model: only workers that read a page pay for it

    return str(classify(text)[0])


def assembled(evidence: Mapping[str, Said], url: str, fetched: datetime, timezone: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Every field but the body, and its origin: from the first evidence, in order of trust, that has a usable value."""
    site = {key for said in evidence.values() for name in said.site if (key := key_of(plain(name)))} | set(host_names(url))
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    titles = [headline(plain(raw), site) for said in evidence.values() for raw in said.titles]
    for origin, said in evidence.items():
        candidates = {
            "title": next((agreed(title, titles) for raw in said.titles if (title := headline(plain(raw), site))), "")[:1000],
            "authors": tuple(one for one in persons(said.authors) if key_of(one) not in site),
            "image": next((image for raw in said.images if (image := absolute(plain(raw), url))), ""),
            "section": next((section for raw in said.sections if (section := plain(raw, 100))), ""),
            "tags": distinct((plain(tag, 100) for tag in said.tags), 50),
            "language": next((tag for raw in said.languages if (tag := language_tag(raw))), ""),
        }
        for key, value in candidates.items():
            if value and not values.get(key):
                values[key], sources[key] = value, origin
    for key in ("published", "updated"):
        moment, origin = dated([(raw, origin) for origin, said in evidence.items() for raw in getattr(said, key)])
        when = bounded(moment, fetched, timezone)
        # A guessed day would place today's article at last midnight: when it was first seen is nearer the truth.
        if when and not (origin in {"trafilatura", "url"} and fetched - when < timedelta(days=1)):
            values[key], sources[key] = when, origin
    return values, sources


def persons(raw: Iterable[str]) -> tuple[str, ...]:
    """Cleaned, distinct author names."""
    return distinct((one for text in raw for one in names(text)), 50)


def dated(candidates: Iterable[tuple[str, str]]) -> tuple[datetime | None, str]:
    """The most trusted date and its origin; another that agrees with it lends the time or the offset it lacks."""
    read = [(moment, ":" in raw or raw.strip().isdigit(), origin) for raw, origin in candidates if (moment := written(raw))]
    if not read:
        return None, ""
    first, timed, origin = read[0]
    if not timed:
        first, origin = next(((one, named) for one, clock, named in read if clock and one.date() == first.date()), (first, origin))
    if first.tzinfo is None:
        clock = first.replace(second=0, microsecond=0)
        wall = [(one, named) for one, _, named in read if one.tzinfo and one.replace(second=0, microsecond=0, tzinfo=None) == clock]
        first, origin = wall[0] if wall else (first, origin)
    return first, origin


def guessed(tree: HtmlElement, url: str) -> Said:
    """What trafilatura's heuristics make of by-line and day: the last resort before the address."""
    from trafilatura import extract_metadata  # noqa: PLC0415  # as in read_body

    found = extract_metadata(tree, default_url=url, extensive=False)
    return Said(authors=(found.author or "",), published=(found.date or "",)) if found else Said()


def days(url: str) -> list[str]:
    """The day in an address such as /2016/12/19/."""
    return ["-".join(found) for found in re.findall(r"/((?:19|20)\d\d)[/-](\d\d)[/-](\d\d)(?:/|-|$)", url)]


def drop_tickers(tree: HtmlElement) -> None:
    """Take news tickers out: their dates are other articles'. A block that holds the heading or running text is none."""
    for element in tree.xpath("//*[self::div or self::section or self::ul or self::aside][@class or @id]"):
        named = TICKER.search(f"{element.get('class') or ''} {element.get('id') or ''}")
        if named and element.getparent() is not None and not element.xpath(".//h1 | .//article | .//p[string-length(.) > 200]"):
            element.drop_tree()

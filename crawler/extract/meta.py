"""A parsed page in; what its meta elements, and what its visible marks (by-line, time elements), say out."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree
from lxml.html import HtmlElement

from crawler.clean import is_full_name
from crawler.extract.jsonld import Said
from tickerwire.tables import table

TABLES = table("crawler.extract", "meta")
KEYS = {field: keys.split() for field, keys in TABLES["elements"].items()}
REPEATED, NO_BYLINE = (re.compile("|".join(TABLES["classes"][kind].split()), re.IGNORECASE) for kind in ("repeated", "no_byline"))
ADDRESS = re.compile(r"^(?:https?:)?/{1,2}|\.\w{2,4}/", re.IGNORECASE)
BYLINE = re.compile(r"(?<![a-zA-Z])(?:[Aa]uthors?|[Bb]y-?[Ll]ines?)(?![a-z])|[a-z]Author(?:Name|s)?(?![a-z])")
MARKED, RELATED, NAMED, DATED, HOME = map(etree.XPath, TABLES["places"].values())
PREFIX, LABEL = (re.compile(TABLES["words"][kind], re.IGNORECASE) for kind in ("prefix", "label"))


def read_meta(tree: HtmlElement) -> Said:
    """What OpenGraph, Dublin Core and the usual vendors' meta elements say."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for element in tree.iter("meta"):
        content = (element.get("content") or "").strip()
        for key in ("property", "name", "itemprop", "http-equiv"):
            if content and (said := element.get(key)):
                found[re.sub(r"[^a-z0-9]+", "_", said.strip().lower())].append(content)
    labels = {
        key: value for n in "12345" for key, value in zip(found[f"twitter_label{n}"], found[f"twitter_data{n}"], strict=False)
    }
    written = [value for label, value in labels.items() if LABEL.match(label)]
    authors = next((some for key in KEYS["authors"] if (some := [one for one in found[key] if not ADDRESS.search(one)])), [])

    every = {field: tuple(one for key in keys for one in found[key]) for field, keys in KEYS.items()}
    tags = next((found[key] for key in KEYS["tags"] if found[key]), [])
    page_title = next(("".join(element.itertext()) for element in tree.iterfind("head//title")), "")
    return replace(
        Said(**every),  # type: ignore[arg-type]  # meta.toml has nothing of a body
        titles=(*every["titles"], page_title),
        authors=tuple(authors or written),
        tags=tuple(part.strip() for one in tags for part in (one.split(",") if len(tags) == 1 else [one])),
        languages=tuple(filter(None, (tree.get("lang"), tree.get("xml:lang"), *every["languages"]))),
    )


def robots(tree: HtmlElement) -> frozenset[str]:
    """The directives of `<meta name=robots>` and its kin, in lower case: noarchive, max-snippet:50 ...; `tdm-reservation:1`."""
    named = [((one.get("name") or "").lower(), (one.get("content") or "").lower()) for one in tree.iter("meta")]
    said = [re.sub(r":\s+", ":", text) for name, text in named if "bot" in name]
    said += [f"{name}:{text.strip()}" for name, text in named if name == "tdm-reservation"]
    return frozenset(part for one in said for part in re.split(r"[,\s]+", one) if part)


def read_dom(tree: HtmlElement) -> Said:
    """What the visible page says: the heading, a by-line, the date beside the heading; repeated blocks do not count."""
    heading = next((element for element in tree.iter("h1") if own(element)), None)
    return Said(
        titles=("".join(heading.itertext()),) if heading is not None else (),
        authors=tuple(bylines(tree)),
        published=tuple(times(tree, heading)),
        site=tuple(link.text_content() for link in HOME(tree) if re.fullmatch(r"(?:https?://[^/]+)?/", link.get("href"))),
    )


def own(element: HtmlElement) -> bool:
    """Whether `element` stands in the article rather than in a block the site repeats."""
    for parent in (element, *element.iterancestors()):
        if parent.tag in {"nav", "aside"} or (parent.tag == "footer" and next(parent.iterancestors("article"), None) is None):
            return False
        if parent.tag not in {"body", "html", "main", "article"} and REPEATED.search(f"{parent.get('class')} {parent.get('id')}"):
            return False
    return True


def bylines(tree: HtmlElement) -> list[str]:
    """Texts that mark themselves as the author: itemprop, rel=author, a by-line class; the first kind that yields."""
    for kind in (MARKED, RELATED):
        if found := [said for element in kind(tree) if own(element) and (said := byline(element))]:
            return found[:6]
    for element in NAMED(tree):
        kind = element.get("class")
        if BYLINE.search(kind) and not NO_BYLINE.search(kind) and own(element) and is_full_name(byline(element)):
            beside = [part for part in element.getparent() if part.tag == element.tag and part.get("class") == kind]
            return [said for part in beside[:6] if is_full_name(said := byline(part))]
    return []


def byline(element: HtmlElement) -> str:
    """What an element says of the author, without "by" before it; "" when it says too little or too much."""
    said = PREFIX.sub("", " ".join("".join(element.itertext()).split()) or element.get("content") or "")
    return said if len(said.encode()) > 3 and len(said) < 80 else ""


def times(tree: HtmlElement, heading: HtmlElement | None) -> Iterator[str]:
    """Dates of itemprop=datePublished, then of `time` elements inside the article or after the heading, in page order."""
    for element in DATED(tree):
        if own(element):
            yield element.get("content") or element.get("datetime") or element.get("title") or "".join(element.itertext())
    begun = heading is None
    for element in tree.iter("h1", "time"):
        begun = begun or element is heading
        inside = begun or next(element.iterancestors("article"), None) is not None
        if element.tag == "time" and inside and own(element):
            yield element.get("datetime") or "".join(element.itertext())

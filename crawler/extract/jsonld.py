"""A parsed page in; what its JSON-LD (schema.org) says of the article out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement

ARTICLE = re.compile(r"(?:[A-Za-z]*Article|BlogPosting|LiveBlogPosting|Report|SocialMediaPosting|Review|AdvertiserContentArticle)$")
PAGE = re.compile(r"(?:WebPage|ItemPage|VideoObject|MediaObject|CreativeWork|PodcastEpisode)$")
LARGEST = 2_000_000  # characters of one script
DEPTH = 12

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What one kind of evidence on a page says: raw candidates per field, best first; `site` are names of the publication, `body`
    is JSON-LD's articleBody."""

    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    body: str = ""


def read_jsonld(tree: HtmlElement, url: str) -> Said:
    """What the node of the article itself says; of several, the one whose address is the page's, else the first."""
    nodes = [node for script in tree.iter("script") for node in scripted(script)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    best = chosen(nodes, url)
    site = next((text(node.get("name")) for node in nodes if "WebSite" in types(node)), "")
    if best is None:
        return Said(site=(site,))
    published = text(best.get("datePublished")) or text(best.get("dateCreated")) or text(best.get("uploadDate"))
    return Said(
        titles=(text(best.get("headline")), text(best.get("name"))),
        authors=tuple(people(best.get("author"), by_id) or people(best.get("creator"), by_id)),
        published=(published,),
        updated=(text(best.get("dateModified")),),
        images=(picture(best.get("image"), by_id), text(best.get("thumbnailUrl"))),
        sections=tuple(strings(best.get("articleSection"))),
        tags=tuple(keywords(best.get("keywords"))),
        languages=(text(best.get("inLanguage")),),
        site=(site, *organisations(best.get("publisher"), by_id)),
        # What a publisher keeps from readers without a subscription is not ours to take from its markup.
        body="" if str(best.get("isAccessibleForFree")).lower() == "false" else text(best.get("articleBody")),
    )


def scripted(script: HtmlElement) -> Iterator[Node]:
    """Every object of one script element of type application/ld+json, outermost first."""
    if "ld+json" not in (script.get("type") or "").lower():
        return
    source = (script.text or "")[:LARGEST]
    source = re.sub(r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*.*?\*/)+", "", source)
    source = re.sub(r"(?:-->|//\s*\]\]>|\]\]>)$", "", source.rstrip("; \t\r\n")).strip("; \t\r\n")
    for mended in (source, re.sub(r",\s*([}\]])", r"\1", source)):
        try:
            yield from objects(json.loads(mended, strict=False), 0)
        except (ValueError, RecursionError):
            continue
        return


def objects(value: Any, depth: int) -> Iterator[Node]:
    """`value` and every object within it, outermost first, to a depth that no honest page passes."""
    if depth > DEPTH:
        return
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list):
                yield from objects(part, depth + 1)


def types(node: Node) -> list[str]:
    """The schema.org types of a node, without their address."""
    return [one.rpartition("/")[2] for one in strings(node.get("@type"))]


def chosen(nodes: list[Node], url: str) -> Node | None:
    """The article's own node; a page node counts only when it is dated."""
    articles = [node for node in nodes if any(map(ARTICLE.match, types(node))) and dated(node)]
    articles = articles or [node for node in nodes if any(map(PAGE.match, types(node))) and dated(node)]
    own = [node for node in articles if address(url) in {address(place) for place in places(node)}]
    return max(own or articles[:1], key=len, default=None)


def dated(node: Node) -> bool:
    return bool(node.keys() & {"datePublished", "dateCreated", "uploadDate", "headline"})


def places(node: Node) -> Iterator[str]:
    """The addresses a node gives itself."""
    for key in ("url", "mainEntityOfPage", "@id"):
        value = node.get(key)
        yield text(value.get("@id") or value.get("url")) if isinstance(value, dict) else text(value)


def address(url: str) -> str:
    """A URL reduced to what two mentions of one page share."""
    return re.sub(r"^https?://(?:www\.|m\.)?|[?#].*$|/+$", "", url.strip(), flags=re.IGNORECASE).rstrip("/")


def text(value: Any) -> str:
    """A string, or the first one of a list."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name")
    return value if isinstance(value, str) else str(value) if isinstance(value, int) and value > 10**9 else ""


def strings(value: Any) -> list[str]:
    """A string or a list of them as a list."""
    return [text(one) for one in (value if isinstance(value, list) else [value]) if text(one)]


def keywords(value: Any) -> list[str]:
    """Keywords as a list or as one string with commas."""
    return [part.strip() for one in strings(value) for part in (re.split(r"[,;]", one) if not isinstance(value, list) else [one])]


def resolved(value: Any, by_id: dict[str, Node]) -> list[Any]:
    """The objects or strings `value` stands for, references by @id followed once."""
    found = value if isinstance(value, list) else [value]
    return [by_id.get(str(one.get("@id")), one) if isinstance(one, dict) and "name" not in one else one for one in found]


def people(value: Any, by_id: dict[str, Node]) -> list[str]:
    """Names of persons; organisations only where no person is named."""
    everyone = [one for one in resolved(value, by_id) if isinstance(one, dict | str)]
    persons = [one for one in everyone if isinstance(one, str) or "Organization" not in " ".join(types(one))]
    named = (strings(one.get("name")) or [full(one)] if isinstance(one, dict) else [one] for one in persons or everyone)
    return [name for names in named for name in names]


def full(person: Node) -> str:
    """A person's name from its parts."""
    return f"{text(person.get('givenName'))} {text(person.get('familyName'))}".strip()


def organisations(value: Any, by_id: dict[str, Node]) -> list[str]:
    """Names and other names of a publisher."""
    named = [one for one in resolved(value, by_id) if isinstance(one, dict)]
    return [name for one in named for name in [*strings(one.get("name")), *strings(one.get("alternateName"))]]


def picture(value: Any, by_id: dict[str, Node]) -> str:
    """The address of an ImageObject, or of the first of several."""
    found = (one.get("url") or one.get("contentUrl") if isinstance(one, dict) else one for one in resolved(value, by_id))
    return next(filter(None, map(text, found)), "")

"""The bytes of a front page and the operator's selectors in; the articles it links to, and its next page, out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import islice
from typing import Any

from lxml import html as lxml_html
from lxml.html import HtmlElement

from crawler.clean import absolute, fold, paragraphs, plain
from crawler.extract.jsonld import ARTICLE, Node, keywords, people, picture, places, scripted, text as stated, types
from crawler.read.dates import read_date
from crawler.read.item import TITLE, Item, Origin, document, listed, refuse
from crawler.read.selectors import JSON_LD, elements
from crawler.read.text import page
from tickerwire.config.model import Source
from tickerwire.model import Document

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
MERGED = ("published", "summary", "authors", "images", "tags", "language")
NAMES = {"published": "datePublished", "summary": "description", "language": "inLanguage"}  # fields of a node, by ours
WHOLE_PAGE = {"body", "main", "html"}
SEVERAL = ""
LINKS, LARGEST = 5_000, 100  # a front page has hundreds; an element about one article holds a few

Select = Callable[[HtmlElement], list[Any]]
Linked = tuple[HtmlElement, HtmlElement, str]


def read_listing(body: bytes, content_type: str, origin: Origin, source: Source) -> Document:
    """The articles linked on a page, each once.

    `links` selects elements that carry or contain the link; `title`, `date` and `summary` are looked for inside such an element,
    then in each larger one around it that holds no other selected link. `links = "json-ld"` reads the articles and ItemLists of
    the page's schema.org data instead. Raises `Unreadable` when a selector is bad or `links` finds nothing.
    """
    url = origin.url
    tree = page(body, content_type)
    base = next((found for one in tree.iter("base") if (found := absolute(one.get("href") or "", url))), url)
    structured = source.links == JSON_LD
    said = list(structured_items(tree, base, url) if structured else selected_items(tree, base, source, origin))
    items = [one for one in said if isinstance(one, Item)]
    refuse(not items, f"links = {source.links!r} finds no link to an article on this page")
    title = next((one.text_content() for one in tree.iter("title")), "")
    cut = [one for one in said if isinstance(one, str)]
    made = document([*cut, *merged(items)], origin, partial(listed, JSON_LD if structured else "dom"))
    return replace(made, title=plain(title, TITLE), follow=following(tree, base, url, source.next))


def following(tree: HtmlElement, base: str, url: str, selector: str) -> tuple[str, ...]:
    """The page's next page: where the first element that `selector` finds leads to. Raises `Unreadable` for a bad selector."""
    found = elements("next", selector)(tree) if selector else []
    anchor = next((a for one in found if isinstance(one, HtmlElement) for a in anchors(one)), None)
    href = (anchor.get("href") or "") if anchor is not None else next((str(o) for o in found if isinstance(o, str)), "")
    return tuple(filter(None, [article_link(href, base, url)])) if href else ()


def article_link(href: str, base: str, url: str) -> str:
    """The address `href` leads to, "" when that is no web page or this very page."""
    link = absolute(href, base)
    here = {address.partition("#")[0] for address in (url, base)}
    return "" if href.lstrip().startswith("#") or link.partition("#")[0] in here else link


def merged(items: Iterable[Item]) -> Iterable[Item]:
    """Each address once, with its longest title: a picture and a headline often lead to the same article."""
    kept: dict[str, Item] = {}
    for item in items:
        first = kept.setdefault(item.link.partition("#")[0], item)
        others = {name: getattr(first, name) or getattr(item, name) for name in MERGED}
        kept[item.link.partition("#")[0]] = replace(first, title=max(first.title, item.title, key=len), **others)
    return kept.values()


def selected_items(tree: HtmlElement, base: str, source: Source, origin: Origin) -> Iterator[Item | str]:
    """The links the selectors find, with what the page says of each; a string says what was left out."""
    inside = {name: elements(name, path, True) for name in ("title", "date", "summary") if (path := getattr(source, name))}
    found: list[Linked] = []
    selected = elements("links", source.links)(tree)
    if len(selected) > LINKS:
        yield f"more than {LINKS:,} links: the rest is not read"
    for one in selected[:LINKS]:
        element = one if isinstance(one, HtmlElement) else getattr(one, "getparent", lambda: None)()
        for anchor in anchors(element) if element is not None else ():
            if link := article_link(anchor.get("href") or "", base, origin.url):
                found.append((element, anchor, link))
                break
    at = origin.fetched, origin.timezone
    # Larger places hold the smaller ones again: what is in both is read once.
    dated = cache(lambda value: next((raw for raw in dates(value) if read_date(raw, *at)), ""))
    told, held = cache(label), holders(found)
    for element, anchor, link in found:
        places = list(islice(around(element, link, held), 15))
        title = look("title", inside, places, told) or headline(element, anchor)
        date, summary = look("date", inside, places, dated), look("summary", inside, places, told)
        yield Item(link=link, title=title, published=date, summary=summary)


def anchors(element: HtmlElement) -> Iterator[HtmlElement]:
    """Elements that may carry the link: itself, those inside (in headings first), the link it stands in."""
    if element.get("href") is not None:
        yield element
    links = [one for one in islice(element.iterdescendants("a", "area"), LARGEST) if one.get("href") is not None]
    yield from (one for one in links if next(one.iterancestors(*HEADINGS), None) is not None)
    yield from links
    yield from (one for one in element.iterancestors("a") if one.get("href") is not None)


def holders(found: Sequence[Linked]) -> dict[HtmlElement, str]:
    """Every element that holds selected links, and the address they share; SEVERAL when they differ."""
    held: dict[HtmlElement, str] = {}
    for element, _, link in found:
        for place in (element, *element.iterancestors()):
            known = held.get(place)
            if known in (link, SEVERAL):
                break  # whatever holds this one is marked already
            held[place] = link if known is None else SEVERAL
    return held


def around(element: HtmlElement, link: str, held: dict[HtmlElement, str]) -> Iterator[HtmlElement]:
    """`element` and what is around it, as far as that is about the same article."""
    yield element
    for place in element.iterancestors():
        if held.get(place) != link or place.tag in WHOLE_PAGE:
            return
        yield place


def look(name: str, inside: dict[str, Select], places: Sequence[HtmlElement], read: Callable[[Any], str]) -> str:
    """What the selector `name` finds in the nearest of `places` that has something readable."""
    select = inside.get(name)
    found = (read(one) for place in places for one in select(place)) if select else iter(())
    return next(filter(None, found), "")


def headline(element: HtmlElement, anchor: HtmlElement) -> str:
    """The title of a link where no selector gives one: a heading, the link's text, what it says of itself or its picture."""
    inner = list(anchor.iterdescendants(*HEADINGS))
    beside = [one for one in islice(element.iterdescendants(*HEADINGS), LARGEST) if one.find(".//a") is None]
    return next(filter(None, map(label, inner or beside)), "") or label(anchor)


def label(value: Any) -> str:
    """A string as it is; an element's text, else its title, aria-label or alt, or the alt of a picture in it."""
    if not isinstance(value, HtmlElement):
        return fold(str(value))
    own = (value.get(key) for key in ("title", "aria-label", "alt"))
    pictured = (one.get("alt") for one in value.iter("img"))
    return shown(value) or next((text for raw in (*own, *pictured) if raw and (text := fold(raw))), "")


def dates(value: Any) -> Iterator[str]:
    """Where an element may state a date: attributes for machines, then text for people. A string states itself."""
    if not isinstance(value, HtmlElement):
        yield str(value)
        return
    for one in (value, *value.iterdescendants("time")):
        yield from (one.get(key) or "" for key in ("datetime", "content", "title"))
    yield shown(value)


def shown(element: HtmlElement) -> str:
    """An element's text as a browser would show it, in one line."""
    return fold(paragraphs(lxml_html.tostring(element, encoding="unicode", with_tail=False)))


def structured_items(tree: HtmlElement, base: str, url: str) -> Iterator[Item]:
    """The articles of the page's JSON-LD and what its ItemLists list (schema.org/ItemList); a BreadcrumbList does not count."""
    for script in tree.iter("script"):
        for node in scripted(script):
            ones: list[Any] = [node] if any(map(ARTICLE.match, types(node))) else []
            if "ItemList" in types(node):
                listed = node.get("itemListElement")
                ones += listed if isinstance(listed, list) else [listed]
            yield from (item for one in ones if (item := structured_item(one, base, url)).link)


def structured_item(one: Any, base: str, url: str) -> Item:
    """A node, a ListItem around a node or address, or a bare address."""
    inner = one.get("item", one) if isinstance(one, dict) else one
    node: Node = inner if isinstance(inner, dict) else {"url": inner}
    outer: Node = one if isinstance(one, dict) else {}
    links = (article_link(raw, base, url) for raw in (*places(node), stated(outer.get("url"))) if raw)
    said: dict[str, Any] = {ours: stated(node.get(theirs)) for ours, theirs in NAMES.items()}
    said["title"] = stated(node.get("headline")) or stated(node.get("name")) or stated(outer.get("name"))
    authors, tags = tuple(people(node.get("author"), {})), tuple(keywords(node.get("keywords")))
    link, image = next(filter(None, links), ""), picture(node.get("image"), {})
    return Item(**said, link=link, authors=authors, tags=tags, images=(image,))

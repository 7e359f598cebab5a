"""The bytes of a home page in; the sources it offers, likely ones included, best first, out. Pure; runs in a bounded worker."""

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice, takewhile
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.clean import absolute, fold
from crawler.read.item import Unreadable, language_tag
from crawler.read.selectors import JSON_LD
from crawler.read.text import page
from tickerwire.config import Source
from tickerwire.config.values import http_url

FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
FEED_PATH = re.compile(r"[^?#]*(?:/(?:feed|rss|atom)(?:\.xml|\.rdf|\.json)?/?|\.(?:rss|atom))(?:[?#]|$)", re.IGNORECASE)
CUSTOMARY = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml")
MOST_FEEDS, MOST_LISTS, MOST_LINKS = 6, 2, 3_000
HEADLINE, FEWEST = 25, 5  # characters of a link that may be a headline; links of a list
CLASS, TAG = re.compile(r"[A-Za-z_](?:[^\W\d]|-)*"), re.compile(r"[A-Za-z_][\w-]*")  # of a class no number, which counts something


@dataclass(frozen=True, slots=True)
class Home:
    """What a home page says of itself, and the sources worth trying, best first; `reason` where it is no page at all."""

    title: str = ""
    language: str = ""
    sources: tuple[Source, ...] = ()
    reason: str = ""


def look(body: bytes, url: str, content_type: str) -> Home:
    """The sources of the page of final address `url`: feeds it links, else customary places; robots.txt's sitemaps; lists of links."""
    try:
        tree, url = page(body, content_type), http_url(url.partition("#")[0])
    except (Unreadable, ValueError) as error:
        return Home(reason=str(error))
    root = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    found = feeds(tree, url) or [root + path for path in CUSTOMARY]
    lists = [JSON_LD] if tree.xpath("//script[contains(@type, 'ld+json')]") else []
    sources = [Source(kind="feed", url=one) for one in found]
    sources.append(Source(kind="sitemap", url=f"{root}/robots.txt"))
    sources += [Source(kind="listing", url=url, links=links) for links in (*lists, *selectors(tree, url))]
    title = fold(next((one.text_content() for one in tree.iter("title")), ""))[:200]
    return Home(title, language_tag(tree.get("lang") or ""), tuple(sources))


def feeds(tree: HtmlElement, url: str) -> list[str]:
    """The feeds a page links, announced ones first, those of comments last."""
    told = [one.get("href") for one in tree.iter("link") if (one.get("type") or "").lower().strip() in FEED_TYPES]
    links = [one.get("href") for one in tree.iter("a") if FEED_PATH.match(one.get("href") or "")]
    addresses = dict.fromkeys(link for href in (*told, *links[:MOST_FEEDS]) if (link := usable(href or "", url)))
    return sorted(addresses, key=lambda link: "comments" in link)[:MOST_FEEDS]


def usable(href: str, url: str) -> str:
    """`href` as the address of a source; "" where outlets.toml could not hold it."""
    try:
        return http_url(absolute(href, url))
    except ValueError:
        return ""


def selectors(tree: HtmlElement, url: str) -> list[str]:
    """CSS selectors of repeated links with the words of a headline, those that find most first."""
    host = urlsplit(url).hostname
    groups: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for anchor in tree.xpath("//a[@href]")[:MOST_LINKS]:
        link, words = absolute(anchor.get("href"), url), fold(anchor.text_content())
        if len(words) >= HEADLINE and urlsplit(link).hostname == host and len(urlsplit(link).path) > 1:
            groups[place(anchor)][link] = len(words)
    ranked = sorted(groups, key=lambda name: sum(min(size, 100) for size in groups[name].values()), reverse=True)
    return [name for name in ranked if name and len(groups[name]) >= FEWEST][:MOST_LISTS]


def place(anchor: HtmlElement) -> str:
    """A selector for `anchor` and its like: up to three steps, each an element with its first plain class, ending at the link."""
    around = takewhile(lambda parent: parent.tag not in ("body", "html"), anchor.iterancestors())
    return " > ".join(reversed([named(one) for one in (anchor, *islice(around, 2))]))


def named(element: HtmlElement) -> str:
    plain = next(filter(CLASS.fullmatch, (element.get("class") or "").split()), "")
    tag = element.tag if TAG.fullmatch(element.tag) else "*"  # <fb:box> would be a pseudo-class
    return f"{tag}.{plain}" if plain else tag

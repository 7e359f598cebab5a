"""A stored article and its outlet's republication policy in; what may be shown of it, in every format, out."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urljoin
from zlib import crc32

from lxml import html as lxml_html

from syndicate.text import LANGUAGE, UNFIT, media_type, plain, web_url
from tickerwire.config import Outlet
from tickerwire.config.model import LEVELS, Level
from tickerwire.model import Article, Enclosure

EXCERPT_CHARACTERS = 300
TITLE_CHARACTERS = 300  # readers and the RSS profile expect a line, not a paragraph
NAME_CHARACTERS = 100
MOST_NAMES = 20
BUDGET, FRAME = 480_000, 1_000  # bytes of one feed, where several readers stop at 500 kB, and of the tags around an item


class Unfit(ValueError):
    """An article that cannot be shown in any format; its text says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One article as readers get it: every renderer works from this alone, so that no format can show more than the policy allows.

    `date` never moves; `updated` is the article's last material edit (>= `date`), both in whole seconds UTC. Texts are
    plain, on one line and valid XML; `content_html` is the sanitised body, empty unless the policy is "full"; URLs are
    ASCII http(s). `summary` is never empty: without one it names the outlet. `language` is empty when unknown. `also` are the other
    outlets that have the story: name, title, address. `credit` is what the publisher wants said, then `outlet_name`, too; `licence` an
    address; copies have one `story`.
    """

    id: int
    guid: str
    url: str
    title: str
    authors: tuple[str, ...]
    date: datetime
    updated: datetime
    summary: str
    content_html: str
    language: str
    tags: tuple[str, ...]
    image: str
    enclosures: tuple[Enclosure, ...]
    urgent: bool
    outlet: str
    outlet_name: str
    outlet_url: str
    also: tuple[tuple[str, str, str], ...] = ()
    credit: str = ""
    licence: str = ""
    story: int = 0

    @property
    def modified(self) -> datetime:
        """`updated` and a fraction of a second of the article's own: entries of an Atom feed should not share a moment (RFC 4287
        section 3.3; the W3C's validator warns), as what sources date to the minute does."""
        return self.updated + timedelta(microseconds=crc32(self.guid.encode()) % 1_000_000)

    @property
    def rights(self) -> str:
        """What the publisher wants said and the licence, as plain text; "" when there is neither."""
        return " ".join(filter(None, (self.credit, self.licence)))

    @property
    def covered(self) -> str:
        """The rights, which not every reader shows, and who else has the story, as paragraphs of HTML; "" when there is nothing."""
        links = (f'<a href="{html.escape(url)}">{html.escape(name)}</a>' for name, _, url in self.also)
        rights = f"<p>{html.escape(self.rights)}</p>" if self.rights else ""
        return rights + (f"<p>Also covered by {', '.join(links)}</p>" if self.also else "")


def item(article: Article, outlet: Outlet | None, most: Level = "full") -> Item:
    """What `outlet.republish` and `most` let out: "headline" neither text nor picture, "excerpt" a short plain summary, "full" all.

    An outlet no longer configured has no policy left: its articles are shown as headlines. `outlet_url` is the homepage,
    never a source's address, which may hold a key. Raises Unfit when there is no address to send readers to.
    """
    outlet = outlet or Outlet.model_construct(name=article.outlet, republish="headline")
    optout = article.provenance.get("optout", "")
    policy, characters = limited(min(outlet.republish, most, key=LEVELS.index), optout, outlet.excerpt)
    pictures = policy != "headline" and "noimageindex" not in optout and outlet.images
    body = UNFIT.sub("", article.content_html) if policy == "full" else ""
    credit = plain(outlet.credit, NAME_CHARACTERS)
    url = web_url(article.url) or web_url(article.link)
    if not url:
        raise Unfit(f"{article.url!r:.200} is not an http(s) address")
    name = credit or plain(outlet.name, NAME_CHARACTERS) or article.outlet
    date = article.date.replace(microsecond=0)
    revised = article.changed_at.replace(microsecond=0) if article.revision > 1 else date
    summary = "" if policy == "headline" else plain(article.summary or article.text, characters)
    return Item(
        id=article.id,
        guid=article.guid,
        url=url,
        title=plain(article.title, TITLE_CHARACTERS) or summary or name,
        authors=_names(article.authors),
        date=date,
        updated=max(date, revised),
        summary=summary or name,
        content_html=body if pictures else unillustrated(body),
        language=article.language if LANGUAGE.fullmatch(article.language) else "",
        tags=_names((article.section, *article.tags)),
        image=web_url(article.image) if pictures else "",
        enclosures=() if policy == "headline" else _attached(article.enclosures, pictures),
        urgent=article.urgent,
        outlet=article.outlet,
        outlet_name=name,
        outlet_url=web_url(outlet.homepage) or urljoin(url, "/"),
        credit=credit,
        licence=web_url(outlet.licence),
        story=article.story or article.id,
    )


def limited(policy: Level, optout: str, most: int = EXCERPT_CHARACTERS) -> tuple[Level, int]:
    """The outlet's policy as far as the publisher's own reservations allow it, and how many characters (of `most`) an excerpt may have.

    nosnippet and a reservation of text mining leave the headline; noarchive and max-snippet no more than an excerpt.
    """
    words = optout.split()
    longest = min([int(word.partition(":")[2]) for word in words if ":" in word], default=most)
    if not longest or {"nosnippet", "tdm"} & {*words}:
        return "headline", most
    closed = {"noarchive", "nocache"} & {*words} or longest < EXCERPT_CHARACTERS
    return "excerpt" if closed and policy == "full" else policy, min(longest, most)


def headline_only(article: Article, outlet: Outlet | None) -> bool:
    """Whether none of the article's text may be shown: by its outlet's policy (none is left when it is gone) or its publisher's."""
    return not outlet or limited(outlet.republish, article.provenance.get("optout", ""))[0] == "headline"


def unillustrated(body: str) -> str:
    """A body without its pictures; a figure goes whole, for its caption speaks of what is no longer there."""
    if "<img" not in body:
        return body
    root = lxml_html.fragment_fromstring(body, create_parent="div")
    for element in root.xpath(".//figure[.//img]|.//img"):
        element.drop_tree()
    return str(lxml_html.tostring(root, encoding="unicode"))[len("<div>") : -len("</div>")]


def fitted(items: Sequence[Item]) -> tuple[Item, ...]:
    """`items` with the bodies that fit into one feed beside all else: newest first, those beyond BUDGET keep their summary only."""
    room = BUDGET - sum(FRAME + len(repr(each).encode()) - len(repr(each.content_html).encode()) for each in items)
    kept = []
    for each in items:
        size = len(html.escape(each.content_html).encode())
        kept.append(each if size <= room else replace(each, content_html=""))
        room -= size if size <= room else 0
    return tuple(kept)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """Names of people or subjects, cleaned, each once."""
    return tuple(dict.fromkeys(name for each in names if (name := plain(each, NAME_CHARACTERS))))[:MOST_NAMES]


def _attached(enclosures: Iterable[Enclosure], pictures: bool) -> tuple[Enclosure, ...]:
    """The enclosures every format can name: an http(s) URL with a media type, each address once; with or without `pictures`."""
    usable = [Enclosure(web_url(each.url), media_type(each.type), max(0, each.length)) for each in enclosures]
    fit = (each for each in usable if each.url and each.type and (pictures or not each.type.startswith("image/")))
    return tuple({each.url: each for each in fit}.values())

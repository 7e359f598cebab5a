"""What a document other than a feed lists, as raw text, in; its text, its tree and clean entries out."""

from lxml.html import HtmlElement

from crawler.clean import absolute, parsed, plain, printable
from crawler.extract.page import decoded
from crawler.read.dates import read_date
from crawler.read.item import SUMMARY, TAGS, TITLE, Item, Origin, Rejected, Unreadable, distinct, language_tag, refuse
from tickerwire.model import Entry

LARGEST = 10 * 1024 * 1024  # bytes of a page or an answer, as for feeds


def text_of(body: bytes, content_type: str) -> str:
    """The document as printable text: by BOM, charset of the header, then what the document declares; UTF-8 is UTF-8."""
    return printable(decoded(body, content_type))


def page(body: bytes, content_type: str) -> HtmlElement:
    """The page as a tree. Raises `Unreadable` when there is nothing in it."""
    refuse(len(body) > LARGEST, "not read (larger than 10 MiB)")
    tree = parsed(text_of(body, content_type))
    if tree is None:
        raise Unreadable("empty document")
    return tree


def listed(by: str, item: Item, origin: Origin) -> Entry:
    """The item as a clean entry of provenance `by`. A title that is not stated stays "". Raises `Rejected` without web address.

    What `item.updated` says is true of the address, not of the article: it is kept, as written, as the provenance `lastmod` alone.
    """
    link = absolute(item.link, origin.url)
    if not link:
        raise Rejected(f"an entry without a web address: {plain(item.title or item.link, 80)!r}")
    said = {
        "link": link,
        "title": item.title and plain(item.title, TITLE),
        "authors": item.authors and distinct((plain(name, 120) for name in item.authors), TAGS),
        "published": item.published and read_date(item.published, origin.fetched, origin.timezone),
        "summary": item.summary and plain(item.summary, SUMMARY),
        "language": language_tag(item.language) or language_tag(origin.language),
        "tags": item.tags and distinct((plain(tag, 100) for tag in item.tags), TAGS),
        "image": next((url for one in item.images if one and (url := absolute(one, origin.url))), ""),
    }
    said = {key: value for key, value in said.items() if value}
    provenance = dict.fromkeys(said, by) | ({"lastmod": " ".join(item.updated.split())[:40]} if item.updated else {})
    return Entry(**{"title": ""} | said, provenance=provenance)  # type: ignore[arg-type]

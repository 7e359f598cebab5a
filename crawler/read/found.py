"""The bytes of a document and their media type in; its text, or its tree as a page, out."""

from lxml.html import HtmlElement

from crawler.clean import parsed, printable
from crawler.extract.page import decoded
from crawler.read.item import Unreadable, refuse

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

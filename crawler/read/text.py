"""The bytes of a document and their media type in; its text, or its tree as a page, out."""

from contextlib import suppress

from lxml.html import HtmlElement

from crawler.clean import parsed, printable
from crawler.read.item import Unreadable, refuse

LARGEST = 10 * 1024 * 1024  # bytes of a page or an answer, as for feeds


def decoded(body: bytes, content_type: str) -> str:
    """The page's text by BOM, HTTP charset, then meta (WHATWG HTML 13.2.3); bytes that are UTF-8 are UTF-8."""
    from w3lib.encoding import html_to_unicode  # noqa: PLC0415  # the feed's workers do not need it

    with suppress(UnicodeDecodeError):
        return body.decode("utf-8-sig")
    with suppress(LookupError, UnicodeError):  # `charset=hex` names a codec, but none of text
        return html_to_unicode(content_type or None, body, default_encoding="utf-8")[1]
    return body.decode("utf-8", "replace")


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

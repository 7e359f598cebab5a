"""Text, HTML and addresses as an outlet wrote them in; plain text, harmless HTML and absolute web addresses out."""

import html as entities
import re
import unicodedata
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import nh3
from lxml import etree, html as lxml_html
from w3lib.url import safe_url_string

from tickerwire.tables import table

# XML 1.0 section 2.2 forbids most of these; the bidi controls let a headline read backwards on the page it is embedded in.
NEVER = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffd-\uffff\ud800-\udfff"
PLANES = "".join(chr((plane << 16) | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
FORBIDDEN = re.compile(f"[{NEVER}{PLANES}]+")
SUSPECT = re.compile(rf"[{NEVER}\U0001fffe-\U0010ffff]")  # finds all of them and little else, 17 times as fast
# C1 controls in news are windows-1252 read as Latin-1: the byte 0x92 was an apostrophe (WHATWG Encoding, "latin1").
WINDOWS_1252 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
WINDOWS_1252 |= dict.fromkeys((0x0B, 0x0C), " ")

ELEMENTS = table("crawler", "html")
BLOCKS, INLINE, UNSEEN = (ELEMENTS[kind].split() for kind in ("blocks", "inline", "unseen"))
ELEMENT = rf"/?(?:{'|'.join(BLOCKS + INLINE)})(?:[\s/][^<>]*)?>"
MARKUP = re.compile(f"<{ELEMENT}", re.IGNORECASE)
# Only real elements are markup: a review of <The Book> and "5 < 6" keep their signs.
NOT_MARKUP = re.compile(rf"<(?!{ELEMENT}|!--)", re.IGNORECASE)
BLOCK_TAG = re.compile(rf"</?(?:{'|'.join(BLOCKS)})(?=[\s/>])", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
REFERENCE = re.compile(r"&#(?:[0-9]+|[xX][0-9a-fA-F]+);?")
SCHEME = re.compile(r"https?:/*", re.IGNORECASE)
OUTER = re.compile(r"</(?:body|html)\s*>", re.IGNORECASE)  # what comes after is shown all the same
PARAGRAPH = "\u2029"  # Unicode's paragraph separator

PARSER = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
# One class for every tag: lxml.html's own choice by tag is made in Python, for each element, and took a tenth of reading a page.
PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement))
CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS["kept"].split()),
    clean_content_tags=set(UNSEEN),
    attributes={tag: set(names.split()) for tag, names in ELEMENTS["attributes"].items()},
    url_schemes={"http", "https"},
    url_relative="deny",
    link_rel="noopener noreferrer",
)
# Every second summary is plain text, here marked up as paragraphs: two parsers would give it back as it is.
PARAGRAPHS = re.compile(r"(?:<p>[^<>&\xa0\x00-\x08\x0b-\x1f]*+</p>)++")
HIDDEN = re.compile(r"display:none|(?:^|;)(?:width|height):[01](?:px)?(?:;|$)")
LAZY = ("data-src", "data-lazy-src", "data-original")

# An address that needs no mending: the check costs a tenth of resolving it.
USUAL = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,3})?/[\w/.~%!$&'()*+,;=:@?-]{0,2000}", re.ASCII)
BLANKS = "".join(map(chr, range(33)))

BYLINE = 2_000  # characters
MAIL = re.compile(r"[^\s<>()@,;]+@[^\s<>()@,;]+\.[^\s<>()@,;]+")
BY = re.compile(r"^\s*(?:by|written by|text by)[:\s]+", re.IGNORECASE)
NO_NAME = re.compile(r"\W*(?:image|photo|picture|foto|bild|credit)s?\s*:|https?:|www\.|[\W\d_]*$", re.IGNORECASE)
NAME_PARTICLES = set("de da del della di du der den la le el al bin van von zu y e ter".split())


def printable(text: str) -> str:
    """Only characters XML 1.0 allows, in NFC, without controls and bidi overrides; white space as it was."""
    if text.isascii() and text.isprintable():
        return text
    if SUSPECT.search(text):
        text = FORBIDDEN.sub("", text.translate(WINDOWS_1252))
    return unicodedata.normalize("NFC", text)


def sound(html: str) -> str:
    """`printable` HTML in which no reference stands for a character that was taken out, or for none: lxml raises at some."""
    return REFERENCE.sub(lambda found: referred(found[0]), printable(html))


@lru_cache(maxsize=1024)
def referred(reference: str) -> str:
    """What a numeric reference stands for; one that stands for markup stays as it is."""
    character = printable(entities.unescape(reference)) if len(reference) < 12 else ""
    return reference if character and character in "<>&\"'" else character


def fold(text: str) -> str:
    """`printable` with every run of white space as one blank."""
    return " ".join(printable(text).split())


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word with an ellipsis; unchanged when it fits."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word = head.rfind(" ")
    return head[: word if word > limit // 2 else None].rstrip(" ,;:-–—") + "…"


def affordable(text: str) -> str:
    """`text` as far as the longest honest article goes: 2,000,000 characters, 50,000 tags."""
    return "<".join(text[:2_000_000].split("<", 50_000)[:50_000])


def plain(text: str, limit: int = 0) -> str:
    """One line of plain text without tags and entities, at most `limit` characters (0 = all).

    Feeds escape titles once or twice (`AT&amp;amp;T`): entities are resolved at most twice, never until nothing changes.
    """
    for _ in range(2):
        if "<" not in text and "&" not in text:
            break
        text = affordable(text)
        if "<" in text:
            body = fragment(BLOCK_TAG.sub(r" \g<0>", NOT_MARKUP.sub("&lt;", text)))  # nh3 is quadratic in depth
            text = "" if body is None else "".join(body.itertext())
        elif ENTITY.search(text):
            text = entities.unescape(sound(text))
    text = fold(text)
    return shorten(text, limit) if limit else text


def has_markup(text: str) -> bool:
    """Whether `text` is HTML rather than plain text: it holds an HTML element or a character reference."""
    return bool(MARKUP.search(affordable(text)) or ENTITY.search(text))


def absolute(url: str, base: str = "") -> str:
    """`url` resolved against `base`, or "" unless it is http(s) with a host and without credentials (RFC 3986 3.2.1)."""
    if USUAL.fullmatch(url):
        return url
    # WHATWG URL 4.4 strips surrounding C0 controls and blanks and drops tabs and newlines inside.
    bare = re.sub(r"[\t\r\n]", "", url).strip(BLANKS)
    try:
        # urljoin takes "https:" and "https://" alone for the base itself.
        joined = urljoin(base, bare) if 0 < len(bare) <= 4096 and not SCHEME.fullmatch(bare) else ""
        parts = urlsplit(joined := FORBIDDEN.sub("", joined))  # never NFC: the server knows its own spelling
        refused = parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.port == 0
        if "[" in parts.netloc or not parts.netloc.isascii():
            safe_url_string(joined)  # Scrapy's own check, which Python's is laxer than
    except ValueError:
        return ""
    if refused or re.search(r"[\s<>\"\\^`{|}]", parts.netloc):
        return ""
    exact = parts.scheme + joined[len(parts.scheme) :]
    exact = re.sub(r'[\s<>"]', lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), exact)
    return exact if len(exact) <= 4096 else ""


def parsed(html: str) -> lxml_html.HtmlElement | None:
    """A page as a tree; None when it holds nothing. libxml2 bounds depth at 256 and never raises on tag soup."""
    try:
        return lxml_html.document_fromstring(html.encode("utf-8", "ignore"), parser=PARSER)
    except (etree.ParserError, ValueError):
        return None


def fragment(html: str) -> lxml_html.HtmlElement | None:
    """`html` as the tree of a `body`, without what a browser would not show; None when it holds nothing."""
    root = parsed(f"<div>{OUTER.sub('', sound(html))}</div>") if html else None
    if root is None:
        return None
    body = root.find("body")
    if len(body):
        body[0].drop_tag()
    etree.strip_elements(body, *UNSEEN, with_tail=False)
    return body


def lines_of(body: lxml_html.HtmlElement) -> str:
    """The text of a tree, one block a line. The tree is changed in place."""
    for block in body.iter(*BLOCKS):
        block.text = PARAGRAPH + (block.text or "")
        block.tail = PARAGRAPH + (block.tail or "")
    return "\n".join(line for part in "".join(body.itertext()).split(PARAGRAPH) if (line := fold(part)))


def paragraphs(html: str) -> str:
    """The text of HTML, one block a line, without what a browser would not show."""
    body = fragment(html)
    return "" if body is None else lines_of(body)


def sanitised(html: str, base: str) -> tuple[str, str]:
    """Balanced HTML of the allow-list alone, its links and images absolute http(s) (against `base`), no tracking pixels; its text.

    nh3 comes last: what it writes is what is stored, so no other parser's reading stands between check and use.
    """
    html = printable(html)
    if PARAGRAPHS.fullmatch(html):
        return html, "\n".join(filter(None, map(fold, html[3:-4].split("</p><p>"))))
    body = fragment(html)
    if body is None:
        return "", ""
    for image in list(body.iter("img", "image")):  # the second becomes the first: HTML 13.2.6.4.7
        image.tag = "img"
        source = next((url for key in ("src", *LAZY) if (url := absolute(image.get(key) or "", base))), "")
        if not source or is_pixel(image):
            image.drop_tree()
            continue
        image.set("src", source)
        for side in ("width", "height"):
            if not image.get(side, "0").isdigit():
                del image.attrib[side]
    for link in list(body.iter("a")):
        target = absolute(link.get("href") or "", base)
        if target and (any(map(str.strip, link.itertext())) or link.find(".//img") is not None):
            link.set("href", target)
        else:
            link.drop_tag()
    clean: str = CLEANER.clean(etree.tostring(body, encoding="unicode", method="html"))
    return composed(clean.strip()), lines_of(body)


def composed(html: str) -> str:
    """`html` with its texts in NFC, apart from its tags: ">" and U+0338 would become one character."""
    if unicodedata.is_normalized("NFC", html):
        return html
    return re.sub(r"[^<>]+", lambda found: unicodedata.normalize("NFC", found[0]), html).replace(">\u0338", ">")


def is_pixel(image: lxml_html.HtmlElement) -> bool:
    """Whether an `img` exists to be counted rather than seen: at most one pixel wide or high, or hidden."""
    sides = [image.get(side, "").strip().lower().removesuffix("px") for side in ("width", "height")]
    style = re.sub(r"\s", "", image.get("style") or "").lower()
    return any(side in {"0", "1"} for side in sides) or bool(HIDDEN.search(style))


def name(text: str) -> str:
    """One author's name as plain text, "" when there is only an address: `editor@x.org (Ann Lee)` is "Ann Lee"."""
    text = text[:BYLINE]  # MAIL is quadratic in what has no "@"
    text = MAIL.sub(" ", plain(text.replace("<", " ").replace(">", " ") if MAIL.search(text) else text))
    text = BY.sub("", text).strip(" ,;:|/-–—()\"'")
    return fold(text) if len(text) <= 120 and not NO_NAME.match(text) else ""


@lru_cache(maxsize=4096)
def names(text: str) -> tuple[str, ...]:
    """The authors of a by-line, split where every part is a person's full name: "Smith, John" stays one name."""
    whole = re.split(r"\s*[;|]\s*", plain(text)[:BYLINE])
    return tuple(dict.fromkeys(found for one in whole for part in people(one) if (found := name(part))))


def people(text: str) -> list[str]:
    """`text` split at commas and "and" if that leaves full names only, else whole."""
    parts = [part for part in re.split(r"\s*,\s*|\s+(?:and|&|und|et|y|e|og|och|en)\s+", text) if part]
    return parts if len(parts) > 1 and all(map(is_full_name, parts)) else [text]


def is_full_name(text: str) -> bool:
    """Two to five words, each capitalised or a particle such as "van": a person, not an office or a lone word."""
    words = re.sub(r"^by\s+", "", text, flags=re.IGNORECASE).split()
    han = re.fullmatch(r"[\u4e00-\u9fff]{2,4}", text)  # written without blanks
    return bool(han) or (2 <= len(words) <= 5 and all(not word[0].islower() or word in NAME_PARTICLES for word in words))

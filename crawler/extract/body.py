"""A parsed page in; the article's paragraphs and their HTML out, by trafilatura."""

import html as entities
import re
from typing import Any

from lxml import etree
from lxml.html import HtmlElement

from crawler.clean import fold, paragraphs
from crawler.read.item import as_html
from tickerwire.tables import table

TABLES = table("crawler.extract", "body")
WORDS = {kind: words.split() for kind, words in TABLES.items() if isinstance(words, str)}
LINE = "\0"  # between lines; no text holds it
CUT_SHORT = 3  # times as many words in the article element as in the body found: it broke off
LONGER = 1.25
COUNT = re.compile(r"\s*\d{1,6}(?:[.,]\d{1,3})?\s?[kKmM]?\+?\s*(?:shares?|likes?|views?|comments?)?\s*", re.IGNORECASE)
COUNTER = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(WORDS['counter'])})(?:$|[\s_-])", re.IGNORECASE)
COUNTS, SUMMARIES, DESCRIPTIONS, QUOTED, FORMS = map(etree.XPath, TABLES["places"].values())
GLUED = re.compile(r"\s*(\d{2,6})([^\W\d_]+)(?![\w])")
LEAD = re.compile(rf"(?:\b|_)(?:{'|'.join(WORDS['lead'])})(?:\b|_)", re.IGNORECASE)
OPTIONS: dict[str, Any] = {"include_comments": False, "include_formatting": True, "include_links": True, "with_metadata": False}
QUOTES = " \"'“”„‟«»‘’‹›「」『』"
INLINE, BLOCKS = set(WORDS["inline"]), set(WORDS["blocks"])


def read_body(tree: HtmlElement, url: str, told: str = "") -> tuple[str, str, str]:
    """The article's text, one paragraph a line, its HTML (unsanitised) and their origin; all "" when the page has none.

    Measured on real pages: favour_precision F1 .942, with images .934. `told` (JSON-LD's articleBody, often a mere teaser) counts
    only when it is clearly longer. Never `deduplicate`: its cache carries over from page to page.
    """
    drop_counts(tree)
    drop_asides(tree)
    there = sum(len("".join(part.itertext()).split()) for part in tree.iterfind(".//article//p"))
    body = trafilatura_body(tree, url, precise=True)
    size = words(body)
    if size * CUT_SHORT < there:
        wider = trafilatura_body(tree, url, precise=False)
        body = wider if words(wider) > size else body
    drop_pointers(body, next(filter(None, (fold(one.text_content()) for one in tree.iter("h1"))), ""))
    text = "" if body is None else "\n".join(lines(body))
    if len(told.split()) > LONGER * len(text.split()):
        told = as_html(told)
        return paragraphs(told), told, "json-ld"
    content = "" if body is None else markup(body)
    if text and (lead := standfirst(tree, text)):
        text, content = f"{lead}\n{text}", f"<p>{entities.escape(lead, quote=False)}</p>{content}"
    return text, content, "trafilatura" if text else ""


def standfirst(tree: HtmlElement, text: str) -> str:
    """The summary between heading and `text`, which trafilatura leaves out: it is named one, or is the page's description."""
    described = {fold(one)[:50] for one in DESCRIPTIONS(tree)}
    for block in SUMMARIES(tree)[:40]:
        said, named = fold(block.text_content()), f"{block.get('class')} {block.getparent().get('class')}"
        if len(said) > 40 and said in text:
            break  # the text has begun
        if 60 < len(said) < 600 and (said[:50] in described or LEAD.search(named)):
            return said
    return ""


def trafilatura_body(tree: HtmlElement, url: str, precise: bool) -> etree._Element | None:
    """trafilatura's document element; None when it finds no article. The given tree is left as it is."""
    from trafilatura import bare_extraction  # noqa: PLC0415  # 1.2 s: only the workers that read a page pay for it

    return getattr(bare_extraction(tree, url=url, favor_precision=precise, **OPTIONS), "body", None)


def words(body: etree._Element | None) -> int:
    """Words in a document element."""
    return 0 if body is None else len("".join(body.itertext()).split())


def drop_asides(tree: HtmlElement) -> None:
    """Take out pull quotes, which say again what a longer paragraph says, and the few words around a sign-up form."""
    said = [fold(one.text_content()) for one in tree.iter("p")]
    for quote in QUOTED(tree)[:50]:
        text = fold(" ".join(one.text_content() for one in quote.iter("p")) or quote.text_content()).strip(QUOTES)
        if len(text) > 20 and any(text in one and len(one) > len(text) + 4 for one in said):
            quote.drop_tree()
    for box in FORMS(tree):
        box.drop_tree()


def drop_pointers(body: etree._Element | None, heading: str) -> None:
    """Take out the heading, lines that only point elsewhere ("Read also: ...", wholly linked otherwise), and a last label in bold."""
    for line in [] if body is None else reversed(list(body.iter("p", "head"))):
        said, beside = ("".join(line.xpath(f".//text()[not({inside})]")).strip() for inside in ("false()", "ancestor::ref"))
        points = line.tag == "p" and said != beside and len(beside) < 30 and beside[-1:] in {"", ":", "："}
        label = line.getnext() is None and line.findtext("hi") == said and said[-1:].isalnum()
        if (points or label or fold(said) == heading) and len(line.getparent()) > 1:
            line.getparent().remove(line)


def drop_counts(tree: HtmlElement) -> None:
    """Take share counts out of the running text: `<p><span class="share-count">420</span>Iran has ...`.

    Only an element that holds a bare count and names itself one, or stands unnamed at a paragraph's very start with a word glued to
    it. A count in the paragraph's own text is judged by `drop_glued_count`.
    """
    drop_glued_count(tree)
    for element in COUNTS(tree):
        said = "".join(element.itertext())
        if len(said) < 24 and COUNT.fullmatch(said) and (is_counter(element) or glued(element)):
            element.drop_tree()


def drop_glued_count(tree: HtmlElement) -> None:
    """Take a share count out of a paragraph's own text: `<p>420Iran has ...`.

    Only where the page names something for sharing, where this is the one paragraph that begins so, and where the glued word
    stands nowhere else: a name ("40Under40", "7Eleven", "50Cent") would come back in the title or further down.
    """
    found_in = ((one, GLUED.match(one.text or "")) for one in tree.iter("p"))
    glued_on = [(one, found) for one, found in found_in if found and begins((one.text or "")[found.end(1) :])]
    if len(glued_on) != 1 or not any(is_counter(one) for one in tree.iter(*INLINE)):
        return
    paragraph, found = glued_on[0]
    if len(re.findall(rf"(?<!\d){found[1]}{found[2]}\b", tree.text_content())) == 1:
        paragraph.text = (paragraph.text or "")[found.end(1) :]


def is_counter(element: HtmlElement) -> bool:
    """Whether the element, or one just around it, is named for sharing and counting."""
    around = [element, *list(element.iterancestors())[:2]]
    return any(part.tag in INLINE and COUNTER.search(f"{part.get('class') or ''} {part.get('id') or ''}") for part in around)


def glued(element: HtmlElement) -> bool:
    """Whether the element opens a paragraph and a capitalised word follows without a blank; a drop cap is no count."""
    parent = element.getparent()
    opens = parent is not None and parent.tag == "p" and parent[0] is element and not (parent.text or "").strip()
    fancy = re.search(r"cap|initial|first|num|letter", element.get("class") or "", re.IGNORECASE)
    return opens and not fancy and "".join(element.itertext()).strip().isdigit() and begins(element.tail or "")


def begins(text: str) -> bool:
    """Whether a sentence begins here: a capital and a small letter, "A " and "I ", or a letter of Hebrew or Arabic."""
    return "\u0590" <= text[:1] < "\u0900" or (text[:1].isupper() and (text[1:2].islower() or text[:2] in {"A ", "I "}))


def lines(body: etree._Element) -> list[str]:
    """The blocks of trafilatura's document as folded lines, in order."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        edge = LINE if element.tag in BLOCKS else " " if element.tag == "lb" else ""
        pieces += (edge, (element.text if event == "start" else element.tail) or "")
    return [line for part in "".join(pieces).split(LINE) if (line := " ".join(part.split()))]


def markup(body: etree._Element) -> str:
    """trafilatura's document as HTML. The tree is changed in place."""
    for element in body.iter():
        if element.tag == "head":
            element.tag = element.get("rend") if re.fullmatch(r"h[1-6]", element.get("rend") or "") else "h3"
        elif element.tag == "hi":
            element.tag = TABLES["rendered"].get(element.get("rend") or "", "em")
        elif element.tag == "ref":
            element.tag = "a"
            element.set("href", element.get("target") or "")
        else:
            element.tag = TABLES["renamed"].get(element.tag, element.tag)
    return "".join(etree.tostring(part, encoding="unicode", method="html") for part in body)

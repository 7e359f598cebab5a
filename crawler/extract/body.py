"""A parsed page in; the article's paragraphs and their HTML out, by trafilatura."""

import re

from lxml import etree
from lxml.html import HtmlElement

from crawler.clean import paragraphs
from crawler.read.item import as_html

CUT_SHORT = 3  # times as many words in the article element as in the body found: it broke off
LONGER = 1.25
COUNT = re.compile(r"\s*\d{1,6}(?:[.,]\d{1,3})?\s?[kKmM]?\+?\s*(?:shares?|likes?|views?|comments?)?\s*", re.IGNORECASE)
COUNTER = re.compile(
    r"(?:^|[\s_-])(?:share|shares|sharing|count|counter|counts|likes?|views?|social|votes?)(?:$|[\s_-])", re.IGNORECASE
)
GLUED = re.compile(r"\s*(\d{2,6})([^\W\d_]+)(?![\w])")
INLINE = set("a abbr b button div em font i label li p small span strong sub sup u ul".split())
RENAMED = dict(pair.split(":") for pair in "list:ul item:li lb:br row:tr cell:td graphic:img quote:blockquote del:s".split())
RENDERED = {"#b": "b", "#i": "i", "#u": "u", "#t": "code", "#sub": "sub", "#sup": "sup"}
BLOCKS = {"p", "head", "item", "quote", "code", "cell", "fw", "ab"}


def read_body(tree: HtmlElement, url: str, told: str = "") -> tuple[str, str, str]:
    """The article's text, one paragraph a line, its HTML (unsanitised) and their origin; all "" when the page has none.

    Measured on real pages: favour_precision F1 .942, with images .934. `told` (JSON-LD's articleBody, often a mere teaser) counts
    only when it is clearly longer. Never `deduplicate`: its cache carries over from page to page.
    """
    drop_counts(tree)
    there = sum(len("".join(part.itertext()).split()) for part in tree.iterfind(".//article//p"))
    body = trafilatura_body(tree, url, precise=True)
    size = words(body)
    if size * CUT_SHORT < there:
        wider = trafilatura_body(tree, url, precise=False)
        body = wider if words(wider) > size else body
    text = "" if body is None else "\n".join(lines(body))
    if len(told.split()) > LONGER * len(text.split()):
        told = as_html(told)
        return paragraphs(told), told, "json-ld"
    return text, "" if body is None else markup(body), "trafilatura" if text else ""


def trafilatura_body(tree: HtmlElement, url: str, precise: bool) -> etree._Element | None:
    """trafilatura's document element; None when it finds no article. The given tree is left as it is."""
    from trafilatura import bare_extraction  # noqa: PLC0415  # 1.2 s: only the workers that read a page pay for it

    found = bare_extraction(
        tree,
        url=url,
        favor_precision=precise,
        include_comments=False,
        include_formatting=True,
        include_links=True,
        with_metadata=False,
    )
    return getattr(found, "body", None)


def words(body: etree._Element | None) -> int:
    """Words in a document element."""
    return 0 if body is None else len("".join(body.itertext()).split())


def drop_counts(tree: HtmlElement) -> None:
    """Take share counts out of the running text: `<p><span class="share-count">420</span>Iran has ...`.

    Only an element that holds a bare count and names itself one, or stands unnamed at a paragraph's very start with a word glued to
    it. A count in the paragraph's own text is judged by `drop_glued_count`.
    """
    drop_glued_count(tree)
    for element in list(tree.iter("span", "a", "b", "strong", "i", "em", "small", "div", "label", "button", "sup")):
        begun = (element.text or "").strip()
        if (begun and not begun[0].isdigit()) or len(element) > 2 or not (begun or len(element)):
            continue
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
    """Whether a sentence begins here: a capital and a small letter, or "A " and "I "."""
    return text[:1].isupper() and (text[1:2].islower() or text[:2] in {"A ", "I "})


def lines(body: etree._Element) -> list[str]:
    """The blocks of trafilatura's document as folded lines, in order."""
    found: list[str] = []
    pieces: list[str] = []

    def flush() -> None:
        line = " ".join("".join(pieces).split())
        pieces.clear()
        if line:
            found.append(line)

    for event, element in etree.iterwalk(body, events=("start", "end")):
        if element.tag in BLOCKS:
            flush()
        if event == "start":
            pieces.append(element.text or "")
        else:
            pieces.append((" " if element.tag == "lb" else "") + (element.tail or ""))
    flush()
    return found


def markup(body: etree._Element) -> str:
    """trafilatura's document as HTML. The tree is changed in place."""
    for element in body.iter():
        if element.tag == "head":
            element.tag = element.get("rend") if re.fullmatch(r"h[1-6]", element.get("rend") or "") else "h3"
        elif element.tag == "hi":
            element.tag = RENDERED.get(element.get("rend") or "", "em")
        elif element.tag == "ref":
            element.tag = "a"
            element.set("href", element.get("target") or "")
        else:
            element.tag = RENAMED.get(element.tag, element.tag)
    return "".join(etree.tostring(part, encoding="unicode", method="html") for part in body)

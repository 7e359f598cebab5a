"""What an outlet's pages repeat, and its articles, in; the articles without it, and all that was taken out of them, out.

What is taken is kept with its place, so whatever is learnt or unlearnt later, every article can be made from its whole again.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from lxml import etree

from crawler.clean import fragment, paragraphs, sanitised
from tickerwire.config import Outlet
from tickerwire.store import Archive, Store
from tickerwire.store.learned import key, trimmed
from tickerwire.store.pages import PageRead

SWEPT = 500  # newest articles that are put right
Taken = tuple[str, int, str]  # "text" or "content_html", place among its parts, what stood there
Body = tuple[str, str]  # text, one paragraph a line; HTML
FIELDS = ("text", "content_html")


def stripped(store: Archive, outlet: str, read: PageRead) -> PageRead:
    """What a page said without what the outlet's pages are known to repeat."""
    if read.entry is None or not read.entry.text:
        return read
    (text, html), gone = without((read.entry.text, read.entry.content_html), known(store, outlet)["page"])
    return replace(read, entry=replace(read.entry, text=text, content_html=html), said=read.entry.text, removed=tuple(gone))


def renew(store: Store, outlet: Outlet) -> Iterator[bool]:
    """Make the outlet's stored articles anew, one at each step, from what they said whole and what is known now: did it change?"""
    said = known(store, outlet.id)
    affixes = (*outlet.page.title_affixes, *said["title"].values())
    for one in store.bodies(outlet.id, SWEPT):
        title = next((was for field, _, was in one["removed"] if field == "title"), one["title"])
        short = trimmed(title, affixes)
        (text, html), gone = without(restored((one["text"], one["content_html"]), one["removed"]), said["page"])
        changed = (short, text) != (one["title"], one["text"])
        if changed:
            values = {"title": short, "text": text, "content_html": html}
            store.strip(one["id"], values, [*gone, *([("title", 0, title)] if short != title else [])])
        yield changed


def known(store: Archive, outlet: str) -> dict[str, dict[int, str]]:
    """What is taken out, by kind ("page", "title") and key."""
    found = [one for one in store.learned(outlet) if one["state"] == "removed"]
    return {kind: {one["key"]: one["said"] for one in found if one["kind"] == kind} for kind in ("page", "title")}


def without(body: Body, boilerplate: Collection[int]) -> tuple[Body, list[Taken]]:
    """`body` without the lines with these keys, and what was taken. A body that is nothing else stays whole."""
    split: dict[str, list[str]] = {}
    gone: list[Taken] = []
    for name in FIELDS:
        split[name] = parts(body, name)
        named = ((place, said, keys(said, name)) for place, said in enumerate(split[name]))
        gone += [(name, place, said) for place, said, found in named if found and all(one in boilerplate for one in found)]
        if name == "text" and len(gone) in {0, len(split[name])}:  # the HTML need not be looked at
            return body, []
    places = {(name, place) for name, place, _ in gone}
    text, html = ([said for place, said in enumerate(split[name]) if (name, place) not in places] for name in FIELDS)
    return ("\n".join(text), sanitised("".join(html), "")[0]), gone


def restored(body: Body, gone: Iterable[Taken]) -> Body:
    """`body` with all that was taken put back."""
    split = {name: parts(body, name) for name in FIELDS}
    put = [one for one in sorted(gone) if one[0] in FIELDS]
    for name, place, said in put:
        split[name].insert(place, said)
    return ("\n".join(split["text"]), sanitised("".join(split["content_html"]), "")[0]) if put else body


def parts(body: Body, name: str) -> list[str]:
    """The lines of the text, or the outermost elements of the HTML with what follows each."""
    if name == "text":
        return body[0].split("\n")
    tree = fragment(body[1])
    return [] if tree is None else [tree.text or "", *(etree.tostring(one, encoding="unicode", method="html") for one in tree)]


def keys(said: str, name: str) -> set[int]:
    """The keys of the lines of one part; none of a part that shows no text."""
    return {key(line) for line in (said if name == "text" else paragraphs(said)).split("\n") if line.strip()}

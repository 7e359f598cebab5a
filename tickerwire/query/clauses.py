"""One clause of a filter expression in (field, kind, text); its node, or the reason it is refused, out."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, timedelta
from difflib import get_close_matches
from importlib.resources import files

from tickerwire.query import ast
from tickerwire.query.ast import UNITS, Leaf
from tickerwire.query.fold import fold, words
from tickerwire.query.pattern import fault

TEXT_FIELDS = frozenset({"title", "body", "author", "category", "tag", "section"})
LONGEST_AGE = timedelta(days=36_500)  # stored dates have years of four digits
EARLIEST = 1990  # dates before are taken for mistakes when articles are stored
FEW = 20  # names that are listed
FLAGS = {"has": ("image",), "is": ("pinned", "urgent")}
ID = r"[a-z][a-z0-9-]{0,63}"
ISO_639_1 = frozenset(files("tickerwire.query").joinpath("iso-639-1.txt").read_text().split())  # withdrawn codes, too
ISO_639_3 = files("tickerwire.query").joinpath("iso-639-3.txt").read_text()  # of 2026; without those that have two letters, too
LANGUAGE = r"[a-z]{2,3}(-[a-z0-9]{2,8})*"


class Refused(Exception):
    """`args` are why a clause is refused, and the offset of the reason in the query."""


def refuse(sign: object, why: str, position: int) -> None:
    """Raise `Refused` with `why` and `position` where there is a `sign` that calls for it."""
    if sign:
        raise Refused(why, position)


def suggestion(name: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown name: the nearest one, else all when they are few."""
    listed = sorted(known)
    near = get_close_matches(name, listed, 1) or get_close_matches(name.lower(), listed, 1)
    return f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(listed)}" if 0 < len(listed) <= FEW else ""


def leaf(field: str | None, kind: str, text: str, position: int) -> Leaf:
    """The node of one clause. `kind` is WORD, PREFIX, QUOTED or REGEX, `position` the offset of `text`. Raises Refused."""
    if kind == "REGEX" and (field is None or field in TEXT_FIELDS):
        refuse(why := fault(text[1:-1]), f"not a regular expression of RE2: {why}", position + 1)
        return ast.Pattern(field or "anywhere", text[1:-1])
    value = text[1:-1] if kind == "QUOTED" else text.removesuffix("*") if kind == "PREFIX" else text
    if field is None or field in TEXT_FIELDS:
        return _term(field, kind, value, position)
    refuse(kind == "PREFIX", f"{field}: takes no *", position + len(value))
    return _READERS[field](field, value, position + (kind == "QUOTED"))


def _term(field: str | None, kind: str, value: str, position: int) -> Leaf:
    bare, (other, colon, _) = kind != "QUOTED", value.partition(":")
    refuse(bare and value.startswith("/"), "a word cannot start with /; put it in quotation marks", position)
    refuse(bare and colon and other in FIELDS, f"{field}: and {other}: cannot both stand before one value", position)
    text = words(fold(value))
    refuse(not text, "there is no letter or digit to look for", position)
    if kind == "PREFIX":
        return ast.Prefix(field, text)
    return ast.Phrase(field, text) if " " in text else ast.Word(field, text)


def _outlet(field: str, value: str, position: int) -> Leaf:
    refuse(not re.fullmatch(ID, value), f"{value!r} is not an outlet id (a-z, 0-9 and -, starting with a letter)", position)
    return ast.Exact(field, value)


def _language(field: str, value: str, position: int) -> Leaf:
    tag = value.lower().replace("_", "-")
    refuse(not re.fullmatch(LANGUAGE, tag), f"{value!r} is not a language tag like en, pt-BR or zh-Hant", position)
    refuse(tag[2:3] in {"", "-"} and tag[:2] not in ISO_639_1, f"there is no language {tag[:2]!r}", position)
    return ast.Exact(field, tag)


def registered(tag: str) -> bool:
    """Whether there is the language of a tag: in three letters where there are no two (RFC 5646 section 2.2.1)."""
    code = tag.partition("-")[0]
    return code in ISO_639_1 or bool(re.search(rf"\b{code[:2]}:\w*{code[2:]}", ISO_639_3))


def _part(field: str, value: str, position: int) -> Leaf:
    refuse(not value.strip(), f"expected a part of the {field} after {field}:", position)
    return ast.Contains(field, value.strip().casefold())


def _age(_: str, value: str, position: int) -> Leaf:
    found = re.fullmatch(r"([<>])([0-9]+)(\D+)", value)
    if not found:
        raise Refused(f"expected < or >, a number and a unit after age:, like age:<7d, not {value!r}", position)
    known = "m (minutes), h (hours), d (days), w (weeks)"
    refuse(found[3] not in UNITS, f"unknown unit {found[3]!r}; known are {known}", position + found.start(3))
    fits = 0 < int(found[2]) <= LONGEST_AGE // UNITS[found[3]]
    refuse(not fits, f"an age lies between 1m and {LONGEST_AGE.days}d", position + found.start(2))
    age = int(found[2]) * UNITS[found[3]]
    return ast.AgeLess(age) if found[1] == "<" else ast.AgeMore(age)


def _story(_: str, value: str, position: int) -> Leaf:
    found = re.fullmatch(r"size([<>])([0-9]{1,4})", value)
    if not found or found[0] in {"size<0", "size<1"}:
        raise Refused(f"expected size, < or > and a number after story:, like story:size>2, not {value!r}", position)
    return ast.Copies(found[1] == ">", int(found[2]))


def _published(_: str, value: str, position: int) -> Leaf:
    first, dots, last = value.partition("..")
    refuse(not first and not last, "expected a day or a range after published:, like 2026-11-01..2026-11-10", position)
    start = _day(first, position) if first else None
    end = _day(last, position + len(first) + 2) if last else None if dots else start
    refuse(start and end and start > end, f"the range is empty: {start} is after {end}", position)
    refuse(end and end.year < EARLIEST, f"no article is dated before {EARLIEST}", position)
    return ast.Published(start, end)


def _day(value: str, position: int) -> date:
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    raise Refused(f"{value!r} is not a day like 2026-11-01", position)


def _flag(field: str, value: str, position: int) -> Leaf:
    if value not in FLAGS[field]:
        raise Refused(f"unknown value {value!r} after {field}:{suggestion(value, FLAGS[field])}", position)
    return ast.Flag(field, value)


_READERS: dict[str, Callable[[str, str, int], Leaf]] = {"outlet": _outlet, "lang": _language, "age": _age, "published": _published}
_READERS |= {"story": _story} | dict.fromkeys(("url", "guid"), _part) | dict.fromkeys(FLAGS, _flag)
FIELDS = TEXT_FIELDS | _READERS.keys()

"""A query and one article in; the clauses that decided whether it belongs, each with the words they hit, out."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from tickerwire.query.ast import And, Contains, Flag, Leaf, Not, Or, Pattern, Query, Term
from tickerwire.query.highlight import Located
from tickerwire.query.match import JOINED, TEXTS, Folded, compile_query

AROUND = 40  # characters shown on each side of what matched
KEPT = {"lang": "language", "age": "position", "published": "date", "story": "copies"}  # where an article holds what is asked


class Reason(NamedTuple):
    """One clause as written, the field it hit or looks at, what stands there, and whether it was found: after NOT that keeps out."""

    clause: str
    field: str
    matched: bool
    text: str


def reasons(text: str, query: Query, folded: Folded, now: datetime, sign: str = "") -> Iterator[Reason]:
    """The clauses that decided `query`, read from `text`: of an AND that fails those that fail, of an OR that holds those that hold."""
    match query:
        case And(parts) | Or(parts):
            belongs = compile_query(query)(folded, now)
            for part in parts:
                if compile_query(part)(folded, now) is belongs:
                    yield from reasons(text, part, folded, now, sign)
        case Not(part):
            yield from reasons(text, part, folded, now, "" if sign else "NOT ")
        case Leaf():
            yield Reason(sign + (text[slice(*query.span)] or "max_age"), *_found(query, folded, now))


def _found(leaf: Leaf, folded: Folded, now: datetime) -> tuple[str, bool, str]:
    """The field a clause hits, or looks at, whether it holds, and what stands there."""
    if isinstance(leaf, Term | Pattern):
        names = JOINED.get(leaf.field or "anywhere", (leaf.field or "",))
        hits = ((name, True, excerpt(leaf, value)) for name in names for value in TEXTS[name](folded.article))
        return next((hit for hit in hits if hit[2]), (leaf.field or "anywhere", False, ""))
    holds = compile_query(leaf)(folded, now)
    if isinstance(leaf, Contains):
        both = str(getattr(folded, leaf.field)).split("\n")
        return leaf.field, holds, next((one for one in both if leaf.text in one), both[0])
    field = leaf.text if isinstance(leaf, Flag) else str(getattr(leaf, "field", "anywhere"))
    return field, holds, str(getattr(folded.article, KEPT.get(field, field), ""))


def excerpt(term: Term | Pattern, value: str) -> str:
    """What of `value` a term hits, in [brackets] as it stands there, with a few words around; "" when it hits nothing."""
    if not (span := next(Located(value).spans(term), None)):
        return ""
    start, end = span
    before, after = value[:start].rjust(AROUND)[-AROUND:], value[end : end + AROUND]
    cut = "…" * (start > AROUND), "…" * (end + AROUND < len(value))
    return " ".join(f"{cut[0]}{before}[{value[start:end]}]{after}{cut[1]}".split())

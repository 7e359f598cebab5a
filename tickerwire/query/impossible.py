"""Two parts of a query in; whether one is within the other, or no article can be of both, as far as their forms tell, out."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations, permutations
from math import inf
from typing import Any

from tickerwire.errors import QueryError, legible
from tickerwire.query import ast
from tickerwire.query.ast import All, And, Leaf, Not, Or, Query, leaves
from tickerwire.query.match import JOINED, needle
from tickerwire.query.parse import parse

MOST = 200  # parts of one AND or OR that are held against each other: every pair is looked at
MOMENT = timedelta(seconds=1)


def possible(text: str, lists: Mapping[str, Sequence[str]] | None = None) -> Query:
    """`parse`, and QueryError, too, for two clauses that no article can meet at once, also inside of an OR or after NOT."""
    query = parse(text, lists)
    for one, other in _contradictions(query):
        both = f"`{written(text, one)}` and `{written(text, other)}`"
        raise QueryError(f"no article can be both {both}", text, next(leaves(other)).span[0])
    return query


def written(text: str, query: Query) -> str:
    """A part of the query `text` as it stands there."""
    spans = [leaf.span for leaf in leaves(query)]
    found = legible(text[min(spans)[0] : max(end for _, end in spans)])
    short = 0 if '"' in found else found.count("(") - found.count(")")  # those that lie further out
    found = "(" * -short + found + ")" * short
    return f"NOT ({found})" if isinstance(query, Not) and len(spans) > 1 else f"NOT {found}" if isinstance(query, Not) else found


def _contradictions(query: Query) -> Iterator[tuple[Query, Query]]:
    match query:
        case Not(part):
            yield from [(query, query)] if implies(All(), part) else _contradictions(part)
        case And(parts) | Or(parts):
            yield from (pair for pair in combinations(parts[:MOST], 2) if isinstance(query, And) and excludes(*pair))
            for part in parts:
                yield from _contradictions(part)


def idle(text: str, query: Query) -> Iterator[str]:
    """What does nothing in `query`, read from `text`, in sentences, some twice: parts of an AND or OR that change nothing beside
    another one, and two of an OR that let every article in. The lines of a word list, which share a place, are held against nothing."""
    parts = query.parts if isinstance(query, And | Or) else (query.part,) if isinstance(query, Not) else ()
    places, either = Counter(next(leaves(part)).span for part in parts), isinstance(query, Or)
    for one, other in permutations([part for part in parts if places[next(leaves(part)).span] == 1][:MOST], 2):
        if implies(one, other) if either else implies(other, one):
            yield f"`{written(text, one)}` adds nothing to `{written(text, other)}`"
        elif either and isinstance(one, Not) and implies(one.part, other):
            yield "every article is `{}` or `{}`".format(*sorted([written(text, one), written(text, other)]))
    for part in parts:
        yield from idle(text, part)


def implies(one: Query, other: Query) -> bool:
    """Whether all articles of `one` are of `other`, too; False where that cannot be told."""
    match one, other:
        case Or(parts), _:
            return all(implies(part, other) for part in parts)
        case _, And(parts):
            return all(implies(one, part) for part in parts)
        case _, Not(part):
            return implies(part, one.part) if isinstance(one, Not) else excludes(one, part)
        case _, Or(parts) if one in parts or any(implies(one, part) for part in parts):
            return True
        case And(parts), _:
            return any(implies(part, other) for part in parts)
    return isinstance(other, All) or one == other or (isinstance(one, Leaf) and isinstance(other, Leaf) and _within(one, other))


def excludes(one: Query, other: Query) -> bool:
    """Whether no article is of both; False where that cannot be told."""
    match one, other:
        case (Or(parts), rest) | (rest, Or(parts)):
            return all(excludes(part, rest) for part in parts)
        case (Not(part), rest) | (rest, Not(part)):
            return implies(rest, part)
        case (And(parts), rest) | (rest, And(parts)):
            return any(excludes(part, rest) for part in parts)
        case Leaf(), Leaf():
            (what, least, most), (asked, lowest, highest) = _range(one), _range(other)
            return what == asked and bool(least > highest or lowest > most)
    return False


def _within(one: Leaf, other: Leaf) -> bool:
    match one, other:
        case ast.Term(field, _), ast.Term(wide, _):
            return (wide in (None, field) or field in JOINED.get(wide or "", ())) and needle(other) in needle(one)
        case ast.Contains(field, text), ast.Contains(wide, part):
            return field == wide and part in text
    (what, least, most), (asked, lowest, highest) = _range(one), _range(other)
    return what == asked and bool(lowest <= least and most <= highest)


def _range(leaf: Leaf) -> tuple[object, Any, Any]:
    """What a clause asks of and between which values it has to lie, both included; a field of its own where that is no order."""
    match leaf:
        case ast.AgeLess(age):
            return "age", timedelta(0), age - MOMENT
        case ast.AgeMore(age):
            return "age", age + MOMENT, timedelta.max
        case ast.Published(first, last):
            return "published", first or date.min, last or date.max
        case ast.Copies(more, count):
            return "story", count + 1 if more else 1, inf if more else count - 1
        case ast.Exact(field, text):  # en-gb lies between, eng does not
            return field, text, f"{text}-\uffff" if field == "lang" else text
    return leaf, 0, 0

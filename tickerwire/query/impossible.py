"""A query in; the two clauses no article can meet at once, where an AND asks for both, out."""

from datetime import date
from itertools import combinations

from tickerwire.query.ast import AgeLess, AgeMore, And, Exact, Leaf, Not, Or, Published, Query


def impossible(query: Query) -> tuple[Leaf, Leaf] | None:
    """Two clauses of one AND that exclude each other; None where there are none, also inside of an OR or after NOT."""
    match query:
        case And(parts):
            pairs = combinations([part for part in parts if isinstance(part, Leaf)], 2)
            here = next((pair for pair in pairs if _exclusive(*pair)), None)
            return here or next(filter(None, map(impossible, parts)), None)
        case Or(parts):
            return next(filter(None, map(impossible, parts)), None)
    return impossible(query.part) if isinstance(query, Not) else None


def open_to(query: Query, outlet: str, others: bool = True) -> bool:
    """Whether an article of `outlet` can meet `query` when all clauses about anything else hold (or, with `others` False, fail)."""
    match query:
        case Exact("outlet", text):
            return text == outlet
        case And(parts) | Or(parts):
            met = [open_to(part, outlet, others) for part in parts]
            return all(met) if isinstance(query, And) else any(met)
        case Not(part):
            return not open_to(part, outlet, not others)
    return others


def _exclusive(one: Leaf, other: Leaf) -> bool:
    match one, other:
        case Exact("outlet", text), Exact("outlet", second):
            return text != second
        case Exact("lang", text), Exact("lang", second):
            return not (f"{text}-".startswith(f"{second}-") or f"{second}-".startswith(f"{text}-"))
        case (AgeLess(less), AgeMore(more)) | (AgeMore(more), AgeLess(less)):
            return more >= less
        case Published(first, last), Published(start, end):
            return max(first or date.min, start or date.min) > min(last or date.max, end or date.max)
    return False

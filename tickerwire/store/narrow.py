"""A query in; the full-text expression that every matching article meets out. It may let others pass, too."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tickerwire.query import AgeLess, And, Exact, Flag, Not, Or, Prefix, Query, leaves
from tickerwire.query.ast import AgeMore, Contains, Copies, Pattern, Published, Term, without
from tickerwire.query.pattern import certain
from tickerwire.query.tokens import expression, within
from tickerwire.store.index import FIRST, LAST, fact
from tickerwire.store.rows import stamp

COLUMNS = {"author": "authors", "category": "section tags", "tag": "tags"}  # others are called as their field
CLOCK = timedelta(seconds=1)  # stored moments are whole seconds
DAY = timedelta(days=1)
NEVER = "9999-12-31T23:59:59Z"
ALL, NOTHING = '"is:all"', '"is:nothing"'  # of every article, and of none
SHORT = 4  # prefixes of one or two letters for which the index is asked at most
WIDE = 50  # words joined by OR that are few to the index
DEPTH = 16  # the index reads expressions some 30 parentheses deep


class Bounds(NamedTuple):
    """What the index holds of every article that a query may match ("": anything), the positions before and after which there is none,
    and how many copies its story has at least."""

    search: str
    since: str
    until: str
    copies: int


def narrow(query: Query, now: datetime, outlets: Sequence[str] = ()) -> Bounds:
    """The bounds of `query` at `now`, for these `outlets` or for all."""
    parts = query.parts if isinstance(query, And) else (query,)
    since = max((stamp(now - part.age - CLOCK) for part in parts if isinstance(part, AgeLess)), default="")
    until = min((stamp(now - part.age) for part in parts if isinstance(part, AgeMore)), default=NEVER)
    shut = {
        one for part in parts if isinstance(part, Not) for one in (part.part.parts if isinstance(part.part, Or) else (part.part,))
    }
    if shut.intersection(parts):
        return Bounds(NOTHING, since, until, 0)
    short = sum(map(_short, leaves(query))) > SHORT
    rest = [_bound(without(part, _short) if short else part, now) for part in parts if not isinstance(part, AgeLess)]
    named = " OR ".join(f'"{fact("outlet", outlet)}"' for outlet in outlets)
    return Bounds(" AND ".join(f"({one})" for one in (*rest, named) if one), since, until, max(map(copies, parts)))


def copies(query: Query) -> int:
    """How many copies a story has at least, whose articles `query` matches."""
    match query:
        case Copies(True, count):
            return count + 1
        case Not(Copies(False, count)):
            return count
    return 0


def _short(query: Query) -> bool:
    """Whether the index would have to gather what begins with one or two letters, a good part of all it holds."""
    if isinstance(query, Not):
        return any(map(_short, leaves(query)))
    return isinstance(query, Prefix) and len(query.text.split()[-1]) < 3


def costly(query: Query) -> bool:
    """Whether the index has to gather much for this part before it gives the first article."""
    match query:
        case Or(parts):
            return len(parts) > WIDE
        case Not(part):
            inner = list(leaves(part))
            return len(inner) > WIDE or any(map(costly, inner))
    return isinstance(query, (Prefix, Pattern, Copies))


def _bound(query: Query, now: datetime, upper: bool = True, depth: int = DEPTH) -> str:  # noqa: PLR0911  # one per kind of node
    """`upper`: what every article that `query` matches meets, "" when any may; else what only such articles meet, "" when none does."""
    match query:
        case And(parts) | Or(parts) if depth:
            bounds = [_bound(part, now, upper, depth - 1) for part in parts]
            if "" in bounds and isinstance(query, And) is not upper:
                return ""
            return (" AND " if isinstance(query, And) else " OR ").join(f"({one})" for one in bounds if one)
        case Not(part) if depth:
            inner = _bound(part, now, not upper, depth - 1)
            return f"{ALL} NOT ({inner})" if inner else ""
        case Prefix(None):  # facts begin with words: `-lang*` keeps out no article that merely has a language
            return f"- facts : {expression(query)}"
        case Term(field):
            return f"{{{COLUMNS.get(field, field)}}} : {expression(query)}" if field else expression(query)
        case Exact(field, text) | Flag(field, text):
            return f'"{fact(field, text)}"'
        case Contains(_, text) if upper:
            return within(text)
        case Pattern() if upper:
            return " AND ".join(_bound(term, now) for term in certain(query))
        case AgeLess() | AgeMore() | Published() if upper:
            return _days(query, now)
    return ""


def _days(clause: AgeLess | AgeMore | Published, now: datetime) -> str:
    """The days that the clause lets in, its first and last whole."""
    if isinstance(clause, Published):
        first, last = clause.first or FIRST, clause.last or LAST
    else:
        turn = now - clause.age
        first, last = ((turn - CLOCK).date(), LAST) if isinstance(clause, AgeLess) else (FIRST, turn.date())
    return " OR ".join(f'"on:{token}"' for token in _calendar(first, last))


def _calendar(first: date, last: date) -> Iterator[str]:
    """Years, months and days, each as long as may be, from `first` to `last`, both held to FIRST and LAST."""
    day, last = min(max(first, FIRST), LAST), max(min(last, LAST), FIRST)
    while day <= last:
        month = (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY
        wholes = (
            (day.replace(month=12, day=31), f"{day.year}", day.month == day.day == 1),
            (month, f"{day:%Y-%m}", day.day == 1),
        )
        end, token = next(((end, token) for end, token, begins in wholes if begins and end <= last), (day, f"{day}"))
        yield token
        day = end + DAY

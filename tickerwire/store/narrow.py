"""A query in; an SQL condition that every matching article meets, with its parameters, out. It may let others pass, too."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tickerwire.query import AgeLess, And, Exact, Flag, Or, Phrase, Prefix, Query, Word, index_tokens
from tickerwire.store.rows import stamp

COLUMNS = {"title": "title", "body": "body", "author": "authors", "category": "tags", "tag": "tags", "section": "tags"}
CLOCK = timedelta(seconds=1)  # stored moments are whole seconds
Condition = tuple[str, tuple[object, ...]]
SEARCH = "a.id in (select rowid from articles_fts where articles_fts match ?)"
ANY: Condition = ("", ())
LIVE = "a.desk = '' and a.title != ''"


def narrow(query: Query, now: datetime, outlets: Sequence[str] = ()) -> tuple[str, str, Condition]:
    """What every article that `query` may match holds by the full-text index ("": anything), the position before which there is none
    ("": no such), and the WHERE of such live articles (alias `a`) at `now`, of these `outlets` or of all. An article without a title
    still waits for its page."""
    said = query.parts if isinstance(query, And) else (query,)
    parts = [_condition(part, now) for part in said if not isinstance(part, AgeLess)]
    since = max((_since(part, now) for part in said if isinstance(part, AgeLess)), default="")
    searches = [str(values[0]) for sql, values in parts if sql == SEARCH]
    named = (f"a.outlet in ({','.join('?' * len(outlets))})", tuple(outlets)) if outlets else ANY
    rest = [part for part in parts if part[0] != SEARCH]
    return " AND ".join(f"({one})" for one in searches), since, _joined(" and ", [(LIVE, ()), *rest, named])


def _joined(word: str, conditions: Sequence[Condition]) -> Condition:
    said = [condition for condition in conditions if condition != ANY]
    return word.join(f"({sql})" for sql, _ in said), tuple(value for _, values in said for value in values)


def _condition(query: Query, now: datetime) -> Condition:  # noqa: PLR0911  # one per kind of node
    """The condition for `query`; ANY when it cannot be narrowed. Negations never are: the index holds supersets."""
    match query:
        case And(parts):
            return _joined(" and ", [_condition(part, now) for part in parts])
        case Or(parts):
            either = [_condition(part, now) for part in parts]
            return ANY if ANY in either else _gathered(either)
        case Exact("outlet", text):
            return "a.outlet = ?", (text,)
        case Exact("lang", text):
            return "lower(a.language) = ? or lower(a.language) like ?", (text, f"{text}-%")
        case Flag("is", text):
            return f"a.{text} = 1", ()
        case AgeLess():
            return "a.position >= ?", (_since(query, now),)
        case Word() | Phrase() | Prefix():
            return _words(query)
        case _:
            return ANY


def _since(age: AgeLess, now: datetime) -> str:
    return stamp(now - age.age - CLOCK)


def _gathered(either: Sequence[Condition]) -> Condition:
    """All searches of the index as one: lists have a thousand words, and SQLite takes expressions 1,000 deep."""
    search: Condition = (SEARCH, (" OR ".join(str(values[0]) for sql, values in either if sql == SEARCH),))
    rest = [one for one in either if one[0] != SEARCH]
    if not rest:
        return search
    return _joined(" or ", [*rest, *[search] * (len(rest) < len(either))])


def _words(term: Word | Phrase | Prefix) -> Condition:
    """Only words that SQLite and the predicate are known to split alike. MATCH gets no user syntax."""
    tokens = index_tokens(term)
    if not tokens:
        return ANY
    expression = f'"{" ".join(tokens)}"' + ("*" if isinstance(term, Prefix) else "")
    if term.field:
        expression = f"{COLUMNS[term.field]} : {expression}"
    return SEARCH, (expression,)

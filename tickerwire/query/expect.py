"""A query and an example title in; whether an article of that title would pass, and whether a title can tell at all, out."""

from collections.abc import Mapping
from functools import partial

from tickerwire.query.ast import All, And, Not, Or, Pattern, Query, Term
from tickerwire.query.match import Searched, compile_term
from tickerwire.query.pattern import seek


def passes(query: Query, title: str) -> bool | None:
    """True or False where the title decides; None where it hangs on what an example does not say (outlet, language, age …)."""
    return _decide(title, dict.fromkeys(("title", "anywhere"), Searched.of([title])), query)


def _decide(title: str, texts: Mapping[str, Searched], query: Query) -> bool | None:
    match query:
        case Not(part):
            inner = _decide(title, texts, part)
            return None if inner is None else not inner
        case And(parts) | Or(parts):
            decisive = isinstance(query, Or)
            found = set(map(partial(_decide, title, texts), parts))
            if decisive in found:  # else one unknown part leaves it open: Kleene's logic of three values
                return decisive
            return None if None in found else not decisive
        case Term() if telling(query):
            return compile_term(query)(texts, None)
        case Pattern(_, text) if telling(query):
            return seek(text, title)
    return True if isinstance(query, All) else None


def open_to(query: Query, verdict: bool) -> bool:
    """Whether there may be a title for which `passes` comes to this verdict."""
    match query:
        case Not(part):
            return open_to(part, not verdict)
        case And(parts) | Or(parts):
            return (any if isinstance(query, Or) is verdict else all)(open_to(part, verdict) for part in parts)
    return verdict if isinstance(query, All) else telling(query)


def telling(leaf: Query) -> bool:
    """Whether a title alone answers this clause."""
    return isinstance(leaf, All) or (isinstance(leaf, Term | Pattern) and leaf.field in (None, "title", "anywhere"))

"""A query and an example title in; whether an article of that title would pass, as far as a title can tell, out."""

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
        case Term(None | "title"):
            return compile_term(query)(texts, None)
        case Pattern("title" | "anywhere", text):
            return seek(text, title)
    return True if isinstance(query, All) else None

"""A query in; keys out, one of which every article it matches has, so that an article asks few of a thousand queries."""

from collections.abc import Mapping

from tickerwire.query.ast import And, Exact, Or, Prefix, Query, Term
from tickerwire.query.fold import spaceless
from tickerwire.query.match import Folded


def keys(folded: Folded) -> set[str]:
    """The words of an article, and its outlet; no word has a colon."""
    return {f"outlet:{folded.article.outlet}", *folded["anywhere"].words}


def required(query: Query, often: Mapping[str, int]) -> frozenset[str]:
    """One of these is among the `keys` of every article that `query` matches; none when that cannot be told. Of several such sets it
    is the one that the fewest articles have: `often` counts theirs by key."""
    match query:
        case And(parts):
            named = filter(None, (required(part, often) for part in parts))
            return min(named, key=lambda found: sum(often.get(key, 0) for key in found), default=frozenset())
        case Or(parts):
            either = [required(part, often) for part in parts]
            return frozenset[str]().union(*either) if all(either) else frozenset()
        case Exact("outlet", text):
            return frozenset({f"outlet:{text}"})
        case Term(text=text):
            pieces = text.split(" ")
            whole = pieces[spaceless(text[0]) : len(pieces) - (isinstance(query, Prefix) or spaceless(text[-1]))]
            return frozenset({min(whole, key=lambda word: often.get(word, 0))}) if whole else frozenset()
        case _:
            return frozenset()

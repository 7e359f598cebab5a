"""The filter language: a query's text in; nodes, the predicate over one article and a canonical spelling out."""

from tickerwire.query.ast import AgeLess, And, Exact, Flag, Not, Or, Phrase, Prefix, Query, Word, both, leaves
from tickerwire.query.fold import fold
from tickerwire.query.match import Folded, Predicate, compile_query, matches
from tickerwire.query.parse import parse, read_once
from tickerwire.query.pattern import compiled

__all__ = ["AgeLess", "And", "Exact", "Flag", "Not", "Or", "Phrase", "Prefix", "Query", "Word"]
__all__ += ["Folded", "Predicate", "both", "compile_query", "fold", "forget", "leaves", "matches", "parse"]


def forget() -> None:
    """Empty what is remembered of queries, which is meant for an operator's: thousands of a stranger's would fill the memory."""
    for cache in (read_once, compile_query, compiled):
        cache.cache_clear()

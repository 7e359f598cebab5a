"""The filter language: a query's text in; nodes, the predicate over one article and a canonical spelling out."""

from tickerwire.query.ast import (
    AgeLess,
    All,
    And,
    Exact,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Word,
    ascii_tokens,
    leaves,
    outlets_named,
    uses_age,
)
from tickerwire.query.fold import fold
from tickerwire.query.match import Folded, compile_query, matches
from tickerwire.query.parse import parse

__all__ = ["AgeLess", "All", "And", "Exact", "Not", "Or", "Phrase", "Prefix", "Query", "Word"]
__all__ += ["Folded", "ascii_tokens", "compile_query", "fold", "leaves", "matches"]
__all__ += ["outlets_named", "parse", "uses_age"]

"""A query and one text in; the text in pieces, those that the query asks for marked, out."""

import re
from collections.abc import Iterator
from itertools import islice

from tickerwire.query.ast import And, Or, Pattern, Query, Term
from tickerwire.query.place import Located

MOST = 30  # terms looked for: a list may have thousands


def highlighted(query: Query, value: str, fields: tuple[str, ...]) -> list[tuple[str, bool]]:
    """`value` as (piece, whether it was asked for), by the terms that look at `fields` and are not under NOT."""
    marks, located = bytearray(len(value)), Located(value)
    for term in islice((one for one in _terms(query) if (one.field or "anywhere") in fields), MOST):
        for start, end in located.spans(term):
            marks[start:end] = b"\x01" * (end - start)
    pieces = [(found.start(), found.end(), found[0][0] == 1) for found in re.finditer(rb"\x00+|\x01+", marks)]
    return [(value[start:end], hit) for start, end, hit in pieces]


def _terms(query: Query) -> Iterator[Term | Pattern]:
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _terms(part)
        case Term() | Pattern():
            yield query

"""A query and one text in; the text in pieces, those that the query asks for marked, out."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from tickerwire.query.ast import And, Or, Pattern, Query, Term
from tickerwire.query.fold import spaceless
from tickerwire.query.match import Searched, compile_term
from tickerwire.query.pattern import seek

MOST = 30  # terms looked for: a list may have thousands


def highlighted(query: Query, value: str, fields: tuple[str, ...]) -> list[tuple[str, bool]]:
    """`value` as (piece, whether it was asked for), by the terms that look at `fields` and are not under NOT."""
    marks = bytearray(len(value))
    for term in islice((one for one in _terms(query) if (one.field or "anywhere") in fields), MOST):
        for start, end in _pattern(term, value) if isinstance(term, Pattern) else _spans(term, value):
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


def _pattern(pattern: Pattern, value: str) -> Iterator[tuple[int, int]]:
    part = seek(pattern.text, value)
    yield from ((found.start(), found.end()) for found in re.finditer(re.escape(part), value)) if part else ()


def _spans(term: Term, value: str) -> Iterator[tuple[int, int]]:
    """Where `term` stands: as many words of the text as it has, by the test that decides; letters where a script has no spaces."""
    if spaceless(term.text[0]):
        yield from ((found.start(), found.end()) for found in re.finditer(re.escape(term.text), value, re.IGNORECASE))
        return
    test = compile_term(replace(term, field=None))
    runs, length = list(re.finditer(r"\w+", value)), len(term.text.split())
    for first, last in zip(runs, runs[length - 1 :], strict=False):
        start, end = first.start(), last.end()
        if test({"anywhere": Searched.of([value[start:end]])}, None):
            yield start, end

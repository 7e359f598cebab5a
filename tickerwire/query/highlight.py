"""A query and one text in; where the text as written holds what the query asks for, by the test that decides, out."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from tickerwire.query.ast import And, Or, Pattern, Query, Term
from tickerwire.query.fold import fold, words
from tickerwire.query.match import Searched, needle
from tickerwire.query.pattern import hits

MOST = 30  # terms looked for: a list may have thousands
# What belongs to the letter before it though it is no mark: the voicing of narrow kana, the later parts of a Hangul syllable.
_JOINED = re.compile("[\uff9e\uff9f\u1160-\u11ff]")


class Located:
    """One text for any number of terms. Folding changes lengths; what it leaves, blanks apart, comes letter by letter from the text."""

    def __init__(self, value: str) -> None:
        self.value, self.folded = value, Searched.of([value]).text

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """From where to where in `value` each folded character comes that is no blank; the whole where letters change each other."""
        found: list[tuple[int, int]] = []
        starts = [at for at, each in enumerate(self.value) if unicodedata.category(each)[0] != "M" and not _JOINED.match(each)]
        for start, end in zip([0, *starts], [*starts, len(self.value)], strict=True):
            found += [(start, end)] * len(words(fold(self.value[start:end])).replace(" ", ""))
        count = len("".join(self.folded.split()))
        return found if len(found) == count else [(0, len(self.value))] * count

    def spans(self, term: Term | Pattern) -> Iterator[tuple[int, int]]:
        """Every place of the text that `term` hits, as (start, end)."""
        if isinstance(term, Pattern):
            yield from hits(term.text, self.value)
            return
        wanted, at = needle(term), -1
        while (at := self.folded.find(wanted, at + 1)) >= 0:
            first = at - self.folded.count(" ", 0, at)
            yield self.places[first][0], self.places[first + len(wanted.replace(" ", "")) - 1][1]


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

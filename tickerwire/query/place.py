"""A term or regular expression and a text in; where it stands in the text as written, by the test that decides, out."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property

from tickerwire.query.ast import Pattern, Term
from tickerwire.query.fold import fold, words
from tickerwire.query.match import Searched, needle
from tickerwire.query.pattern import hits

# What belongs to the letter before it though it is no mark: the voicing of narrow kana, the later parts of a Hangul syllable.
_JOINED = re.compile("[\uff9e\uff9f\u1160-\u11ff]")


class Located:
    """One text for any number of terms. Folding changes lengths; what it leaves, blanks apart, comes letter by letter from the text."""

    def __init__(self, value: str) -> None:
        self.value, self.folded = value, Searched.of([value]).text

    @cached_property
    def places(self) -> list[tuple[int, int]]:
        """From where to where in `value` each folded character comes that is no blank."""
        found: list[tuple[int, int]] = []
        starts = [at for at, each in enumerate(self.value) if unicodedata.category(each)[0] != "M" and not _JOINED.match(each)]
        for start, end in zip([0, *starts], [*starts, len(self.value)], strict=True):
            found += [(start, end)] * len(words(fold(self.value[start:end])).replace(" ", ""))
        return found

    def spans(self, term: Term | Pattern) -> Iterator[tuple[int, int]]:
        """Every place of the text that `term` hits, as (start, end)."""
        if isinstance(term, Pattern):
            yield from hits(term.text, self.value)
            return
        wanted, at = needle(term), -1
        while (at := self.folded.find(wanted, at + 1)) >= 0:
            first = at - self.folded.count(" ", 0, at)
            last = first + len(wanted.replace(" ", "")) - 1
            if len(self.places) != len(self.folded) - self.folded.count(
                " "
            ):  # letters that change each other in a way unknown here
                yield 0, len(self.value)
                return
            yield self.places[first][0], self.places[last][1]

"""Folded words in; the tokens by which the full-text index holds them, and the expression that finds a term among them, out.

The index splits at blanks alone, so its words are those of the predicate, whatever the script. A run of a script without spaces
stands as pairs of neighbours and its last letter, `東京都` as `東京 京都 都`, so that any part of it is a phrase. What touches such a
run without a seam (a mark of another script) has a `|` on that side. No word holds a `|` or a `:`: what is no text can be told from it.

Of an address the index holds every third run of three characters, `https://x.example/a` as `:htt :ps: :||x :|ex …`: a third of what all
runs would take. A part of an address begins before, within or after such a run, so it is looked for in three ways.
"""

import re
from collections.abc import Iterable, Iterator

from tickerwire.query.ast import Prefix, Term
from tickerwire.query.fold import SPACELESS, spaceless

_PIECES = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}]+")
_LETTER = re.compile(f"[{SPACELESS}]")
_SIGNS = {code: "|" for code in range(128) if not chr(code).isalnum() and chr(code) not in "-_:"}
RUN, RUNS = 3, 10  # characters, and how many runs at most are asked for


def indexed(values: Iterable[str]) -> str:
    """What the index holds of a field whose values are these words: a `|` between values, so that no phrase runs from one into the
    next, and behind them every letter of a script without spaces once more by itself, as `|東`."""
    text = " | ".join(values)
    letters = () if text.isascii() else sorted(set(_LETTER.findall(text)))
    return " |".join((_tokens(text), *letters)) if letters else text


def _tokens(said: str) -> str:
    """Words as tokens with a space between them."""
    return " ".join(token for word in said.split(" ") for token in _split(word))


def _split(word: str) -> Iterator[str]:
    for found in _PIECES.finditer(word):
        if spaceless(found[0][0]):
            yield from (found[0][at : at + 2] for at in range(len(found[0])))
        else:
            yield f"{'|' * (found.start() > 0)}{found[0]}{'|' * (found.end() < len(word))}"


def expression(term: Term) -> str:
    """The FTS5 expression for exactly the articles that `term` matches, in whatever column. All its syntax stands here."""
    if len(term.text) == 1 and spaceless(term.text):
        return f'"|{term.text}"'
    said, goes_on = _tokens(term.text).split(), isinstance(term, Prefix)
    if spaceless(term.text[-1]):  # any letter may follow the last
        goes_on = not spaceless(term.text[-2])
        said = said if goes_on else said[:-1]
    return f'"{" ".join(said)}"{" *" * goes_on}'


def runs(addresses: Iterable[str]) -> str:
    """What the index holds of addresses: tokens that no text has."""
    plain = [address.casefold().translate(_SIGNS) for address in dict.fromkeys(addresses)]  # most have the same one twice
    return ":" + " :".join(dict.fromkeys([one[at : at + RUN] for one in plain for at in range(0, len(one) - 1, RUN)]))


def within(part: str) -> str:
    """The FTS5 expression that every article with an address that holds `part` (case-folded) meets; "" when it says too little."""
    plain = part.translate(_SIGNS)
    if len(plain) <= RUN or "\n" in part:
        return ""
    ways = (range(first, max(first, len(plain) - RUN) + 1, RUN)[:RUNS] for first in range(RUN))  # whole runs, or one that is not
    return " OR ".join(f"({' AND '.join(_run(plain[at : at + RUN]) for at in way)})" for way in ways)


def _run(said: str) -> str:
    return f'":{said}"{" *" * (len(said) < RUN)}'

"""A regular expression in; what of a text it matches, in time linear in the text whatever the expression, out."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from tickerwire.query.ast import Pattern, Prefix, Term, Word

# A pattern made plain: " " is a character that is part of no word, \0 what may be anything or nothing.
_ATOMS = (
    (r"\\[^A-Za-z0-9_]", " "),
    (r"\\[pPx]\{[^}]*\}|\\.|\[\^?\]?(?:\[:\^?\w+:\]|[^\]])*\]|[^\x00-\x7f]|\.", "\0"),
)
_AGAIN = r"(?:[*?+]|\{[^}]*\})"
_REPEATS = (
    (rf"(?<=[^\w\0])\+\??(?!{_AGAIN})|[\^$](?!{_AGAIN})", " "),
    (rf"(?:\+|.(?=[*?{{]){_AGAIN}){_AGAIN}*", "\0"),
    (r"[^\w\0]", " "),
)
_ODD = re.compile(rf"\(\?[A-Za-z-]*\){_AGAIN}|\\Q")  # what repeats flags repeats what stands before them
LEAST = 3  # letters: with fewer begins so much that asking for it is of no use


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    import re2  # noqa: PLC0415  most queries have none

    options = re2.Options()
    options.case_sensitive = options.log_errors = False
    return re2.compile(pattern.encode(), options)


def fault(pattern: str) -> str:
    """Why RE2 refuses a pattern, "" when it does not."""
    import re2  # noqa: PLC0415  as above

    try:
        compiled(pattern)
    except re2.error as error:
        return str(error.args[0].decode(errors="replace"))
    return ""


def seek(pattern: str, text: str) -> bool:
    """Whether `text` holds a match."""
    return bool(compiled(pattern).search(_encoded(text)))


def hits(pattern: str, text: str) -> Iterator[tuple[int, int]]:
    """Where the matches in `text` stand, as (start, end)."""
    data = _encoded(text)
    for found in compiled(pattern).finditer(data):
        start = len(data[: found.start()].decode(errors="replace"))
        yield start, start + len(found[0].decode(errors="replace"))


def certain(pattern: Pattern) -> list[Term]:
    """Words in ASCII that every article has which the pattern matches, by RE2's syntax (github.com/google/re2/wiki/Syntax); of what
    this does not read, none."""
    said = "" if _ODD.search(pattern.text) else _replaced(pattern.text, _ATOMS)
    while (less := re.sub(r"\([^()]*\)", "\0", said)) != said:  # what they hold may be an alternative
        said = less
    if re.search(r"[|()\[\]]", said):
        return []
    field = None if pattern.field == "anywhere" else pattern.field
    found = re.findall(r"(?<= )(\w+)(?:(?=( ))|(?!\w))", _replaced(said, _REPEATS).lower(), re.ASCII)
    return [Word(field, word) if ends else Prefix(field, word) for word, ends in found if ends or len(word) >= LEAST]


def _replaced(text: str, steps: Iterable[tuple[str, str]]) -> str:
    for form, instead in steps:
        text = re.sub(form, instead, text, flags=re.ASCII)
    return text


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # lone surrogates have no UTF-8

"""The text of a filter expression in; its nodes, or a QueryError that says what was expected and where, out."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from tickerwire.errors import QueryError
from tickerwire.query.ast import Query
from tickerwire.query.clauses import Refused

MAX_LENGTH = 4_000
MAX_DEPTH = 50
REGEX = r"(?<![^\s():\-])/(?:[^/\\\x00-\x1f\x7f]|\\[^\x00-\x1f\x7f])+/(?![^\s()])"

APOSTROPHES = r"(?<![^\s():\-])'[^'\"()]*\s[^'\"()]*'(?![^\s()])"  # 'a phrase', but not O'Neill or rock 'n' roll
PHRASES = 'write phrases in straight quotation marks "…"'


def parse(text: str, lists: Mapping[str, Sequence[str]] | None = None) -> Query:
    """Read a filter expression (docs/queries.md), in which `@name` stands for the lines of `lists`. QueryError for anything else.

    Limits: 4,000 characters, parentheses 50 deep.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the query is longer than {MAX_LENGTH:,} characters", f"{text[:60]}…", MAX_LENGTH)
    try:
        return read_once(text) if "@" not in text else _with_lists(text, lists or {})
    except Refused as refused:
        raise QueryError(refused.args[0], text, refused.args[1]) from None


@lru_cache(maxsize=4096)
def read_once(text: str) -> Query:
    """Without lists a text always means the same; each publish asks for the same thousand."""
    return _with_lists(text, {})


def _with_lists(text: str, lists: Mapping[str, Sequence[str]]) -> Query:
    from tickerwire.query.tree import read  # noqa: PLC0415  lark costs 0.1 s, which `--help` need not wait for

    _check_pairs(text)
    return read(text, lists)


def _check_pairs(text: str) -> None:
    """Refuse quotation marks and parentheses without a partner, and nesting that would exhaust the stack."""
    opened: list[int] = []
    for found in re.finditer(rf'{REGEX}|{APOSTROPHES}|"[^"]*("?)|[()]', text):
        if found[0].startswith("/"):
            continue
        if found[0].startswith("'"):
            raise Refused(PHRASES, found.start())
        if found[0] == "(":
            opened.append(found.start())
        elif found[0] == ")" and not opened:
            raise Refused("this parenthesis closes none", found.start())
        elif found[0] == ")":
            opened.pop()
        elif not found[1]:
            raise Refused("this quotation mark is never closed", found.start())
        if len(opened) > MAX_DEPTH:
            raise Refused(f"parentheses are nested more than {MAX_DEPTH} deep", found.start())
    if opened:
        raise Refused("this parenthesis is never closed", opened[-1])

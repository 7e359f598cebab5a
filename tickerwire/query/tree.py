"""The text of a filter expression in; its nodes out, read by the grammar beside this file."""

import re
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from tickerwire.query.ast import All, And, Not, Or, Query
from tickerwire.query.clauses import FIELDS, Refused, leaf, suggestion

Node: TypeAlias = Tree[Token] | Token
_TERM = 'a word, a "phrase" or field:value'
_STRAIGHT = 'write phrases in straight quotation marks "…"'
_REASONS = {
    "*": "a * stands alone (everything) or at the end of a word",
    "-": "a - stands directly before what it excludes",
    ":": "expected the name of a field before :",
    "“": _STRAIGHT,
    "”": _STRAIGHT,
    "„": _STRAIGHT,
}


def read(text: str) -> Query:
    """The nodes of `text`, whose parentheses are in pairs and not too deep. Raises Refused."""
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        position = len(text) if ended else error.pos_in_stream or 0
        raise Refused(_reason(text, position, error), position) from None
    return _build(tree.children[0], None)


@cache
def _grammar() -> Lark:
    grammar = files("tickerwire.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def _reason(text: str, position: int, error: UnexpectedInput) -> str:
    """In plain words why reading stopped at `position`."""
    found = text[position : position + 1]
    named = re.search(r"([^\W\d_]\w*:)\s*$", text[:position])
    if not text.strip():
        return "the query is empty; write * for everything"
    if named:
        return f"expected a value directly after {named[1]}"
    if isinstance(error, UnexpectedToken) and error.token.type in {"_AND", "_OR"}:
        return f"{error.token} needs a term on both sides"
    return _REASONS.get(found) or f"expected {_TERM}, " + (f"not {found!r}" if found else "but the query ends")


def _build(node: Node, field: Token | None) -> Query:
    """Turn the syntax tree into nodes; `field` is the field whose parentheses or colon this stands behind."""
    if isinstance(node, Token):
        return _clause(node, field)
    if node.data in {"fielded", "group"}:
        name, value = node.children
        return _fielded(name, value, field, node.data == "group")
    built = [_build(part, field) for part in node.children if not _negates(part)]
    if node.data == "negation":
        return _negated(built[0]) if len(node.children) % 2 == 0 else built[0]
    joined = And if node.data == "all" else Or
    return joined(tuple(inner for part in built for inner in (part.parts if isinstance(part, joined) else (part,))))


def _negates(node: Node) -> bool:
    return isinstance(node, Token) and node.type in {"NOT", "MINUS"}


def _negated(part: Query) -> Query:
    return part.part if isinstance(part, Not) else Not(part)


def _fielded(name: Node, value: Node, outer: Token | None, grouped: bool) -> Query:
    assert isinstance(name, Token)
    start, end = _span(name)
    known = name[:-1]
    if known not in FIELDS:
        raise Refused(f"unknown field {known!r}{suggestion(known, FIELDS)}", start)
    if outer is not None:
        raise Refused(f"{name} cannot stand inside the parentheses of {outer}", start)
    if isinstance(value, Token) and value.start_pos != end and not grouped:
        raise Refused(f"no space may follow {name}", end)
    return _build(value, name)


def _clause(token: Token, field: Token | None) -> Query:
    start, end = _span(token)
    if token.type != "STAR":
        first = _span(field)[0] if field is not None and field.end_pos == start else start
        return leaf(field[:-1] if field is not None else None, token.type, str(token), start, (first, end))
    if field is not None:
        raise Refused(f"expected a value after {field}, not *", start)
    return All(span=(start, end))


def _span(token: Token) -> tuple[int, int]:
    return token.start_pos or 0, token.end_pos or 0

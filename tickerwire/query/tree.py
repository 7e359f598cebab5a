"""The text of a filter expression in; its nodes out, read by the grammar beside this file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from tickerwire.query.ast import All, And, Not, Or, Query, Span
from tickerwire.query.clauses import FIELDS, Refused, leaf, refuse, suggestion
from tickerwire.query.parse import PHRASES
from tickerwire.tables import table

Node: TypeAlias = Tree[Token] | Token
_REASONS: dict[str, str] = table("tickerwire.query", "signs")
SIGNS = dict.fromkeys("“”„‘«»「」『』＂‹›", PHRASES) | dict.fromkeys("（）：＊", "write this sign in its narrow form")
DIRECTION = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # marks of right and left, of Unicode text


def read(text: str, lists: Mapping[str, Sequence[str]]) -> Query:
    """The nodes of `text` with the lines of `lists` for `@name`; its parentheses are in pairs and not too deep. Raises Refused."""
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        position = len(text) if ended else error.pos_in_stream or 0
        raise Refused(_reason(text, position, error), position) from None
    for each in tree.iter_subtrees() if "@" in text else ():
        each.children = [_listed(one, lists) if isinstance(one, Token) and re.match("@.", one) else one for one in each.children]
    return _build(tree.children[0], None)


def _listed(token: Token, lists: Mapping[str, Sequence[str]]) -> Node:
    """Any line of the list that `token` names, each at its place."""
    name = token[1:]
    if not (lines := lists.get(name)):
        why = "is empty or cannot be read" if name in lists else f"is not known{suggestion(name, lists)}"
        raise Refused(f"the list {name!r} {why}; a word that begins with @ goes in quotation marks", token.start_pos)
    terms: list[Node] = [Token.new_borrow_pos("PREFIX" if line[-1] == "*" else "QUOTED", line, token) for line in lines]
    return Tree("any", terms) if len(terms) > 1 else terms[0]


@cache
def _grammar() -> Lark:
    grammar = files("tickerwire.query").joinpath("grammar.lark").read_text("utf-8").replace(r"\h", DIRECTION)
    plain = {"FIELD": lambda field: field.update(value=field[: field.index(":") + 1])}
    return Lark(grammar.replace(r"\s", rf"\s{DIRECTION}"), parser="lalr", maybe_placeholders=False, lexer_callbacks=plain)


def _reason(text: str, position: int, error: UnexpectedInput) -> str:
    """In plain words why reading stopped at `position`."""
    if not text.strip():
        return "the query is empty; write * for everything"
    found = text[position : position + 1]
    if found not in SIGNS and (named := re.search(r"([^\W\d_]\w*:)\s*$", text[:position])):
        return f"expected a value directly after {named[1]}"
    if isinstance(error, UnexpectedToken) and error.token.type in {"_AND", "_OR"}:
        return f"{error.token} needs a term on both sides"
    but = f"not {found!r}" if found else "but the query ends"
    return (_REASONS | SIGNS).get(found, f'expected a word, a "phrase" or field:value, {but}')


def _build(node: Node, field: Token | None) -> Query:
    """Turn the syntax tree into nodes; `field` is the field whose parentheses or colon this stands behind."""
    match node:
        case Token():
            return _clause(node, field)
        case Tree(data="fielded" | "group", children=[Token() as name, value]):
            return _fielded(name, value, field, node.data == "group")
        case Tree(data="negation", children=[*signs, value]):
            built = _build(value, field)
            if len(signs) % 2 == 0:
                return built
            return built.part if isinstance(built, Not) else Not(built)
    joined = And if node.data == "all" else Or
    parts = [_build(part, field) for part in node.children]
    return joined(tuple(inner for part in parts for inner in (part.parts if isinstance(part, joined) else (part,))))


def _fielded(name: Token, value: Node, outer: Token | None, grouped: bool) -> Query:
    start, end = _span(name)
    known = name[:-1]
    if known not in FIELDS:
        raise Refused(f"unknown field {known!r}{suggestion(known, FIELDS)}", start)
    refuse(outer is not None, f"{name} cannot stand inside the parentheses of {outer}", start)
    refuse(isinstance(value, Token) and value.start_pos != end and not grouped, f"no space may follow {name}", end)
    return _build(value, name)


def _clause(token: Token, field: Token | None) -> Query:
    start, end = _span(token)
    if token.type != "STAR":
        first = _span(field)[0] if field is not None and field.end_pos == start else start
        clause = leaf(field and field[:-1], token.type, str(token), start)
        return replace(clause, span=(first, end))
    refuse(field is not None, f"expected a value after {field}, not *", start)
    return All(span=(start, end))


def _span(token: Token) -> Span:
    return token.start_pos or 0, token.end_pos or 0

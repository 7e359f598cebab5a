"""A parsed filter expression as frozen nodes: what `parse` gives, and what matching, narrowing and explaining walk.

Leaves carry `span`, the (start, end) offsets of the clause in the text it was read from; spans never count in equality.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A leaf; `str()` of any node is its canonical spelling."""

    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class All(Clause):
    """`*`: every article."""

    def __str__(self) -> str:
        return "*"


@dataclass(frozen=True, slots=True)
class Term(Clause):
    """Folded words, one space between them, in a text field; None means title, summary, text, authors, tags and section."""

    field: str | None
    text: str

    def spelt(self, text: str) -> str:
        return f"{self.field}:{text}" if self.field else text


@dataclass(frozen=True, slots=True)
class Word(Term):
    """One word."""

    def __str__(self) -> str:
        return self.spelt(self.text)


@dataclass(frozen=True, slots=True)
class Phrase(Term):
    """Two or more words that follow each other."""

    def __str__(self) -> str:
        return self.spelt(f'"{self.text}"')


@dataclass(frozen=True, slots=True)
class Prefix(Term):
    """As Word or Phrase, but the last word may go on."""

    def __str__(self) -> str:
        return self.spelt(self.text.replace(" ", "-") + "*")


@dataclass(frozen=True, slots=True)
class Exact(Clause):
    """`outlet` (an outlet id) or `lang` (a lower-case language tag, which also covers its narrower tags)."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}:{self.text}"


@dataclass(frozen=True, slots=True)
class Contains(Clause):
    """A case-folded part of the article's `url` (canonical or as listed) or `guid` (ours or the source's)."""

    field: str
    text: str

    def __str__(self) -> str:
        return f'{self.field}:"{self.text}"'


@dataclass(frozen=True, slots=True)
class Flag(Clause):
    """`has:image`, `is:urgent`, `is:pinned`: the article's attribute `text` is set."""

    field: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}:{self.text}"


@dataclass(frozen=True, slots=True)
class AgeLess(Clause):
    """The article's position is less than `age` (whole minutes) before now."""

    age: timedelta

    def __str__(self) -> str:
        return f"age:<{_amount(self.age)}"


@dataclass(frozen=True, slots=True)
class AgeMore(Clause):
    """The article's position is more than `age` (whole minutes) before now."""

    age: timedelta

    def __str__(self) -> str:
        return f"age:>{_amount(self.age)}"


@dataclass(frozen=True, slots=True)
class Published(Clause):
    """The UTC day of the article's date lies between `first` and `last`, both included; None is an open end."""

    first: date | None
    last: date | None

    def __str__(self) -> str:
        return f"published:{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True, slots=True)
class Not:
    """What `part` does not match; `part` is never itself a Not."""

    part: "Query"

    def __str__(self) -> str:
        return f"NOT ({self.part})" if isinstance(self.part, And | Or) else f"NOT {self.part}"


@dataclass(frozen=True, slots=True)
class And:
    """What every one of two or more `parts` matches; no part is itself an And."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """What at least one of two or more `parts` matches; no part is itself an Or."""

    parts: tuple["Query", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Leaf: TypeAlias = All | Word | Phrase | Prefix | Exact | Contains | Flag | AgeLess | AgeMore | Published
Query: TypeAlias = Leaf | Not | And | Or


def _amount(age: timedelta) -> str:
    minutes = age // timedelta(minutes=1)
    size, unit = next(
        (size, unit) for size, unit in ((10080, "w"), (1440, "d"), (60, "h"), (1, "m")) if minutes % size == 0
    )
    return f"{minutes // size}{unit}"


def leaves(query: Query) -> Iterator[Leaf]:
    """Every clause in the order written, negated ones too."""
    match query:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield query


def uses_age(query: Query) -> bool:
    """Whether membership can change by time alone."""
    return any(isinstance(leaf, AgeLess | AgeMore) for leaf in leaves(query))


def outlets_named(query: Query) -> frozenset[str]:
    """The outlet ids the query names, excluded ones too."""
    return frozenset(leaf.text for leaf in leaves(query) if isinstance(leaf, Exact) and leaf.field == "outlet")


def ascii_tokens(node: Query) -> tuple[str, ...] | None:
    """The [a-z0-9]+ tokens of a Word, Phrase or Prefix; None for other nodes and terms with any non-ASCII character.

    Guarantee: in every article that the term matches, one folded field text (or summary and text joined by a space) holds
    these as whole FTS5 unicode61 tokens, adjacent and in this order; the last token of a Prefix as the start of one.
    """
    if not isinstance(node, Term) or not node.text.isascii():
        return None
    return tuple(node.text.replace("_", " ").split()) or None


def normalised(query: Query) -> str:
    """The query in one canonical spelling: stable, and parsed again it gives an equal query."""
    return str(query)

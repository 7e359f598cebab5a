"""A parsed filter expression as frozen nodes: what `parse` gives, and what matching, narrowing and explaining walk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, TypeAlias

Span: TypeAlias = tuple[int, int]
UNITS = {"w": timedelta(weeks=1), "d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One clause; `span` is its (start, end) in the text it was read from, and never counts in equality."""

    span: Span = field(default=(0, 0), compare=False)


class All(Leaf):
    """`*`: every article."""


@dataclass(frozen=True, slots=True)
class Term(Leaf):
    """Folded words, one space between them, in a text field; None means title, summary, text, authors, tags and section."""

    field: str | None
    text: str


class Word(Term):
    """One word."""


class Phrase(Term):
    """Two or more words that follow each other."""


class Prefix(Term):
    """As Word or Phrase, but the last word may go on."""


@dataclass(frozen=True, slots=True)
class Fact(Leaf):
    """What is known of an article beside its texts."""

    field: str
    text: str


class Exact(Fact):
    """`outlet` (an outlet id) or `lang` (a lower-case language tag, which also covers its narrower tags)."""


class Contains(Fact):
    """A case-folded part of the article's `url` (canonical or as listed) or `guid` (ours or the source's)."""


class Pattern(Fact):
    """A regular expression (RE2, case ignored) that some value of the text field `field`, or of any, holds a match of."""


class Flag(Fact):
    """`has:image`, `is:urgent`, `is:pinned`: the article's attribute `text` is set."""


@dataclass(frozen=True, slots=True)
class Age(Leaf):
    """How long before now the article's position lies; `age` is whole minutes."""

    field: ClassVar[str] = "age"
    age: timedelta


class AgeLess(Age):
    """Less than `age`."""


class AgeMore(Age):
    """More than `age`."""


@dataclass(frozen=True, slots=True)
class Published(Leaf):
    """The UTC day of the article's date lies between `first` and `last`, both included; None is an open end."""

    field: ClassVar[str] = "published"
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Copies(Leaf):
    """The story has more (`more`) or fewer articles than `count`, the article itself counted."""

    field: ClassVar[str] = "story"
    more: bool
    count: int


@dataclass(frozen=True, slots=True)
class Not:
    """What `part` does not match; `part` is never itself a Not."""

    part: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """What every one of two or more `parts` matches; no part is itself an And."""

    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What at least one of two or more `parts` matches; no part is itself an Or."""

    parts: tuple["Query", ...]


Query: TypeAlias = Leaf | Not | And | Or


def both(*queries: Query) -> And:
    """What two or more queries all match."""
    return And(tuple(part for query in queries for part in (query.parts if isinstance(query, And) else (query,))))


def without(query: Query, dropped: Callable[[Query], bool]) -> Query:
    """`query` without the parts that are `dropped`: every article that `query` matches matches this, too."""
    if dropped(query):
        return All()
    match query:
        case And(parts):
            wanted = tuple(part for part in (without(one, dropped) for one in parts) if not isinstance(part, All))
            return And(wanted) if len(wanted) > 1 else wanted[0] if wanted else All()
        case Or(parts):
            either = tuple(without(part, dropped) for part in parts)
            return All() if any(isinstance(part, All) for part in either) else Or(either)
    return query


def affirmed(query: Query) -> Query:
    """`query` without what it forbids: every article that `query` matches matches this, too, also one of which less is known."""
    return without(query, lambda part: isinstance(part, Not))


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
    return any(isinstance(leaf, Age) for leaf in leaves(query))


def outlets_named(query: Query) -> frozenset[str]:
    """The outlet ids the query names, excluded ones too."""
    return frozenset(leaf.text for leaf in leaves(query) if isinstance(leaf, Exact) and leaf.field == "outlet")

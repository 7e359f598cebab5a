"""A query in; an SQL condition that every matching article meets, with its parameters, out. It may let others pass, too."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tickerwire.query import AgeLess, And, Exact, Or, Phrase, Prefix, Query, Word, ascii_tokens
from tickerwire.store.rows import stamp

COLUMNS = {
    "title": "title",
    "body": "body",
    "author": "authors",
    "category": "tags",
    "tag": "tags",
    "section": "tags",
}
CLOCK = timedelta(seconds=1)  # stored moments are whole seconds


@dataclass(slots=True)
class Condition:
    """SQL under construction with its parameters in order."""

    now: datetime
    parameters: list[object] = field(default_factory=list)

    def of(self, query: Query) -> str:  # noqa: PLR0911  # one per kind of node
        """The condition for `query`; "" when it cannot be narrowed. Negations never are: the index holds supersets."""
        match query:
            case And(parts):
                return " and ".join(sql for part in parts if (sql := self.of(part)))
            case Or(parts):
                return self._either(parts)
            case Exact("outlet", text):
                return self._with("a.outlet = ?", text)
            case Exact("lang", text):
                return self._with("(lower(a.language) = ? or lower(a.language) like ?)", text, f"{text}-%")
            case AgeLess(age):
                return self._with("a.position >= ?", stamp(self.now - age - CLOCK))
            case Word() | Phrase() | Prefix():
                return self._words(query)
            case _:
                return ""

    def _with(self, sql: str, *values: object) -> str:
        self.parameters.extend(values)
        return sql

    def _either(self, parts: Sequence[Query]) -> str:
        before = len(self.parameters)
        conditions = [self.of(part) for part in parts]
        if all(conditions):
            return "(" + " or ".join(f"({sql})" for sql in conditions) + ")"
        del self.parameters[before:]
        return ""

    def _words(self, term: Word | Phrase | Prefix) -> str:
        """Only words of [a-z0-9]: SQLite and the predicate are known to split those alike. MATCH gets no user syntax."""
        tokens = ascii_tokens(term)
        if not tokens:
            return ""
        expression = f'"{" ".join(tokens)}"' + ("*" if isinstance(term, Prefix) else "")
        if term.field:
            expression = f"{COLUMNS[term.field]} : {expression}"
        return self._with("a.id in (select rowid from articles_fts where articles_fts match ?)", expression)


def narrow(query: Query, now: datetime, outlets: Sequence[str] = ()) -> tuple[str, list[object]]:
    """The WHERE of live articles (alias `a`) that `query` may match at `now`, of these `outlets` or of all."""
    condition = Condition(now)
    parts = ["a.desk = ''", condition.of(query)]
    if outlets:
        parts.append(f"a.outlet in ({','.join('?' * len(outlets))})")
        condition.parameters.extend(outlets)
    return " and ".join(part for part in parts if part), condition.parameters

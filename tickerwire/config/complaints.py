"""What pydantic found wrong in one file in; complaints in the operator's words and with the file's keys out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tickerwire.errors import Complaint
from tickerwire.query.clauses import suggestion
from tickerwire.tables import table

Location = Sequence[str | int]

SECRET = ("headers", "proxy", "webhook")
LONGEST = 80  # characters of a value that are shown
PLAIN: dict[str, str] = table("tickerwire.config", "complaints")


def listed(table: Mapping[str, Any], key: str) -> list[Any]:
    """The list at `key`; empty when something else stands there, which is complained of where the file is validated."""
    value = table.get(key)
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Written:
    """One file and what it says; None when it could not be read."""

    file: str
    said: Any

    def tables(self, name: str) -> list[dict[str, Any]]:
        """The tables of an array; whatever is no table is empty here."""
        return [table if isinstance(table, dict) else {} for table in listed(self.said or {}, name)]

    def key(self, location: Location) -> str:
        """`location` as an operator finds it, counted from 1 and named by id: `outlet[3] "bbc-news" source[1].url`."""
        text, inner = "", self.said
        for part in location:
            try:
                inner = inner[part]
            except (KeyError, IndexError, TypeError):
                inner = None
            if isinstance(part, int):
                name = inner.get("id") if isinstance(inner, dict) else None
                text += f"[{part + 1}]" + (f' "{name}"' if isinstance(name, str) else "")
            else:
                text += (" " if text.endswith('"') else "." if text else "") + part
        return text

    def complaint(self, location: Location, value: str, why: str) -> Complaint:
        return Complaint(self.file, self.key(location), value, why)


def shown(value: object, location: Location = ()) -> str:
    """A single value as it would stand in the file, shortened; nothing of tables and of what may hold a secret."""
    if isinstance(value, dict | list):
        return ""
    if any(get_close_matches(part, SECRET) for part in location if isinstance(part, str)):
        return "(hidden)"
    text = re.sub(r"//[^/?#@\s]*@", "//(hidden)@", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def explain(
    model: type[BaseModel], written: Written, errors: Sequence[ErrorDetails], env: Mapping[Location, str]
) -> Iterator[Complaint]:
    """One complaint for each of pydantic's `errors`; `env` names the variable that set what lies at a location."""
    for error in errors:
        location = error["loc"]
        if error["type"] == "too_short" and error["input"]:
            continue  # pydantic counts only entries without a fault of their own
        value, why = "" if error["type"] == "missing" else shown(error["input"], location), _why(model, error)
        variable = env.get(location[:2])
        yield Complaint("environment", variable, value, why) if variable else written.complaint(location, value, why)


def _why(model: type[BaseModel], error: ErrorDetails) -> str:
    kind, location = error["type"], error["loc"]
    if kind == "value_error":
        return str(error["ctx"]["error"])
    if kind == "extra_forbidden":
        return f"unknown key{suggestion(str(location[-1]), _keys(model, location[:-1]))}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"must be one of {', '.join(known)}{suggestion(str(error['input']), known)}"
    if kind == "tuple_type" and isinstance(error["input"], dict):
        return f"expected a list of tables: write [[{location[-1]}]] with two brackets"
    return PLAIN.get(kind, error["msg"].replace("Input should", "must"))


def _keys(model: type[BaseModel], location: Location) -> list[str]:
    """The keys known in the table at `location`."""
    fields = {str(field.validation_alias or name): field for name, field in model.model_fields.items()}
    if not location:
        return list(fields)
    annotation: Any = fields[str(location[0])].annotation
    within = get_args(annotation)
    return _keys(within[0], location[2:]) if within else _keys(annotation, location[1:])

"""The [lists] of feeds.toml in; the lines of each word list, checked, or complaints that name file and line, out."""

import re
from pathlib import Path

from tickerwire.config.complaints import Written, shown
from tickerwire.config.model import Words
from tickerwire.errors import Complaint
from tickerwire.query.clauses import Refused, leaf

COMMENT = re.compile(r"(?:^|\s)#")  # c# is a word


def read_lists(feeds: Written, directory: Path, said: list[Complaint]) -> Words:
    """The lines of every list by its name, as a query would hold them: `"a phrase"` or `prefix*`; none of a list complained of."""
    lists = (feeds.said or {}).get("lists")
    return {name: _read(feeds, name, directory, path, said) for name, path in (lists if isinstance(lists, dict) else {}).items()}


def _read(feeds: Written, name: str, directory: Path, path: str, said: list[Complaint]) -> tuple[str, ...]:
    try:
        file = directory / path
        lines = [COMMENT.split(line, maxsplit=1)[0].strip('" ') for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, ValueError, TypeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "not the name of a file of UTF-8 text"
        said.append(feeds.complaint(("lists", name), shown(path), f"cannot be read: {why}"))
        return ()
    terms = [line if line.endswith("*") else line and f'"{line}"' for line in lines]
    faults = [Complaint(str(file), "", "", "a list has at most 1,000 lines")] if len(lines) > 1_000 else []
    for number, term in enumerate(terms, 1):
        try:
            _ = term and leaf(None, "PREFIX" if term.endswith("*") else "QUOTED", term, 0)
        except Refused as refused:
            faults.append(Complaint(str(file), f"line {number}", shown(term.strip('"')), str(refused.args[0])))
    said += faults
    return () if faults else tuple(filter(None, terms))

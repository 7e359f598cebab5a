"""A regular expression in; what of a text it matches, in time linear in the text whatever the expression, out."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any


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


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # lone surrogates have no UTF-8

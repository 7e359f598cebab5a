"""The JSON answer of an outlet's interface and the operator's JMESPath in; the articles it lists out."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lxml.html import HtmlElement

from crawler.clean import absolute
from crawler.read.item import Item, Origin, Unreadable, document, listed, refuse
from crawler.read.jsonfeed import text_of
from crawler.read.selectors import elements, values
from crawler.read.text import LARGEST, page
from tickerwire.config.model import Source
from tickerwire.model import Document

FIELDS = ("link", "title", "published", "summary")
NAMES = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}


def read_api(body: bytes, content_type: str, origin: Origin, source: Source) -> Document:
    """The articles in a JSON answer, where `source` says they are.

    Dates may be text or a number: seconds since 1970, or milli-, micro- or
    nanoseconds. JSON is Unicode whatever `content_type` says (RFC 8259 section 8.1). An item without link is a reason in `rejected`.
    `follow` is the page `next` names. Raises `Unreadable` when the answer is not JSON or `items` gives no list.
    """
    items = values("items", source.items)
    searches = {name: values(name, path) for name in FIELDS if (path := getattr(source, name))}
    said = embedded(body, content_type, source.script) if source.script else parsed(body, content_type)
    found = items(said)
    refuse(not isinstance(found, list), f"items = {source.items!r} gave {named(found)}; expected a list")
    onward = values("next", source.next)(said) if source.next else ""
    onward = absolute(onward, origin.url) if isinstance(onward, str) else ""
    made = document(read(found, searches, source), origin, partial(listed, "api"))
    return replace(made, follow=(onward,) if onward else ())


def embedded(body: bytes, content_type: str, selector: str) -> Any:
    """The JSON a page keeps in the script that `selector` finds, alone or assigned to a name (`window.STATE = {...};`)."""
    scripts = [one for one in elements("script", selector)(page(body, content_type)) if isinstance(one, HtmlElement)]
    for text in (one.text_content() for one in scripts):
        for begin in list(re.finditer(r"[{\[]", text))[:20]:
            with suppress(ValueError, RecursionError):
                value, _ = json.JSONDecoder(strict=False).raw_decode(text, begin.start())
                if value:
                    return value
    raise Unreadable(f"script = {selector!r} finds no JSON on this page")


def parsed(body: bytes, content_type: str) -> Any:
    """The JSON value. Raises `Unreadable`."""
    refuse(len(body) > LARGEST, "not read (larger than 10 MiB)")
    text = body.decode(json.detect_encoding(body), "replace").strip("\ufeff\0 \t\r\n")
    refuse(not text, "empty document")
    refuse(text.startswith("<"), f"{'HTML page' if 'html' in content_type.lower() else 'markup'} instead of JSON")
    try:
        return json.loads(text, strict=False)
    except RecursionError:
        raise Unreadable("JSON nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"invalid JSON at line {error.lineno}: {error.msg}") from None
    except ValueError:
        raise Unreadable("invalid JSON (a number is absurdly long)") from None


def read(found: list[Any], searches: dict[str, Callable[[Any], Any]], source: Source) -> Iterator[Item | str]:
    """Every item as its raw values, or the reason it has no link."""
    for number, one in enumerate(found, 1):
        try:
            said = {name: search(one) for name, search in searches.items()}
        except Unreadable as reason:
            yield f"item {number}: {reason}"
            continue
        if isinstance(said["link"], str) and said["link"]:
            title, date, summary = text_of(said.get("title")), moment(said.get("published")), text_of(said.get("summary"))
            yield Item(link=said["link"], title=title, published=date, summary=summary)
        else:
            yield f"item {number} has no link: link = {source.link!r} gave {named(said['link'])}"


def named(value: Any) -> str:
    """What kind of JSON value it is, in words."""
    return NAMES.get(type(value), "nothing") if value != "" else "nothing"


def moment(value: Any) -> str:
    """A date as text; a number is the time since 1970 in the unit that places it between 1970 and 5138."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return text_of(value)
    if not 0 < value < 1e20:
        return ""
    while value >= 1e11:
        value /= 1000
    return datetime.fromtimestamp(value, UTC).isoformat()

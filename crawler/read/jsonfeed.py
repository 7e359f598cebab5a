"""JSON Feed bytes in; its title and raw items out (jsonfeed.org/version/1.1, and 1.0's `author`)."""

import json
from collections.abc import Iterator
from typing import Any

from crawler.clean import fold
from crawler.read.item import Item, Unreadable

# Fields of an item that are text, by our names.
NAMES = {"guid": "id", "title": "title", "published": "date_published", "updated": "date_modified", "summary": "summary"}


def read_json(body: bytes) -> tuple[str, int, list[Item | str]]:
    """Title, no ttl, and the items; one that is no object stands as the reason against it. Raises `Unreadable`."""
    text = body.decode("utf-8-sig", "replace")
    try:
        feed = json.loads(text, strict=False)
    except RecursionError:
        raise Unreadable("not a feed (JSON nested too deeply)") from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        raise Unreadable("truncated JSON" if cut else f"not a feed (invalid JSON at line {error.lineno})") from None
    except ValueError:
        raise Unreadable("not a feed (a number in the JSON is absurdly long)") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise Unreadable("not a feed (JSON without a list of items)")
    shared = tuple(people(feed))
    items = [item(one, feed, shared) if isinstance(one, dict) else "an item is not a JSON object" for one in feed["items"]]
    return fold(text_of(feed.get("title"))), 0, items


def item(one: dict[str, Any], feed: dict[str, Any], shared: tuple[str, ...]) -> Item:
    """One item; `shared` are the feed's authors, which stand for an item that names none (version 1.1, "authors")."""
    said: dict[str, Any] = {ours: text_of(one.get(theirs)) for ours, theirs in NAMES.items()}
    said["link"] = text_of(one.get("url")) or text_of(one.get("external_url"))
    said["content"] = text_of(one.get("content_html")) or text_of(one.get("content_text"))
    said["language"] = text_of(one.get("language")) or text_of(feed.get("language"))
    tags, images = tuple(map(text_of, listed(one, "tags"))), (text_of(one.get("image")), text_of(one.get("banner_image")))
    files = [file for file in listed(one, "attachments") if isinstance(file, dict)]
    attached = tuple(
        (text_of(file.get("url")), text_of(file.get("mime_type")), text_of(file.get("size_in_bytes"))) for file in files
    )
    return Item(**said, authors=tuple(people(one)) or shared, tags=tags, images=images, enclosures=attached)


def text_of(value: object) -> str:
    """A JSON string or number as text; anything else as none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def listed(of: dict[str, Any], key: str) -> list[Any]:
    """The list under `key`, empty when there is none."""
    value = of.get(key)
    return value if isinstance(value, list) else []


def people(of: dict[str, Any]) -> Iterator[str]:
    """The names under `authors`, else under 1.0's `author`."""
    for person in listed(of, "authors") or [of.get("author")]:
        if isinstance(person, dict) and (found := text_of(person.get("name"))):
            yield found

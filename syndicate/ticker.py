"""A channel and its items in; a ticker/1 document (embed/ticker-1.schema.json) out. Pure and byte-stable."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from syndicate.channel import Channel, stamp
from syndicate.item import Item
from syndicate.text import excerpt

TTL_SECONDS = 60
TITLE_CHARACTERS = 200
SHORTEST_GAP, LONGEST_GAP = timedelta(hours=1), timedelta(days=7)

# The document may be pasted into a page's script element: nothing in it can end that or start a comment there.
_IN_SCRIPT = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"})


def ticker(channel: Channel, items: tuple[Item, ...]) -> bytes:
    """The newest headlines and how long they are news; `marked_stale` makes of it the last good ones."""
    feed = next((channel.address(kind) for kind in ("json", "atom", "rss") if kind in channel.formats), channel.home)
    document = {
        "$schema": f"{channel.base}/schema/ticker-1.json",
        "version": 1,
        "title": channel.title,
        "home": channel.home,
        "feed": feed,
        "lang": channel.language,
        "updated": stamp(channel.updated),
        "ttl": TTL_SECONDS,
        "stale_after": stamp(stale_after(channel, items)),
        "items": [
            {
                "id": item.id,
                "title": excerpt(item.title, TITLE_CHARACTERS),
                "url": item.url,
                "source": item.outlet_name,
                "time": stamp(item.date),
            }
            | ({"lang": item.language} if item.language not in {"", channel.language} else {})
            | ({"urgent": True} if item.urgent else {})
            | ({"licence": item.licence} if item.licence else {})
            | ({"also": [{"source": name, "url": url} for name, _, url in item.also]} if item.also else {})
            for item in items
        ],
    }
    return encoded(document)


def marked_stale(data: bytes) -> bytes:
    """A published ticker with `"stale": true` and nothing else changed. Raises ValueError when it cannot be read."""
    document = json.loads(data)
    headlines = document.pop("items")
    return encoded({**document, "stale": True, "items": headlines})


def stale_after(channel: Channel, items: tuple[Item, ...]) -> datetime:
    """The newest change plus the longest silence among these items, between an hour and a week."""
    longest = max((abs(newer.date - older.date) for newer, older in pairwise(items)), default=SHORTEST_GAP)
    return channel.updated + min(max(longest, SHORTEST_GAP), LONGEST_GAP)


def encoded(document: dict[str, Any]) -> bytes:
    """JSON that may stand in a page's script."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_IN_SCRIPT).encode()

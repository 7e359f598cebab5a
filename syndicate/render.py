"""A channel and its items in; the bytes of each format out. Pure: no clock, no disk, equal input gives equal bytes."""

import json
from typing import Any

from syndicate.channel import Channel, stamp
from syndicate.item import Item
from syndicate.rss_atom import atom, rss, shown_html
from syndicate.ticker import ticker


def json_feed(channel: Channel, items: tuple[Item, ...]) -> bytes:
    """JSON Feed 1.1 (jsonfeed.org/version/1.1); where an item comes from stands in its `_source`."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home,
        "feed_url": channel.address("json"),
        "description": channel.description,
        "language": channel.language,
    }
    if channel.hub:
        document["hubs"] = [{"type": "WebSub", "url": channel.hub}]
    document["items"] = [_json_item(channel, item) for item in items]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _json_item(channel: Channel, item: Item) -> dict[str, Any]:
    shown = shown_html(item)
    body = {"content_html": shown, "summary": item.summary}
    licence = {"licence": item.licence} if item.licence else {}
    fields = {
        "id": item.guid,
        "url": item.url,
        "title": item.title,
        **(body if shown else {"content_text": item.summary}),
        "image": item.image,
        "date_published": stamp(item.date),
        "date_modified": item.modified.isoformat(),
        "authors": [{"name": name} for name in item.authors],
        "tags": list(item.tags),
        "language": item.language if item.language != channel.language else "",
        "attachments": [
            {"url": file.url, "mime_type": file.type} | ({"size_in_bytes": file.length} if file.length else {})
            for file in item.enclosures
        ],
        "_source": {"name": item.outlet_name, "url": item.outlet_url} | licence,
        "_also": item.also and {"outlets": [{"name": name, "title": title, "url": url} for name, title, url in item.also]},
    }
    return {name: value for name, value in fields.items() if value}


RENDERERS = {"rss": rss, "atom": atom, "json": json_feed, "ticker": ticker}

"""A published file and the articles taken down since in; the file without them, all else as it was, out."""

import json
from collections.abc import Sequence

from lxml import etree

from syndicate.check import XML, A
from syndicate.text import web_url
from syndicate.ticker import encoded
from tickerwire.model import Article


def without(kind: str, data: bytes, taken: Sequence[Article]) -> bytes:
    """`data` itself where nothing of it was taken down. A ticker knows its articles by address, for its numbers may be those of a
    database that was lost. Raises ValueError, KeyError, TypeError or LxmlError for a file that cannot be read."""
    guids = {one.guid for one in taken}
    if kind in {"rss", "atom"}:
        root = etree.fromstring(data, XML)
        gone = [one for one in root.iter("item", f"{A}entry") if (one.findtext("guid") or one.findtext(f"{A}id")) in guids]
        for entry in gone:
            entry.getparent().remove(entry)
        return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8") if gone else data
    document, urls = json.loads(data), {web_url(one.url) or web_url(one.link) for one in taken}
    left = [one for one in document["items"] if (one["url"] not in urls if kind == "ticker" else one["id"] not in guids)]
    return encoded(document | {"items": left}) if len(left) < len(document["items"]) else data

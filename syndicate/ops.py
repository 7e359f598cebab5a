"""The status document in; an Atom feed of what an operator should look at, newest first, out: any reader then keeps watch."""

from collections.abc import Iterator, Mapping
from typing import Any

from feedgen.feed import FeedGenerator

from syndicate.text import plain

MEDIA_TYPE = "application/atom+xml"
WELL = ("ok", "never")
SINCE = {"late": "next_due", "silent": "last_new_article"}  # others since the last success


def ops(status: Mapping[str, Any], base: str) -> bytes:
    """Atom 1.0 (RFC 4287) in UTF-8: one entry for each outlet and feed that needs a look, as long as it does, dated (UTC) by when that
    began. `base` is the site's address. An outlet that recovers and fails again is another entry."""
    told = sorted(_troubles(status), key=lambda one: (one[0] or "", one[1]))
    began = status["run"]["last_crawl"] or status["time"]
    feed = FeedGenerator()
    feed.id(f"{base}/ops.atom")
    feed.title("Tickerwire: what needs a look")
    feed.author(name="Tickerwire")
    feed.link([{"href": f"{base}/ops.atom", "rel": "self"}, {"href": f"{base}/status", "rel": "alternate"}])
    feed.updated(max((since for since, *_ in told if since), default=began))
    for since, name, reason in told:  # feedgen puts each before the others
        entry = feed.add_entry()
        entry.id(f"{base}/status#{name.replace(' ', '-')}-{since or 'never'}")
        entry.title(name)
        entry.summary(plain(reason, 500) or name)
        entry.link(href=f"{base}/status", rel="alternate")
        entry.updated(since or began)
    return bytes(feed.atom_str())


def _troubles(status: Mapping[str, Any]) -> Iterator[tuple[str | None, str, str]]:
    """Since when (UTC, as the status writes it; None: it never was well), what, and why."""
    for one in status["outlets"]:
        if one["state"] not in WELL:
            yield one[SINCE.get(one["state"], "last_success")], f"outlet {one['id']} is {one['state']}", one["reason"]
    for one in status["feeds"]:
        if one["stale"]:
            yield one["published_at"], f"feed {one['id']} is held back", one["reason"]

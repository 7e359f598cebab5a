"""The published tree and the feeds configured now in; which of its addresses are gone or have moved, as gone.json, out."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from syndicate.channel import PATHS, stamp
from tickerwire.config import FeedSpec

KEPT = timedelta(days=30)  # an address answers 410 for so long, then 404
PLACES = ("feeds/*.rss", "feeds/*.atom", "feeds/*.json", "ticker/*.json", "feeds/*/index.html", "embed/*/index.html")
FILE = "gone.json"


def addresses(feed: str, formats: tuple[str, ...]) -> list[str]:
    """The paths of one feed's files, those of its formats and its pages."""
    return [*(PATHS[kind].format(feed) for kind in formats), f"feeds/{feed}/index.html", f"embed/{feed}/index.html"]


def leftovers(public: Path, feeds: tuple[FeedSpec, ...]) -> set[str]:
    """Published files of feeds, or formats of feeds, that are no longer configured."""
    wanted = {path for feed in feeds for path in addresses(feed.id, feed.formats)}
    return {str(file.relative_to(public)) for place in PLACES for file in public.glob(place)} - wanted


def departed(feeds: tuple[FeedSpec, ...], left: set[str], before: bytes, now: datetime) -> bytes:
    """gone.json: `moved` leads from paths of `moved_from` ids to their successors', `gone` says until when a path answers 410.

    `left` are leftovers about to be removed; `before` is the gone.json of the last publish (b"" or damaged: none).
    """
    wanted = {path for feed in feeds for path in addresses(feed.id, feed.formats)}
    moved: dict[str, str] = {}
    for feed in feeds:
        for former in feed.moved_from:
            moved.update(zip(addresses(former, feed.formats), addresses(feed.id, feed.formats), strict=True))
    gone = dict.fromkeys(left, stamp(now + KEPT)) | _gone(before)
    kept = {path: until for path, until in gone.items() if until > stamp(now) and path not in {*wanted, *moved}}
    return json.dumps({"gone": kept, "moved": moved}, indent=1, sort_keys=True).encode() + b"\n"


def _gone(said: bytes) -> dict[str, str]:
    try:
        return {str(path): str(until) for path, until in json.loads(said)["gone"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}

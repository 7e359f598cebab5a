"""A feed's configuration and the site's in; what a feed says about itself, and where each of its files lies, out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syndicate.item import Item
from syndicate.text import plain
from tickerwire.config import FeedSpec, Site
from tickerwire.tables import table

EMPTY_SINCE = datetime(2000, 1, 1, tzinfo=UTC)  # the date of a feed that never had an item: formats require one
FORMATS: dict[str, list[str]] = table("syndicate", "formats")
PATHS = {kind: path for kind, (_, path, _, _) in FORMATS.items()}


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says about itself. `base` is the site's address without a slash at its end, `home` the feed's web page, `paths` where
    it lies below `base` in each format.

    `updated` is the newest change of an item, never the time of rendering: equal data gives equal bytes.
    """

    id: str
    title: str
    description: str
    site: str
    base: str
    home: str
    language: str
    hub: str
    updated: datetime
    formats: tuple[str, ...]
    paths: Mapping[str, str] = field(default_factory=lambda: PATHS)

    def address(self, kind: str) -> str:
        """The public URL of this feed in the format `kind`, a key of `paths`."""
        return f"{self.base}/{self.paths[kind].format(self.id)}"


def channel(feed: FeedSpec, site: Site, hub: str, items: Sequence[Item]) -> Channel:
    """The channel of `feed` when it holds `items`; `hub` is the WebSub hub's URL, or empty."""
    title = plain(feed.title, 200) or feed.id
    return Channel(
        id=feed.id,
        title=title,
        description=plain(feed.description, 500) or title,
        site=plain(site.title, 200) or title,
        base=site.base_url,
        home=f"{site.base_url}/feeds/{feed.id}/",
        language=site.language or "en",
        hub=hub,
        formats=feed.formats,
        updated=max((item.updated for item in items), default=EMPTY_SINCE),
    )


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

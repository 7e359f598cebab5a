"""A configuration and a store in; the public tree brought up to date, and what was done and held back, out."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from importlib.resources import files as package_files

from syndicate import gate, tree
from syndicate.channel import PATHS, Channel, channel
from syndicate.check import check
from syndicate.item import Item, fitted, item
from syndicate.opml import opml
from syndicate.pages import assets, feed_pages, site_pages
from syndicate.render import RENDERERS
from syndicate.select import select
from syndicate.ticker import marked_stale
from tickerwire import __version__
from tickerwire.config import Config, FeedSpec, Outlet
from tickerwire.errors import StoreError
from tickerwire.fresh import MARK, NEVER, changes_at, mark
from tickerwire.model import Article, FeedState
from tickerwire.query import parse
from tickerwire.store import Store

logger = logging.getLogger(__name__)
SCHEMA = "schema/ticker-1.json"
Faults = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FeedReport:
    """One feed after a publish: how many items it shows, whether a file was written, why it is held back if it is.

    `quarantined` are the articles left out because they cannot be rendered, with the reason; `files` the paths of its formats.
    """

    id: str
    items: int
    changed: bool = False
    stale: bool = False
    reason: str = ""
    quarantined: Faults = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishReport:
    """All feeds looked at, and every path written (below the public root, compressed variants not named)."""

    feeds: tuple[FeedReport, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's bytes by format, checked; the items in them; the articles left out."""

    items: tuple[Item, ...]
    documents: Mapping[str, bytes]
    quarantined: Faults


@dataclass(slots=True)
class _Publisher:
    """One run over one tree."""

    config: Config
    store: Store
    now: datetime
    force: bool
    states: Mapping[str, FeedState]
    outlets: Mapping[str, Outlet]
    written: list[str] = field(default_factory=list)
    until: datetime = NEVER

    def write(self, relative: str, data: bytes) -> None:
        if tree.replace(self.config.public, relative, data):
            self.written.append(relative)

    def feed(self, feed: FeedSpec) -> tuple[FeedReport, tuple[Item, ...]]:
        """Bring one feed's files up to date; whatever goes wrong costs this feed alone and leaves its old files."""
        try:
            return self.renewed(feed)
        except StoreError:
            raise
        except Exception as error:
            logger.debug("feed %s", feed.id, exc_info=True)
            return self.held(feed, f"could not be rendered: {error}")

    def renewed(self, feed: FeedSpec) -> tuple[FeedReport, tuple[Item, ...]]:
        state, paths = self.states.get(feed.id), _paths(feed)
        articles = select(feed, self.store, self.now)
        self.until = min(self.until, changes_at(parse(feed.query), articles))
        items, unfit = self.shown(articles)
        fingerprint = _fingerprint(self.config, feed, items, unfit)
        if state and self.settled(feed, state, fingerprint):
            kept = tuple(each for each in items if each.id in state.items)
            return FeedReport(feed.id, len(kept), reason=state.reason, files=tuple(paths.values())), kept
        rendered = render(self.config, feed, items)
        if why := self.refusal(feed, rendered):
            if not self.force:
                return self.held(feed, why)
            logger.warning("feed %s published by force: %s", feed.id, why)
        before = len(self.written)
        pages = feed_pages(self.config, feed, rendered.items)
        for relative, data in {**{paths[kind]: data for kind, data in rendered.documents.items()}, **pages}.items():
            self.write(relative, data)
        changed = len(self.written) > before
        faults = unfit + rendered.quarantined
        reason = "; ".join(f"article {article} left out: {why}" for article, why in faults)
        ids = tuple(each.id for each in rendered.items)
        moment = state.published_at if state and not changed else self.now
        self.store.save_feed(FeedState(feed.id, _digest(feed), fingerprint, ids, moment, reason=reason))
        return FeedReport(feed.id, len(ids), changed, False, reason, faults, tuple(paths.values())), rendered.items

    def settled(self, feed: FeedSpec, state: FeedState, fingerprint: str) -> bool:
        """Whether what lies in the tree is what rendering again would give."""
        wanted = (*_paths(feed).values(), f"feeds/{feed.id}/index.html")
        return not self.force and not state.stale and state.fingerprint == fingerprint and self.present(wanted)

    def shown(self, articles: Iterable[Article]) -> tuple[tuple[Item, ...], Faults]:
        """What readers may see of these articles, and the ones no format can show."""
        items, unfit = [], []
        for article in articles:
            try:
                items.append(item(article, self.outlets.get(article.outlet)))
            except ValueError as error:
                unfit.append((article.id, str(error)))
        return fitted(items), tuple(unfit)

    def present(self, paths: Iterable[str]) -> bool:
        return all((self.config.public / path).is_file() for path in paths)

    def refusal(self, feed: FeedSpec, rendered: Rendered) -> str:
        """The gate's word on this render."""
        if rendered.items:
            return ""
        state = self.states.get(feed.id)
        old = state.items if state else ()
        stored = self.store.articles(old)
        pruned = self.store.pruned(old)
        lost = gate.unexplained(tuple(id_ for id_ in old if id_ not in pruned), stored, parse(feed.query), self.now)
        holding = any(gate.holds_items(kind, self.read(path)) for kind, path in _paths(feed).items())
        return gate.verdict(state, _digest(feed), len(rendered.items), lost, holding)

    def read(self, path: str) -> bytes:
        try:
            return (self.config.public / path).read_bytes()
        except FileNotFoundError:
            return b""

    def held(self, feed: FeedSpec, reason: str) -> tuple[FeedReport, tuple[Item, ...]]:
        """Keep the last good files, say so in the ticker and in the state, and show the last good items on pages."""
        logger.warning("feed %s held back: %s", feed.id, reason)
        paths, before = _paths(feed), len(self.written)
        with suppress(ValueError, KeyError, TypeError):  # a damaged ticker is left as it is
            if "ticker" in paths and (data := self.read(paths["ticker"])):
                self.write(paths["ticker"], marked_stale(data))
        state = replace(self.states.get(feed.id) or FeedState(feed.id), stale=True, reason=reason)
        self.store.save_feed(state)
        files = tuple(path for path in paths.values() if self.present([path]))
        report = FeedReport(feed.id, len(state.items), len(self.written) > before, True, reason, (), files)
        return report, self.last_good(feed)

    def last_good(self, feed: FeedSpec) -> tuple[Item, ...]:
        """The items published before that may still be shown."""
        state = self.states.get(feed.id) or FeedState(feed.id)
        stored = self.store.articles(state.items)
        return self.shown(stored[id_] for id_ in state.items if id_ in stored and not stored[id_].desk)[0]

    def fixed(self) -> None:
        """What no article changes; pages rely on it, so it comes first."""
        schema = package_files("syndicate").joinpath("embed/ticker-1.schema.json").read_bytes()
        for relative, data in {**assets(), SCHEMA: schema, "opml.xml": opml(self.config)}.items():
            self.write(relative, data)

    def landing(self, shown: Mapping[str, Sequence[Item]], held: bool) -> None:
        """The site's own pages; they stay while a held feed leaves nothing at all to show on them."""
        if held and not any(shown.values()) and self.present(["index.html"]):
            return
        for relative, data in site_pages(self.config, shown).items():
            self.write(relative, data)


def publish(
    config: Config, store: Store, now: datetime, only: Collection[str] = (), force: bool = False
) -> PublishReport:
    """Bring the public tree up to date; the caller holds the write lock. Files that would not change are not touched.

    `only` names the feeds to look at (empty: all); `force` publishes what the gate would hold back. A feed that fails is
    reported and keeps its files; raises StoreError when the database or the disk cannot be used.
    """
    tree.sweep(config.public)
    outlets = {outlet.id: outlet for outlet in config.outlets}
    publisher = _Publisher(config, store, now, force, store.feed_states(), outlets)
    publisher.fixed()
    reports: list[FeedReport] = []
    shown: dict[str, tuple[Item, ...]] = {}
    for feed in config.feeds:
        if only and feed.id not in only:
            shown[feed.id] = publisher.last_good(feed)
            continue
        report, shown[feed.id] = publisher.feed(feed)
        reports.append(report)
    held = any(report.stale for report in reports)
    publisher.landing(shown, held)
    if not (only or held):
        store.remember(MARK, mark(config, store.generation(), publisher.until))
    return PublishReport(tuple(reports), tuple(publisher.written))


def render(config: Config, feed: FeedSpec, items: tuple[Item, ...]) -> Rendered:
    """Every format of `feed`, checked. An item that spoils the whole is left out; what fails without any culprit is raised."""
    try:
        return Rendered(items, _documents(config, feed, items), ())
    except Exception as error:  # whatever a renderer stumbles over, the other items are to be published
        faults = tuple((each.id, fault) for each in items if (fault := _fault(config, feed, each)))
        if not faults:
            raise
        logger.warning("feed %s: %s; %d articles left out", feed.id, error, len(faults))
        bad = {article for article, _ in faults}
        sound = tuple(each for each in items if each.id not in bad)
        return Rendered(sound, _documents(config, feed, sound), faults)


def _documents(config: Config, feed: FeedSpec, items: tuple[Item, ...]) -> dict[str, bytes]:
    about = _channel(config, feed, items)
    documents: dict[str, bytes] = {kind: RENDERERS[kind](about, items) for kind in feed.formats}
    for kind, data in documents.items():
        check(kind, data, items)
    return documents


def _fault(config: Config, feed: FeedSpec, each: Item) -> str:
    try:
        _documents(config, feed, (each,))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def _channel(config: Config, feed: FeedSpec, items: Sequence[Item]) -> Channel:
    return channel(feed, config.site, config.publish.hub, items)


def _paths(feed: FeedSpec) -> dict[str, str]:
    return {kind: PATHS[kind].format(feed.id) for kind in feed.formats}


def _digest(*values: object) -> str:
    return sha256("\n".join(map(repr, values)).encode(errors="backslashreplace")).hexdigest()


def _fingerprint(config: Config, feed: FeedSpec, items: Sequence[Item], unfit: Faults) -> str:
    """Equal when rendering again would give equal bytes: all that enters them, and the version that makes them."""
    return _digest(__version__, config.site, _digest(feed), _channel(config, feed, items), unfit, *items)

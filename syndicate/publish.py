"""A configuration and a store in; the public tree brought up to date, and what was done and held back, out."""

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from os.path import isfile

from lxml.etree import LxmlError

from syndicate import gate, notices, tree
from syndicate.changes import Changes
from syndicate.channel import PATHS, channel, stamp
from syndicate.check import check, identities
from syndicate.departed import FILE, addresses, departed, leftovers
from syndicate.item import Item, fitted, item
from syndicate.opml import opml
from syndicate.pages import EMBED, FALLBACK, LATEST, assets, feed_pages, front_page, site_pages
from syndicate.render import RENDERERS
from syndicate.select import headlines, select
from syndicate.takedown import without
from syndicate.ticker import marked_stale
from tickerwire import __version__
from tickerwire.config import Config, FeedSpec
from tickerwire.config.model import Level
from tickerwire.errors import StoreError
from tickerwire.fresh import MARK, NEVER, changes_at, digest, mark
from tickerwire.model import Article, FeedState
from tickerwire.store import Store
from tickerwire.store.embargo import next_release, released

logger = logging.getLogger(__name__)
Faults = Mapping[int, str]  # articles that cannot be shown, with the reason
SITE = ("index.html", "feeds/index.html", "embed/index.html", "robots.txt", "opml.xml", FILE)


@dataclass(frozen=True, slots=True)
class FeedReport:
    """One feed after a publish: how many items it shows, whether a file was written, why it is held back if it is."""

    id: str
    items: int
    changed: bool = False
    stale: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """All feeds looked at, and every path written (below the public root, compressed variants not named)."""

    feeds: tuple[FeedReport, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A feed's bytes by format, checked; the items in them; the articles left out; its pages by path."""

    items: tuple[Item, ...]
    documents: Mapping[str, bytes]
    quarantined: Faults
    pages: dict[str, bytes]


class _Publisher:
    """One run over one tree: the paths `written`, the items `shown` of each feed looked at, the moment `until` which it stays right,
    and whether anything `taken` down was `cut` out of files that were kept.

    `same`: a publish of everything ended under this very configuration, and none since. `standing` feeds need no look then but for
    articles. `base` is a digest of all that every feed depends on.
    """

    def __init__(self, config: Config, store: Store, now: datetime, force: bool, same: bool) -> None:
        self.config, self.store, self.now, self.force, self.same = config, store, now, force, same
        self.public, self.base = str(config.public), digest(config.model_copy(update={"feeds": ()}))
        self.changes, self.taken, self.standing = Changes(store, now), store.taken_down(), store.standing(now)
        self.written: list[str] = []
        self.shown: dict[str, tuple[Item, ...]] = {}
        self.until, self.cut = NEVER, False

    def write(self, documents: Mapping[str, bytes]) -> bool:
        """Make files hold these bytes, by path; whether any had to be written."""
        written = [path for path, data in documents.items() if tree.replace(self.config.public, path, data)]
        self.written += written
        return bool(written)

    def complete(self, feed: FeedSpec) -> bool:
        """Whether all files of a feed are there, its pages too."""
        return all(map(self.present, addresses(feed.id, feed.formats)))

    def still(self, feed: FeedSpec) -> bool:
        """Whether only articles can be a reason to look at a feed."""
        known = self.standing.get(feed.id)
        settled = known and (self.same or known.settled == _digest(self.base, feed))
        return bool(settled) and not self.force and self.complete(feed)

    def feed(self, feed: FeedSpec, concern: set[int] | None) -> FeedReport:
        """Bring one feed's files up to date; whatever goes wrong costs this feed alone and leaves its old files. `concern` are the
        articles that are the only reason to look at it; None when there is another."""
        if concern is not None and not concern:
            known = self.standing[feed.id]
            self.until = min(self.until, known.until or NEVER)
            return FeedReport(feed.id, len(known.items), reason=known.why)
        state = self.store.feed_states(feed.id).get(feed.id) or FeedState(feed.id)
        try:
            return self.renewed(feed, state, concern)
        except StoreError:
            raise
        except Exception as error:
            logger.debug("feed %s", feed.id, exc_info=True)
            return self.held(feed, state, f"could not be rendered: {error}")

    def renewed(self, feed: FeedSpec, state: FeedState, concern: set[int] | None) -> FeedReport:
        articles = select(feed, self.store, self.now, among=self.changes.members(feed, concern) if concern else None)
        news = headlines(feed, self.store, self.now, articles) if "ticker" in feed.formats else ()
        until = min(changes_at(feed.filter, (*articles, *news)), next_release(self.store, feed.embargoes, self.now) or NEVER)
        self.until = min(self.until, until)
        copies = ((one.id, one.story, *(copy.id for copy in one.others)) for one in (*articles, *news))
        entered: dict[int, datetime | None] = dict.fromkeys(chain.from_iterable(copies))
        looked = replace(state, settled=_digest(self.base, feed), until=until)
        items, unfit = self.items(articles, feed.republish)
        heads, worse = (items, unfit) if news == articles else self.items(news, feed.republish)
        unfit = {**unfit, **worse}
        site = __version__, self.config.site, self.config.search.enabled, self.config.publish.hub
        # Equal when rendering again would give equal bytes: all that enters them, and the version that makes them.
        fingerprint = _digest(*site, feed, (*unfit.items(),), *items, "news", heads == items or heads)
        gone, fresh = self.gone(feed, state), fingerprint != state.fingerprint
        if not (fresh or gone or state.stale or self.force) and self.complete(feed):
            kept = self.shown[feed.id] = tuple(each for each in items if each.id in state.items)
            if looked != state or self.store.members(feed.id).keys() != entered.keys():
                self.store.save_feed(looked, entered | {each.id: each.date for each in kept})
            return FeedReport(feed.id, len(kept), reason=state.why)
        rendered = render(self.config, feed, items, heads)
        if why := self.refusal(feed, state, articles, rendered.items):
            if not self.force:
                return self.held(feed, state, why)
            logger.warning("feed %s published by force: %s", feed.id, why)
        documents = {PATHS[kind].format(feed.id): data for kind, data in rendered.documents.items()}
        changed = self.write(documents | rendered.pages)
        faults = {str(article): why for article, why in {**unfit, **rendered.quarantined}.items()}
        ids = tuple(each.id for each in rendered.items)
        moment = self.now if changed else state.published_at or self.now
        backlog = {each.id for each in articles if each.backlog}
        told, said = notices.notices(self.config, feed, state, rendered.items, backlog, gone, self.now, fresh)
        looked = replace(looked, spec_hash=_spec(feed), fingerprint=fingerprint, items=ids, stale=False, reason="")
        renewed = replace(looked, published_at=moment, told=told, quarantined=faults)
        entered |= {each.id: each.date for each in rendered.items}
        self.store.save_feed(renewed, entered, said, self.now)
        self.shown[feed.id] = rendered.items
        return FeedReport(feed.id, len(ids), changed, reason=renewed.why)

    def items(self, articles: Iterable[Article], most: Level | None) -> tuple[tuple[Item, ...], Faults]:
        """What readers may see of these articles, and the ones no format can show."""
        items: list[Item] = []
        unfit: dict[int, str] = {}
        for article in articles:
            others, worse = self.items(article.others, most) if article.others else ((), {})
            unfit |= worse
            try:
                made = item(article, self.config.by_id.get(article.outlet), most or "full")
                items.append(replace(made, also=tuple((one.outlet_name, one.title, one.url) for one in others)) if others else made)
            except Exception as error:  # whatever it is, it costs this article alone
                unfit[article.id] = str(error) or type(error).__name__
        return fitted(items), unfit

    def present(self, path: str) -> bool:
        return isfile(f"{self.public}/{path}")  # noqa: PTH113  # pathlib takes three times as long

    def depart(self) -> str:
        """Take away the files of feeds no longer configured; gone.json says where they went. When the first of them is forgotten."""
        left = leftovers(self.config.public, self.config.feeds)
        file = self.config.public / FILE
        said = departed(self.config.feeds, left, file.read_bytes() if file.is_file() else b"", self.now)
        self.write({FILE: said})
        for path in sorted(left):
            tree.remove(self.config.public, path)
        return min(json.loads(said)["gone"].values(), default=stamp(NEVER))

    def refusal(self, feed: FeedSpec, state: FeedState, articles: tuple[Article, ...], items: tuple[Item, ...]) -> str:
        """The gate's word on a render; of a feed that was edited it has none."""
        files = {kind: self.config.public / path for kind, path in _paths(feed).items() if self.present(path)}
        if state.fingerprint and state.spec_hash != _spec(feed):
            return ""
        old = tuple(set(state.items) - self.store.pruned(state.items))
        if not items:
            holding = any(gate.ITEM_SIGNS[kind] in file.read_bytes() for kind, file in files.items())
            return gate.verdict(state, gate.unexplained(old, self.store.articles(old), feed.filter, self.now), holding)
        readable = (identities(kind, files[kind].read_bytes()) for kind in ("json", "atom", "rss") if kind in files)
        if why := gate.reborn(next(filter(None, readable), {}), items, self.now, not state.fingerprint):
            return why
        ids = {one.id for one in items}
        mixed = feed.max_share < 1 and feed.stories != "all"  # there a story may count for another outlet than before
        if mixed or 2 * len(ids.intersection(old)) >= len(old):
            return ""
        return gate.lost(len(old), self.store.articles(old), articles, ids, feed, self.now)

    def held(self, feed: FeedSpec, state: FeedState, reason: str) -> FeedReport:
        """Keep the last good files but for what was taken down, say so in the ticker and in the state, and show the last good items
        on pages."""
        logger.warning("feed %s held back: %s", feed.id, reason)
        self.shown[feed.id] = self.last_good(feed)
        kept, cut = dict[str, bytes](), False
        for kind, path in _paths(feed).items():
            with suppress(OSError, ValueError, KeyError, TypeError, LxmlError):  # a damaged or missing file is left as it is
                data = (self.config.public / path).read_bytes()
                left = without(kind, data, self.taken)
                cut |= left != data
                kept[path] = marked_stale(left) if kind == "ticker" else left
        self.cut |= cut
        changed = self.write(kept | (feed_pages(self.config, feed, self.shown[feed.id]) if cut else {}))
        told, said = notices.notices(self.config, feed, state, (), set(), self.gone(feed, state), self.now, fresh=False)
        self.store.save_feed(replace(state, stale=True, reason=reason, told=told), None, said, self.now)
        return FeedReport(feed.id, len(state.items), changed, True, reason)

    def gone(self, feed: FeedSpec, state: FeedState) -> list[Article]:
        """What was taken down since webhooks were told of it."""
        return [one for one in self.taken if feed.webhooks and state.told.get(str(one.id))]

    def front(self) -> None:
        """The landing page. Of the feeds left alone, only what it may show is read: the newest article of each of the newest stories,
        from the last feed that shows it, and what moves at its top."""
        place = {feed.id: number for number, feed in enumerate(self.config.feeds)}
        newest, copies = dict[int, str](), dict[int, int]()
        for article, name, story in self.store.newest():
            if story not in copies and len(copies) == LATEST:
                break
            if name in place and name not in self.shown and copies.setdefault(story, article) == article:
                newest[article] = max(newest.get(article, name), name, key=place.__getitem__)
        wanted = {name: [article for article, last in newest.items() if last == name] for name in newest.values()}
        moving = next((feed.id for feed in self.config.feeds if "ticker" in feed.formats), "")
        if moving and moving not in self.shown:
            wanted[moving] = [*wanted.get(moving, ()), *self.standing[moving].items[:FALLBACK]]
        told = {feed.id: self.told(feed, wanted[feed.id]) for feed in self.config.feeds if feed.id in wanted} | self.shown
        self.write(front_page(self.config, {name: told[name] for name in place if name in told}))

    def told(self, feed: FeedSpec, ids: Iterable[int]) -> tuple[Item, ...]:
        """Some of the items of a feed that was left alone, as it tells them."""
        among = sorted(self.store.articles(ids).values(), key=lambda one: (one.position, one.id), reverse=True)
        return self.items(select(feed, self.store, self.now, among=among), feed.republish)[0]

    def last_good(self, feed: FeedSpec) -> tuple[Item, ...]:
        """The items published before that may still be shown."""
        states = self.store.feed_states(feed.id)
        ids = states[feed.id].items if feed.id in states else ()
        stored = self.store.articles(ids)
        shown = (stored[id_] for id_ in ids if id_ in stored and not stored[id_].desk)
        return self.items(released(shown, feed.embargoes, self.now), feed.republish)[0]


def publish(config: Config, store: Store, now: datetime, only: Collection[str] = (), force: bool = False) -> PublishReport:
    """Bring the public tree up to date; the caller holds the write lock. Files that would not change are not touched.

    `only` names the feeds to look at (empty: all); `force` publishes what the gate would hold back. A feed that fails is
    reported and keeps its files; raises StoreError when the database or the disk cannot be used.
    """
    store.rename_outlets(config.renamed)
    last, said = json.loads(store.setting(MARK) or "{}"), digest(config)
    same = last.get("config") == said and all((config.public / path).is_file() for path in SITE)
    publisher = _Publisher(config, store, now, force, same)
    changes = publisher.changes
    concern = changes.concerning([feed for feed in config.feeds if (not only or feed.id in only) and publisher.still(feed)])
    idle = same and len(concern) == len(config.feeds) and not any(concern.values())
    if not last:
        tree.sweep(config.public)  # the last one was killed, or this is the first
    elif not idle:
        store.remember(MARK, "")  # should this one be killed, the next takes nothing for granted
    schema = (EMBED / "ticker-1.schema.json").read_bytes()  # pages rely on this and
    publisher.write(assets() | {"schema/ticker-1.json": schema} | ({} if same else {"opml.xml": opml(config)} | site_pages(config)))
    reports = tuple(publisher.feed(feed, concern.get(feed.id)) for feed in config.feeds if not only or feed.id in only)
    publisher.shown |= {feed.id: publisher.last_good(feed) for feed in config.feeds if only and feed.id not in only}
    held = any(report.stale for report in reports)
    sound = any(report.items and not report.stale for report in reports) or any(publisher.shown.values())
    if not idle and (sound or publisher.cut or not (held and publisher.present("index.html"))):
        publisher.front()
    if not only:
        gone = last["gone"] if same and stamp(now) < last["gone"] else publisher.depart()
        ending = mark(said, store.generation(), publisher.until, held=held, gone=gone)
        if changes.logged or ending != store.setting(MARK):
            store.forget_changes(changes.logged, MARK, ending)
    return PublishReport(reports, tuple(publisher.written))


def render(config: Config, feed: FeedSpec, items: tuple[Item, ...], heads: tuple[Item, ...]) -> Rendered:
    """Every format of `feed`, checked; its ticker shows `heads`. An item that spoils the whole is left out; what fails without any
    culprit is raised."""
    try:
        return _rendered(config, feed, items, heads)
    except Exception as error:  # whatever a renderer stumbles over, the other items are to be published
        whole = {each.id: each for each in (*heads, *items)}.values()
        faults = {each.id: fault for each in whole if (fault := _fault(config, feed, each))}
        if not faults:
            raise
        logger.warning("feed %s: %s; %d articles left out", feed.id, error, len(faults))
        sound, news = (tuple(each for each in some if each.id not in faults) for some in (items, heads))
        return replace(_rendered(config, feed, sound, news), quarantined=faults)


def _rendered(config: Config, feed: FeedSpec, items: tuple[Item, ...], heads: tuple[Item, ...]) -> Rendered:
    documents: dict[str, bytes] = {}
    for kind in feed.formats:
        shown = heads if kind == "ticker" else items
        documents[kind] = RENDERERS[kind](channel(feed, config.site, config.publish.hub, shown), shown)
        check(kind, documents[kind], shown)
    return Rendered(items, documents, {}, feed_pages(config, feed, items))


def _fault(config: Config, feed: FeedSpec, each: Item) -> str:
    try:
        _rendered(config, feed, (each,), (each,))
    except Exception as error:
        return str(error) or type(error).__name__
    return ""


def _paths(feed: FeedSpec) -> dict[str, str]:
    return {kind: PATHS[kind].format(feed.id) for kind in feed.formats}


def _spec(feed: FeedSpec) -> str:
    """A digest of what the operator wrote: a key that a later version adds is no edit."""
    return _digest(feed.model_dump(exclude_defaults=True, exclude={"webhooks"}), feed.words, feed.embargoes)


def _digest(*values: object) -> str:
    return sha256("\n".join(map(repr, values)).encode(errors="backslashreplace")).hexdigest()

"""Configuration and archive in; the state of every outlet and feed with a reason, as `status --json` prints it, out."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from tickerwire import __version__
from tickerwire.config import Config, FeedSpec, Outlet
from tickerwire.model import FeedState, OutletHealth
from tickerwire.store import Archive
from tickerwire.store.rows import stamp, stamp_or_none

LATE = timedelta(minutes=15)  # beyond its due time; a run under way explains less
SILENT = timedelta(days=3)  # without a new article although every crawl succeeds
BYLINES = timedelta(days=30)  # in which articles are counted by author: what counting costs does not grow with the archive
State = Literal["ok", "late", "silent", "failing", "gone", "never"]
FAILING = 2  # failed crawls in a row; one alone is weather, unless there never was a good one
INTERNAL = {"id", "schedule", "hold_until", "strain", "rhythm"}  # of what is stored of an outlet's health
SHOWN = [field.name for field in fields(OutletHealth) if field.name not in INTERNAL]


def status(config: Config, now: datetime) -> dict[str, Any]:
    """The whole status document. An installation that never crawled is all "never"; StoreError when the file is unusable."""
    authors: defaultdict[str, dict[str, int]] = defaultdict(dict)
    if config.database.exists():
        with Archive.open(config.database) as archive:
            health, states = archive.health(), archive.feed_states()
            last, hosts, told = archive.last_crawl(), archive.hosts(), archive.deliveries()
            for one in archive.authors(since=now - BYLINES):
                authors[one["outlet"]][one["author"]] = one["articles"]
    else:
        health, states, last, hosts, told = {}, {}, {}, [], {}
    known = [(outlet, health.get(outlet.id, OutletHealth(outlet.id))) for outlet in config.outlets]
    dues = [found.next_due for outlet, found in known if outlet.enabled and found.next_due]
    return {
        "version": __version__,
        "time": stamp(now),
        "run": {
            "state": last.get("state", "never"),
            "last_crawl": last.get("finished") or last.get("started"),
            "next_due": stamp_or_none(min(dues, default=None)),
        },
        "outlets": [_outlet(outlet, found, now) | {"authors": authors[outlet.id]} for outlet, found in known],
        "hosts": hosts,
        "feeds": [_feed(config, feed, states.get(feed.id, FeedState(feed.id)), told.get(feed.id, {})) for feed in config.feeds],
    }


def state(outlet: Outlet, known: OutletHealth, now: datetime) -> tuple[State, str]:  # noqa: PLR0911  # one per state
    """The state of an outlet and why, in words an operator can act on."""
    if known.last_attempt is None:
        return "never", "not crawled yet" if outlet.enabled else "disabled before its first crawl"
    if known.http_status == 410:
        return "gone", f"the server says it is gone for good (410); asked again {stamp_or_none(known.next_due)}"
    if known.consecutive_failures >= FAILING or (known.consecutive_failures and known.last_success is None):
        return "failing", f"{known.consecutive_failures} failed in a row: {known.last_error}"
    if outlet.enabled and known.next_due and known.next_due + LATE < now:
        return "late", f"due since {stamp_or_none(known.next_due)}; is `tickerwire run` or cron running?"
    if known.consecutive_failures:
        return "ok", f"the last crawl failed: {known.last_error}"
    if known.last_new_article and known.last_new_article + SILENT < now:
        return "silent", f"no new article since {stamp_or_none(known.last_new_article)} although crawls succeed"
    return "ok", "" if outlet.enabled else "disabled"


def _outlet(outlet: Outlet, known: OutletHealth, now: datetime) -> dict[str, Any]:
    name, reason = state(outlet, known, now)
    shown = {column: getattr(known, column) for column in SHOWN}
    texts = {column: stamp(value) for column, value in shown.items() if isinstance(value, datetime)}
    return {"id": outlet.id, "state": name, "reason": reason} | shown | texts


def _feed(config: Config, feed: FeedSpec, known: FeedState, told: Mapping[str, object]) -> dict[str, Any]:
    deliveries = {name: told.get(name, nothing) for name, nothing in (("pending", 0), ("failed", 0), ("last_error", ""))}
    return {
        "id": feed.id,
        "items": len(known.items),
        "published_at": stamp_or_none(known.published_at),
        "stale": known.stale,
        "reason": known.why or deliveries["last_error"],
        "quarantined": [{"article": int(article), "reason": why} for article, why in known.quarantined.items()],
        "files": [_file(config.public, name) for name in files(feed) if (config.public / name).is_file()],
    } | ({"deliveries": deliveries} if feed.webhooks or config.publish.hub else {})


def files(feed: FeedSpec) -> list[str]:
    """The paths of one feed's files in the published tree, by its formats."""
    return [f"ticker/{feed.id}.json" if kind == "ticker" else f"feeds/{feed.id}.{kind}" for kind in feed.formats]


def _file(public: Path, name: str) -> dict[str, Any]:
    found = (public / name).stat()
    return {"path": name, "bytes": found.st_size, "sha256": _digest(public / name, found.st_mtime_ns, found.st_ino)}


@lru_cache(maxsize=4_096)  # files are replaced, never rewritten, and a monitoring system asks every few seconds
def _digest(file: Path, _changed: int, _inode: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

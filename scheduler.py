"""Outlets and the clock in; crawls and publishes out: what is due, one child process per crawl, then publish what changed."""

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread, Timer
from time import sleep
from typing import TYPE_CHECKING, Any

from crawler.guard import allowed
from tickerwire import store
from tickerwire.config import Config, Outlet
from tickerwire.due import due, forced
from tickerwire.errors import Busy, StoreError, TickerwireError
from tickerwire.fresh import fresh
from tickerwire.store import Archive, behind, exclusive, outbox_lock, service_lock, write_lock
from tickerwire.store.embargo import next_release

if TYPE_CHECKING:
    from syndicate.publish import PublishReport

logger = logging.getLogger(__name__)
TICK_SECONDS = 5
CRAWL_EXIT_SECONDS = 4.0  # a stopped crawl gets this long to commit what it holds, twice, before it is killed
DISCOVER_SECONDS = 90.0  # a dozen requests, a second apart, some of them slow
MARGIN_SECONDS = 60.0  # beyond its own deadline a crawl child is hung


@dataclass(frozen=True, slots=True)
class RunReport:
    """What one run did. `crawl` is the child's report (empty when nothing was due), `held` the outlets that must not be asked yet."""

    crawl: dict[str, Any] = field(default_factory=dict)
    held: tuple[str, ...] = ()
    published: "PublishReport | None" = None

    @property
    def failed(self) -> dict[str, str]:
        """Failed outlets and feeds by id, with the reason."""
        came = self.crawl.get("outlets", {}).items()
        outlets = {name: outlet["error"] for name, outlet in came if outlet["result"] == "error"}
        late = f"not reached before the crawl's end ({self.crawl.get('state')})"
        feeds = self.published.feeds if self.published else ()
        stale = {f"feed {feed.id}": feed.reason for feed in feeds if feed.stale}
        return outlets | dict.fromkeys(self.crawl.get("skipped", ()), late) | stale


def run_once(
    config: Config, log_format: str, every: bool = False, names: tuple[str, ...] = (), deadline: float = 0.0, publish: bool = True
) -> RunReport:
    """Crawl and publish once under the write lock: the due outlets, `every` enabled one, or those named. Busy when another run holds
    it, StoreError when the disk refuses."""
    with exclusive(write_lock(config.database), "tickerwire crawl") as lock:
        ready(config)
        outlets, held = choose(config, datetime.now(UTC), every, names)
        job = {"outlets": [outlet.id for outlet in outlets]}
        # the child inherits the lock, so that it is never alone without one
        report = ask_crawler(config, job, deadline or config.crawl.deadline, log_format, [lock]) if outlets else {}
        published = publish_changed(config, datetime.now(UTC)) if publish else None
    return RunReport(report, held, published)


def ready(config: Config) -> None:
    """Finish the schema of a database whose first run was killed at it, or of an earlier version; the caller holds the write lock."""
    if config.database.exists() and behind(config.database):
        store.Store.open(config.database).close()


def publish_changed(config: Config, now: datetime) -> "PublishReport | None":
    """Retention and publishing; None when neither could change anything. Renderers are imported only when one has work."""
    if config.database.exists():
        with Archive.open(config.database) as archive:
            if fresh(config, archive, now):
                return None
    from syndicate.publish import publish  # noqa: PLC0415

    with store.Store.open(config.database) as opened:
        opened.prune(now, config.retention.articles)
        return publish(config, opened, now)


def deliver(config: Config) -> None:
    """Tell hub and webhooks what waits for them, for ten seconds at the end of a run; what is left waits for the next one. Nothing when
    another process does so already."""
    with suppress(Busy), exclusive(outbox_lock(config.database), "tickerwire delivery"):
        tell(config, 10.0)


def tell(config: Config, seconds: float, waits: Callable[[str], object] | None = None) -> None:
    """Try what waits, for so many seconds; the caller holds the outbox lock. The write lock is held only to note what became of it:
    nobody's publish waits for a receiver. Raises Busy when another writes then, unless it `waits`: then all are told again."""
    now = datetime.now(UTC)
    with Archive.open(config.database) as archive:
        waiting = archive.waiting(now)
    if waiting:
        from syndicate.deliver import deliver as told  # noqa: PLC0415  # most runs need none of it

        tried = told(config, waiting, lambda address: allowed(address, config.crawl.allow_networks), now, seconds)
        with exclusive(write_lock(config.database), "tickerwire delivery", waits), store.Store.open(config.database) as opened:
            opened.settle(tried, now)


def choose(config: Config, now: datetime, every: bool, names: Sequence[str]) -> tuple[list[Outlet], tuple[str, ...]]:
    """The outlets to crawl now, and those asked for that a Retry-After or 410 still holds back."""
    health = {}
    if config.database.exists():
        with Archive.open(config.database) as archive:
            health = archive.health()
    if not (every or names):
        return due(config.outlets, health, now), ()
    asked = [config.outlet(name) for name in names] or [outlet for outlet in config.outlets if outlet.enabled]
    free = forced(asked, health, now)
    allowed = {outlet.id for outlet in free}
    return free, tuple(outlet.id for outlet in asked if outlet.id not in allowed)


# glibc (mallopt(3)): large documents go back to the system when they are done with. Three hundred hostile outlets: 448 to 180 MB.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "262144", "MALLOC_TRIM_THRESHOLD_": "262144", "MALLOC_ARENA_MAX": "2"}


def discover(config: Config, url: str, log_format: str) -> dict[str, Any]:
    """What the sources offered at `url` would give: title, language, reason, and `tried`, one object a source. Stores nothing."""
    return ask_crawler(config, {"discover": url}, DISCOVER_SECONDS, log_format, [])


def ask_crawler(config: Config, what: dict[str, Any], deadline: float, log_format: str, keep: Sequence[int]) -> dict[str, Any]:
    """Run one crawl child for the job `what`; its report. The file descriptors `keep` stay open in it."""
    level = max(logging.getLogger().level, logging.WARNING)
    # The configuration as it was read and checked here: half a second of a thousand outlets' crawl, and no other by then.
    job = what | {"config": config, "deadline": deadline, "log_format": log_format, "log_level": level}
    command = [sys.executable, "-m", "crawler"]
    env = MALLOC | os.environ
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=keep, env=env) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        watchdog = Timer(deadline + MARGIN_SECONDS, child.kill)
        watchdog.daemon = True
        try:
            watchdog.start()
            # The pipe stays open until the report is read: its end tells the child to stop.
            with suppress(BrokenPipeError):  # it ended; its status says why
                pickle.dump(job, child.stdin)
                child.stdin.flush()
            said = child.stdout.read()
        except BaseException:
            _stop(child)
            raise
        finally:
            watchdog.cancel()
    if child.returncode == StoreError.exit_code:
        raise StoreError("the crawl could not store what it fetched; its message stands above")
    if child.returncode or not said:
        raise TickerwireError(f"the crawl process ended with status {child.returncode}; what it had committed is kept")
    return dict(json.loads(said))


def _stop(child: "subprocess.Popen[bytes]") -> None:
    """Ask twice (Scrapy finishes open requests at the first, drops them at the second), then kill."""
    for _ in range(2):
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(CRAWL_EXIT_SECONDS / 2)
            return
    child.kill()


class Service:
    """The resident half of `tickerwire run`: a tick asks the store what is due and runs it as a child process.

    APScheduler only wakes us; due-ness lives in the store, so a missed tick costs its delay and nothing else.
    """

    def __init__(self, config: Config, arguments: Sequence[str]) -> None:
        self.config, self.arguments = config, arguments
        self.child: subprocess.Popen[bytes] | None = None
        self.since = datetime(2000, 1, 1, tzinfo=UTC)  # embargoes that ended before are seen to
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415  # `crawl` never needs it

        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of each tick that comes while a run is still at work
        self.scheduler = BackgroundScheduler(timezone=UTC)
        # Ticks fall on whole minutes, as schedules do. APScheduler skips a job that is a second late unless told otherwise.
        now = datetime.now(UTC)
        self.scheduler.add_job(self.tick, "cron", second=f"*/{TICK_SECONDS}", next_run_time=now, misfire_grace_time=None)

    def tick(self) -> None:
        """Start a run when an outlet is due or an embargo ends; wait for it, so that there is never more than one."""
        now, freed = datetime.now(UTC), None
        try:
            outlets, _ = choose(self.config, now, every=False, names=())
            if self.config.embargoes and self.config.database.exists():
                with Archive.open(self.config.database) as archive:
                    freed = next_release(archive, self.config.embargoes, self.since)
        except TickerwireError as error:
            logger.error("%s", error)
            return
        if not outlets and (freed is None or freed > now):
            return
        command = [sys.executable, "-m", "tickerwire", *self.arguments, "--quiet", "crawl"]
        self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        status = self.child.wait()
        self.since = now if status in (0, 1) else self.since
        if status not in (0, 1, Busy.exit_code):  # deliveries are being noted, or an operator writes: the next tick tries again
            logger.error("the run over %s due outlets ended with status %s", len(outlets), status)

    def deliver(self) -> None:
        """Tell hub and webhooks what waits for them, second by second: while the service lives, its runs leave that to it."""
        with exclusive(outbox_lock(self.config.database), "tickerwire run", logger.debug):
            while True:
                sleep(1)
                try:
                    if self.config.database.exists():
                        tell(self.config, MARGIN_SECONDS, logger.debug)
                except TickerwireError as error:
                    logger.error("%s", error)

    def stop(self) -> None:
        """No more ticks; the run under way is asked to finish what it holds."""
        self.scheduler.pause()
        if self.child and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        self.scheduler.shutdown(wait=True)


def serve_forever(config: Config, arguments: Sequence[str], web: Callable[[], None]) -> None:
    """`tickerwire run`: one scheduler and one web server until SIGTERM. Busy when another service runs on this database."""
    with exclusive(service_lock(config.database), "tickerwire run"):
        with exclusive(write_lock(config.database), "tickerwire run", logger.debug):
            ready(config)
        service = Service(config, arguments)
        service.scheduler.start()
        Thread(target=service.deliver, daemon=True).start()  # what it is doing when all ends is done again another time
        try:
            web()
        finally:
            service.stop()

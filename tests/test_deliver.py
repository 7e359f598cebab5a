"""What a publish tells hub and webhooks, on real servers: once it is told, in order, signed, again after failures, never forgotten."""

import gzip
import hashlib
import hmac
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.guard import allowed
from scheduler import tell
from syndicate.deliver import deliver, dressed, post
from syndicate.publish import publish
from tests.archive import commit, config, feed
from tests.receivers import SECRET, Hub, Post, always, receiver, verified
from tests.test_service import free_port
from tickerwire.config import Config, Webhook
from tickerwire.config.model import CrawlSettings, Publish, StoreSettings
from tickerwire.store import Store

NOW = datetime.now(UTC).replace(microsecond=0)
LOOPBACK = CrawlSettings.model_validate({"user_agent": "Test/1", "allow_networks": ["127.0.0.0/8"]})


def settings(place: Path, *urls: str, hub: str = "", **more: Any) -> Config:
    hooks = tuple(Webhook(url=url, secret=SECRET) for url in urls)
    feeds = (feed(webhooks=hooks, **more),)
    return config(
        place, *feeds, crawl=LOOPBACK, publish=Publish(directory="public", hub=hub), store=StoreSettings(url="sqlite:///t.db")
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        commit(opened, "Rain 1", NOW - timedelta(hours=3))
        yield opened


def tour(config: Config, store: Store, now: datetime = NOW, seconds: float = 5) -> dict[int, str]:
    """One round of deliveries, noted."""
    permitted = config.crawl.allow_networks
    tried = deliver(config, store.waiting(now), lambda address: allowed(address, permitted), now, seconds)
    store.settle(tried, now)
    return tried


def told(posts: list[Post]) -> list[tuple[list[str], list[str]]]:
    """The titles of each webhook's new and changed items."""
    data = [json.loads(one.body)["data"] for one in posts]
    return [([item["title"] for item in one["new"]], [item["title"] for item in one["changed"]]) for one in data]


def test_the_signature_is_the_one_of_the_specification() -> None:
    moment = datetime.fromtimestamp(1614265330, UTC)
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = dressed("msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', secret, moment)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330")


def test_a_hub_fetches_what_it_is_told_of_and_subscribers_get_it(tmp_path: Path, store: Store) -> None:
    topic = "https://news.example.org/feeds/world.atom"
    with receiver() as subscriber:
        hub = Hub({topic: (subscriber.url, "s3cret")}, lambda url: (tmp_path / "public" / url.split("/", 3)[3]).read_bytes())
        with receiver(hub) as server:
            here = settings(tmp_path, hub=server.url)
            publish(here, store, NOW)
            assert set(tour(here, store).values()) == {""}
            assert sorted(hub.pings) == [f"https://news.example.org/feeds/world.{kind}" for kind in ("atom", "json", "rss")]
            (sent,) = subscriber.posts
            assert sent.body == (tmp_path / "public/feeds/world.atom").read_bytes()
            mac = hmac.new(b"s3cret", sent.body, hashlib.sha256).hexdigest()
            assert sent.headers["x-hub-signature"] == f"sha256={mac}"
            assert not store.waiting(NOW)
            publish(here, store, NOW)
            publish(here, store, NOW, force=True)
            assert not store.waiting(NOW), "nothing changed, nobody is told"
            commit(store, "Rain 2", NOW)
            publish(here, store, NOW)
            tour(here, store)
            assert b"Rain 2" in subscriber.posts[1].body
            assert store.deliveries() == {}


def test_pings_that_wait_become_one_and_keep_their_turn(tmp_path: Path, store: Store) -> None:
    with receiver(always(503)) as hub:
        here = settings(tmp_path, hub=hub.url, formats=["rss"])
        publish(here, store, NOW)
        assert [why.rpartition(" ")[2] for why in tour(here, store).values()] == ["503"]
        commit(store, "Rain 2", NOW)
        publish(here, store, NOW)
        assert not tour(here, store, NOW + timedelta(seconds=59)), "a minute is waited"
        assert store.deliveries()["world"]["pending"] == 1
        hub.behave = always(200)
        assert list(tour(here, store, NOW + timedelta(seconds=60)).values()) == [""]
        assert len(hub.posts) == 2


def test_a_webhook_hears_of_what_is_new_and_changed_signed_and_of_no_backlog(tmp_path: Path, store: Store) -> None:
    with receiver() as hook:
        here = settings(tmp_path, f"{hook.url}/in?token=abc")
        old = commit(store, "Rain 0", NOW - timedelta(hours=5))
        store.connection.execute("update articles set backlog = 1 where id = ?", (old,))
        publish(here, store, NOW)
        tour(here, store)
        commit(store, "Rain 2", NOW)
        commit(store, "Rain 1, corrected", NOW + timedelta(minutes=1), link="https://harbour.example/Rain-1")
        commit(store, "Rain 0, corrected", NOW + timedelta(minutes=1), link="https://harbour.example/Rain-0")
        publish(here, store, NOW + timedelta(minutes=1))
        tour(here, store, NOW + timedelta(minutes=1))
        assert told(hook.posts) == [(["Rain 1"], []), (["Rain 2"], ["Rain 1, corrected"])]
        first = hook.posts[0]
        assert all(verified(one, now=NOW.timestamp()) for one in hook.posts)
        assert not verified(replace(first, body=first.body + b" "), now=NOW.timestamp())
        assert len({one.headers["webhook-id"] for one in hook.posts}) == 2
        assert (first.path, first.headers["content-type"], first.headers["user-agent"]) == (
            "/in?token=abc",
            "application/json",
            "Test/1",
        )
        document = json.loads(first.body)
        shown = json.loads((tmp_path / "public/feeds/world.json").read_bytes())["items"]
        assert (document["type"], document["data"]["feed"]) == ("feed.updated", "world")
        assert document["data"]["new"][0].keys() == shown[-1].keys()


def test_a_first_crawl_of_backlog_alone_is_no_news(tmp_path: Path, store: Store) -> None:
    with receiver() as hook:
        here = settings(tmp_path, hook.url, hub=hook.url)
        publish(here, store, NOW)
        tour(here, store)
        hook.posts.clear()
        old = commit(store, "Old news", NOW - timedelta(days=2))
        store.connection.execute("update articles set backlog = 1 where id = ?", (old,))
        publish(here, store, NOW)
        assert not store.waiting(NOW)
        store.set_desk(old, NOW, "ann", desk="withdrawn")
        publish(here, store, NOW)
        assert {target[:4] for _, target in store.waiting(NOW)} == {"hub:"}, "what leaves by the desk is told to the hub"


def test_a_webhook_added_later_hears_of_what_comes_from_then_on_and_what_comes_back_is_no_news(
    tmp_path: Path, store: Store
) -> None:
    publish(settings(tmp_path), store, NOW)
    with receiver() as hook:
        here = settings(tmp_path, hook.url, limit=2)
        commit(store, "Rain 2", NOW - timedelta(hours=2))
        publish(here, store, NOW)
        last = commit(store, "Rain 3", NOW)
        publish(here, store, NOW)
        store.set_desk(last, NOW, "ann", desk="hidden")
        publish(here, store, NOW)
        tour(here, store)
        assert told(hook.posts[:2]) == [(["Rain 2"], []), (["Rain 3"], [])]
        assert [kind for kind, _ in withdrawn(hook.posts[2:])] == ["feed.withdrawn"], "and nothing of Rain 1, which is back"


def withdrawn(posts: list[Post]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The type of each webhook, and of what it takes back the end of the address with the desk's word."""
    said = [json.loads(one.body) for one in posts]
    return [(one["type"], [(each["url"][-1], each["state"]) for each in one["data"].get("withdrawn", [])]) for one in said]


def test_a_webhook_hears_what_was_taken_down_of_what_it_was_told_and_of_its_return(tmp_path: Path, store: Store) -> None:
    with receiver() as hook, receiver() as late:
        here = settings(tmp_path, hook.url, limit=2)
        publish(here, store, NOW)
        two = commit(store, "Rain 2", NOW - timedelta(hours=2))
        old = commit(store, "Rain 0", NOW - timedelta(hours=1))
        store.connection.execute("update articles set backlog = 1 where id = ?", (old,))
        publish(here, store, NOW)
        here = settings(tmp_path, hook.url, late.url, limit=2)
        three = commit(store, "Rain 3", NOW)
        publish(here, store, NOW)
        tour(here, store)
        assert [kind for kind, _ in withdrawn(hook.posts + late.posts)] == ["feed.updated"] * 4
        shown = json.loads((tmp_path / "public/feeds/world.json").read_bytes())["items"][0]
        for posts in (hook.posts, late.posts):
            posts.clear()
        written = publish_desk(here, store, two, desk="hidden")
        assert written == (), "it had left the feed, but who was told of it may still have it"
        publish_desk(here, store, three, desk="withdrawn")
        publish_desk(here, store, old, desk="withdrawn")
        assert withdrawn(hook.posts) == [("feed.withdrawn", [("2", "hidden")]), ("feed.withdrawn", [("3", "withdrawn")])]
        assert withdrawn(late.posts) == [("feed.withdrawn", [("3", "withdrawn")])]
        assert all(verified(one, now=NOW.timestamp()) for one in hook.posts + late.posts)
        assert json.loads(late.posts[0].body)["data"]["withdrawn"] == [
            {"id": shown["id"], "url": shown["url"], "state": "withdrawn"},
        ]
        hook.posts.clear()
        publish(here, store, NOW, force=True)
        publish_desk(here, store, three, desk="")
        assert told(hook.posts) == [(["Rain 3"], [])], "once; and what is back is new to whoever deleted it"


def publish_desk(here: Config, store: Store, article: int, **word: Any) -> tuple[str, ...]:
    """The desk's word, published and told; what was written."""
    store.set_desk(article, NOW, "ann", **word)
    written = publish(here, store, NOW).written
    tour(here, store)
    return written


def test_a_takedown_is_told_though_its_publish_was_killed(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as hook:
        here = settings(tmp_path, hook.url)
        publish(here, store, NOW)
        store.set_desk(1, NOW, "ann", desk="withdrawn")

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(store, "save_feed", die)
            with pytest.raises(KeyboardInterrupt):
                publish(here, store, NOW)
        publish(here, store, NOW)
        tour(here, store)
        assert [kind for kind, _ in withdrawn(hook.posts)] == ["feed.updated", "feed.withdrawn"]


def test_what_is_taken_down_leaves_the_files_of_a_feed_that_is_held_back(tmp_path: Path, store: Store) -> None:
    with receiver() as hook:
        here = settings(tmp_path, hook.url)
        for number in range(2, 7):
            commit(store, f"Rain {number}", NOW - timedelta(minutes=number))
        publish(here, store, NOW)
        tour(here, store)
        store.connection.execute("delete from articles where id < 5")
        assert publish(here, store, NOW).feeds[0].stale is True
        hook.posts.clear()
        publish_desk(here, store, 6, desk="withdrawn")
        public = tmp_path / "public"
        for path in ("feeds/world.rss", "feeds/world.atom", "feeds/world.json", "ticker/world.json"):
            data = (public / path).read_bytes()
            assert b"Rain 6" not in data, path
            assert all(f"Rain {number}".encode() in data for number in range(1, 6)), "what was lost stays"
            assert gzip.decompress((public / f"{path}.gz").read_bytes()) == data
        for path in ("index.html", "feeds/world/index.html", "embed/world/index.html"):
            assert b"Rain 6" not in (public / path).read_bytes(), path
        assert json.loads((public / "ticker/world.json").read_bytes())["stale"] is True
        assert (public / "feeds/world.rss").read_bytes().startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<?xml-stylesheet")
        assert withdrawn(hook.posts) == [("feed.withdrawn", [("6", "withdrawn")])]
        assert publish(here, store, NOW).written == ()


def test_failures_are_retried_in_order_with_growing_waits_and_given_up_after_three_days(tmp_path: Path, store: Store) -> None:
    with receiver(always(500)) as hook:
        here = settings(tmp_path, hook.url)
        publish(here, store, NOW)
        commit(store, "Rain 2", NOW)
        publish(here, store, NOW)
        now, tries = NOW, []
        while now < NOW + timedelta(days=3, hours=2):
            if store.waiting(now) and tour(here, store, now):
                tries.append(now - NOW)
            now += timedelta(minutes=1)
        gaps = [(later - sooner) // timedelta(minutes=1) for sooner, later in pairwise(tries)]
        assert gaps[:5] == [1, 2, 3, 4, 5]
        assert max(gaps) == 60
        first = told(hook.posts)[0]
        assert told(hook.posts[:90]) == [first] * 90, "the second waits for the first"
        assert len({one.headers["webhook-id"] for one in hook.posts[:90]}) == 1
        assert store.deliveries()["world"] == {
            "feed": "world",
            "pending": 0,
            "failed": 2,
            "last_error": f"127.0.0.1:{hook.port}: answered 500",
        }
        commit(store, "Rain 3", NOW)
        publish(here, store, now)
        hook.behave = always(200)
        assert list(tour(here, store, now).values()) == [""]
        assert store.deliveries()["world"]["failed"] == 2
        commit(store, "Rain 4", NOW)
        publish(here, store, now + timedelta(days=31))
        tour(here, store, now + timedelta(days=31))
        assert store.deliveries() == {}


def test_one_that_is_down_slow_or_gone_costs_the_others_nothing(tmp_path: Path, store: Store) -> None:
    def slow(_: Post) -> int:
        time.sleep(3)
        return 200

    with receiver() as good, receiver(slow) as late, receiver(always(410)) as gone, receiver(always(302)) as moved:
        down = f"http://127.0.0.1:{free_port()}/"
        here = settings(tmp_path, down, late.url, good.url, gone.url, moved.url)
        publish(here, store, NOW)
        begun = time.monotonic()
        whys = sorted(tour(here, store, seconds=1).values())
        assert time.monotonic() - begun < 2.5
        refused = {"answered 302", "answered 410", "Connection refused", "timed out"}
        assert {why.partition(": ")[2] for why in whys if why} in (refused, refused - {"timed out"} | {""}), whys
        assert len(good.posts) == 1
        assert store.deliveries()["world"] | {"last_error": ""} == {"feed": "world", "pending": 3, "failed": 1, "last_error": ""}
        assert len(moved.posts) == 1, "no redirect is followed"


def test_an_endless_answer_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            taken, _ = server.accept()
            with taken:
                try:
                    for _ in range(100):
                        taken.sendall(b"H")
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises((OSError, HTTPException)):
            post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"x", {}, 1.0, lambda _: True)
        assert time.monotonic() - begun < 3
        thread.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "169.254.169.254", "[::ffff:10.0.0.1]"])
def test_addresses_inside_are_refused_unless_allowed(tmp_path: Path, store: Store, host: str) -> None:
    with receiver() as hook:
        here = settings(tmp_path, f"http://{host}:{hook.port}/", hub=f"http://{host}:{hook.port}/")
        here = here.model_copy(update={"crawl": CrawlSettings(user_agent="Test/1")})
        publish(here, store, NOW)
        whys = set(tour(here, store).values())
        assert whys == {f"{host}:{hook.port}: not a public address, nor one in [crawl] allow_networks"}
        assert not hook.posts


def test_a_killed_publish_tells_what_it_changed(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written before the state: whatever is between them when the process dies, the next publish tells it."""
    with receiver() as hook:
        here = settings(tmp_path, hook.url, hub=hook.url)

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(store, "save_feed", die)
            with pytest.raises(KeyboardInterrupt):
                publish(here, store, NOW)
        assert (tmp_path / "public/feeds/world.rss").is_file()
        assert not store.waiting(NOW)
        assert publish(here, store, NOW).feeds[0].changed is False
        tour(here, store)
        assert len(hook.posts) == 4


def test_a_database_of_an_earlier_version_has_nobody_waiting(
    tmp_path: Path, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("waiting", "deliveries", "tries"):
        store.connection.execute(f"drop view {name}")
    store.connection.execute("drop table outbox")
    with caplog.at_level(logging.DEBUG):
        tell(settings(tmp_path, "https://hooks.example/"), 1)
    assert store.deliveries() == {}

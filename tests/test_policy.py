"""What an outlet permits to be shown of its articles, and from when: in every format, in searches, on pages and to webhooks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from syndicate.explain import explain
from syndicate.item import item, unillustrated
from syndicate.notices import notices
from syndicate.pages import feed_pages, front_page
from syndicate.publish import publish, render
from syndicate.select import select
from syndicate.web import WebServer, site
from tests.archive import NOW, article, commit, config, feed, outlet
from tests.loopback import Answer, loopback
from tests.receivers import SECRET
from tests.served import asker
from tests.test_config import FEED, OUTLET, SITE, complaints, read
from tests.test_crawl import FEED as SOURCE, configure, outlet as written, until
from tests.test_publish import titles
from tests.test_service import fetch, free_port, running, shows
from tickerwire.config import Config, Webhook, load
from tickerwire.config.model import Publish
from tickerwire.fresh import fresh
from tickerwire.model import Enclosure, FeedState
from tickerwire.store import Store
from tickerwire.store.embargo import next_release

__all__ = ["read"]
BODY = (
    '<p>First &amp; foremost.</p><figure><img src="https://harbour.example/in.png"><figcaption>A crane</figcaption></figure>'
    '<p>Then <img src="https://harbour.example/in.png"> more.</p><figure><blockquote>Kept</blockquote></figure>'
)
WHOLE = article(
    5,
    summary="Long " * 300,
    content_html=BODY,
    image="https://harbour.example/lead.png",
    enclosures=(
        Enclosure("https://harbour.example/big.png", "image/png"),
        Enclosure("https://harbour.example/a.mp3", "audio/mpeg"),
    ),
)
LICENCE = "https://creativecommons.org/licenses/by/4.0/"


def outputs(rules: dict[str, Any], **said: Any) -> dict[str, str]:
    """All that readers could get of one article: files, pages and what a webhook is sent."""
    settings = config(Path("/nowhere"), feed(**said), outlets=(outlet(**rules),), publish=Publish(hub=""))
    hooked = settings.feeds[0].model_copy(update={"webhooks": (Webhook(url="https://hook.example/", secret=SECRET),)})
    made = (item(WHOLE, settings.outlets[0], settings.feeds[0].republish or "full"),)
    given = render(settings, settings.feeds[0], made, made)
    assert given.quarantined == {}
    _, told = notices(settings, hooked, FeedState("world"), made, set(), [], NOW, fresh=True)
    front = front_page(settings, {"world": made})
    files = dict(given.documents) | feed_pages(settings, hooked, made) | front
    return {name: data.decode() for name, data in files.items()} | {"hook": "".join(chain.from_iterable(told.values()))}


@pytest.mark.parametrize("rules", [{"republish": "headline"}, {"republish": "full", "images": False}])
def test_pictures_are_nowhere_where_they_are_not_allowed(rules: dict[str, Any]) -> None:
    for name, text in outputs(rules).items():
        assert ".png" not in text, name
        assert "A crane" not in text, name
    sound = outputs({"republish": "full"})
    assert all("in.png" in sound[name] and "lead.png" in sound[name] for name in ("rss", "atom", "json", "hook"))


def test_a_body_without_its_pictures_is_otherwise_the_same() -> None:
    assert unillustrated(BODY) == "<p>First &amp; foremost.</p><p>Then  more.</p><figure><blockquote>Kept</blockquote></figure>"
    assert unillustrated("<p>a &lt; b&nbsp;</p>") == "<p>a &lt; b&nbsp;</p>"
    reserved = article(1, content_html=BODY, image="https://x.example/a.png", provenance={"optout": "noimageindex"})
    assert ".png" not in repr(item(reserved, outlet(republish="full")))


@pytest.mark.parametrize(("characters", "words"), [(20, 3), (300, 59), (2000, 300)])
def test_excerpts_are_as_long_as_the_outlet_says(characters: int, words: int) -> None:
    texts = outputs({"republish": "excerpt", "excerpt": characters})
    for name in ("rss", "atom", "json", "hook", "feeds/world/index.html"):
        assert texts[name].count("Long") == words, name
        assert "foremost" not in texts[name]


def test_credit_and_licence_stand_in_every_format() -> None:
    texts = outputs({"republish": "full", "credit": "© Harbour Press <2026>", "licence": LICENCE})
    for name, text in texts.items():
        assert "© Harbour Press" in text, name
        assert "Harbour & Sons" not in unescape(unescape(text)), name
        assert LICENCE in text, name
    assert json.loads(texts["ticker"])["items"][0]["licence"] == LICENCE
    assert f'<link rel="license" href="{LICENCE}"/>' in texts["atom"]
    assert f"<dc:rights>© Harbour Press &#x3C;2026&gt; {LICENCE}</dc:rights>" in texts["rss"]
    assert LICENCE not in "".join(outputs({}).values())


@pytest.mark.parametrize(
    ("outlet_s", "feed_s", "shown"),
    [("full", "excerpt", "excerpt"), ("full", None, "full"), ("excerpt", "headline", "headline"), ("full", "full", "full")],
)
def test_a_feed_may_show_less(outlet_s: str, feed_s: str | None, shown: str) -> None:
    texts = outputs({"republish": outlet_s}, republish=feed_s)
    for name in ("rss", "atom", "json", "hook"):
        assert ("foremost" in texts[name], "Long" in texts[name]) == (shown == "full", shown != "headline"), name


@pytest.mark.parametrize(
    ("policy", "asked", "more", "why"),
    [
        ("excerpt", "full", "", "1 of its outlets permit, such as `one`"),
        ("headline", "excerpt", 'outlets = ["one"]', "such as `one`"),
        ("excerpt", "excerpt", "", ""),
        ("headline", "full", 'outlets = ["two"]', ""),
        ("headline", "full", 'query = "NOT outlet:one"', ""),
        ("headline", "full", 'query = "outlet:(one OR two)"', "such as `one`"),
        ("headline", "full", 'query = "outlet:two OR lang:en"', "such as `one`"),
    ],
)
def test_a_feed_that_would_show_more_is_refused(read: Any, policy: str, asked: str, more: str, why: str) -> None:
    outlets = OUTLET.format(f'republish = "{policy}"') + OUTLET.replace("one", "two").replace("One", "Two").format(
        'republish = "full"'
    )
    feeds = (FEED.replace('query = "*"\n', "") if "query" in more else FEED).format(f'republish = "{asked}"\n{more}')
    if why:
        said = complaints(read, SITE, outlets, feeds)
        assert said.startswith(f'feeds.toml: feed[1] "all" republish = "{asked}": more than ')
        assert why in said
    else:
        assert read(SITE, outlets, feeds).feeds[0].republish == asked


# the embargo

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "var/tickerwire.db") as opened:
        commit(opened, "Ebb", NOW - 2 * HOUR)
        commit(opened, "Flood", NOW - 20 * MINUTE)
        yield opened


def held(place: Path, wait: str = "1h", feeds: str = "") -> Config:
    configure(place, written("harbour", "https://harbour.example/feed", embargo=wait), extra(feeds))
    return load(place / "config", place, {})


def extra(feeds: str) -> str:
    return '[site]\nbase_url = "https://news.example.org"\ncontact = "mailto:desk@example.org"\n' + feeds


def everything(public: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(public.rglob("*")) if path.suffix in {".rss", ".atom", ".json", ".html"})


def test_an_article_under_embargo_is_in_no_output_and_comes_in_on_time(tmp_path: Path, store: Store) -> None:
    settings, public = held(tmp_path), tmp_path / "var/public"
    store.prune(NOW, timedelta(days=1000))
    publish(settings, store, NOW)
    assert titles(public, "all") == ["Ebb"]
    assert b"Flood" not in everything(public)
    ends = NOW + 40 * MINUTE
    assert next_release(store, settings.embargoes, NOW) == ends
    assert fresh(settings, store, ends - timedelta(seconds=1))
    assert not fresh(settings, store, ends), "there is something to publish although nothing was stored"
    publish(settings, store, ends - timedelta(seconds=1))
    assert b"Flood" not in everything(public)
    publish(settings, store, ends)
    assert titles(public, "all") == ["Flood", "Ebb"]
    assert next_release(store, settings.embargoes, ends) is None
    assert fresh(settings, store, ends + timedelta(hours=20))


def test_an_embargo_that_is_new_takes_articles_out_and_no_gate_holds_that_back(tmp_path: Path) -> None:
    place = tmp_path / "gate"
    with Store.open(place / "var/tickerwire.db") as store:
        for number in range(12):
            commit(store, f"Rain {number}", NOW - number * MINUTE)
        publish(held(place, "1m"), store, NOW + HOUR)
        assert len(titles(place / "var/public", "all")) == 12
        report = publish(held(place, "9h"), store, NOW + HOUR)
        assert (report.feeds[0].stale, titles(place / "var/public", "all")) == (False, [])


def test_a_search_and_an_explanation_know_of_the_embargo(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    settings = held(tmp_path)
    with Store.open(settings.database) as store:
        commit(store, "Spring tide", now - 2 * HOUR)
        young = commit(store, "Neap tide", now - MINUTE)
        belongs, reasons = explain(settings.feeds[0], store, store.articles([young])[young], now)
        assert not belongs
        assert reasons[-1][:3] == ("embargo", "date", False)
        assert reasons[-1].text == (now + 59 * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ")
        with WebServer() as server:
            server.serve(site(settings))
            status, _, body = asker(server.port)("/search?q=tide&format=json")
    assert status == 200
    assert [one["title"] for one in json.loads(body)["items"]] == ["Spring tide"]


def test_who_was_shown_first_stays_the_first_of_a_story_when_an_embargo_ends(tmp_path: Path, store: Store) -> None:
    first, second = (store.articles([1])[1], store.articles([2])[2])
    store.connection.execute("update articles set outlet = 'quay', story = ? where id = ?", (first.id, second.id))
    spec = feed(stories="first", embargoes={"harbour": 3 * HOUR})
    before, after = (select(spec, store, NOW + wait) for wait in (timedelta(0), 2 * HOUR))
    assert [(one.guid, one.others) for one in before] == [(second.guid, ())]
    assert [one.guid for one in after] == [second.guid]
    assert [one.id for one in after[0].others] == [first.id]
    soon = feed(stories="first", embargoes={"harbour": MINUTE})
    assert [one.guid for one in select(soon, store, NOW)] == [first.guid]


def test_the_service_publishes_when_an_embargo_ends_without_crawling(tmp_path: Path) -> None:
    begun = datetime.now(UTC)
    dates = {"Old": begun - 2 * HOUR, "Due": begun - timedelta(seconds=35)}
    items = "".join(
        f"<item><title>{title}</title><link>https://x.example/{title}</link><pubDate>{date:%a, %d %b %Y %T} GMT</pubDate></item>"
        for title, date in dates.items()
    )
    document = f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>".encode()
    with loopback({SOURCE: Answer(document)}) as host:
        configure(tmp_path, written("one", host.url(SOURCE), embargo="1m", schedule="0 0 1 1 *"))
        port = free_port()
        base = f"http://127.0.0.1:{port}/feeds/all.json"
        with running("--config", str(tmp_path / "config"), "--state", str(tmp_path), "run", "--port", str(port)):
            until(shows(base, "Old"))
            assert (b"Due" in fetch(base)) == (datetime.now(UTC) >= dates["Due"] + MINUTE)
            until(shows(base, "Due"), 60)
            late = datetime.now(UTC) - (dates["Due"] + MINUTE)
            assert timedelta(seconds=-1) <= late < timedelta(seconds=15)
        assert host.paths().count(SOURCE) == 1

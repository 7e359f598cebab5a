"""The six sample outlets, asked over real HTTP, in; feeds a real parser reads, pages with their traps, and configuration out."""

import json
import socket
import threading
import urllib.error
import urllib.request
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser
import pytest

from tickerwire.config import load
from tickerwire.demo.outlets import SampleOutlets
from tickerwire.demo.press import papers

NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
LIVE = ["saltmarsh-courier", "northfell-observer", "orbit-and-engine", "meridian-herald", "sahel-daily"]


@pytest.fixture
def samples() -> Iterator[SampleOutlets]:
    with SampleOutlets(NOW) as running:
        yield running


def ask(url: str, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def feeds(samples: SampleOutlets) -> dict[str, str]:
    return {paper.id: samples.addresses[paper.id] + paper.feed for paper in samples.papers if paper.stories}


@dataclass(frozen=True)
class Listed:
    """One entry of a feed, whatever its format."""

    id: str
    title: str
    link: str
    date: datetime
    summary: str


def entries(url: str) -> list[Listed]:
    status, headers, body = ask(url)
    assert status == 200
    if headers["content-type"] == "application/feed+json":
        document = json.loads(body)
        assert document["version"] == "https://jsonfeed.org/version/1.1"
        return [
            Listed(i["id"], i["title"], i["url"], datetime.fromisoformat(i["date_published"]), i["content_text"])
            for i in document["items"]
        ]
    parsed = feedparser.parse(body, response_headers={"content-type": headers["content-type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == ("atom10" if headers["content-type"] == "application/atom+xml" else "rss20")
    return [
        Listed(e.id, e.title, e.link, datetime.fromtimestamp(timegm(e.published_parsed), UTC), e.summary) for e in parsed.entries
    ]


def test_feeds_list_eight_stories_minutes_to_hours_old_and_each_link_opens(samples: SampleOutlets) -> None:
    assert list(feeds(samples)) == LIVE
    for url in feeds(samples).values():
        listed = entries(url)
        assert len(listed) == len({entry.id for entry in listed}) == 8
        dates = [entry.date for entry in listed]
        assert dates == sorted(dates, reverse=True)
        assert all(timedelta(minutes=5) < NOW - date < timedelta(hours=12) for date in dates)
        status, headers, page = ask(listed[-1].link)
        assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert listed[-1].title in page.decode()
    types = {ask(url)[1]["content-type"] for url in feeds(samples).values()}
    assert types == {"application/rss+xml", "application/atom+xml", "application/feed+json"}


def test_the_broken_outlet_always_answers_500_and_the_others_know_404(samples: SampleOutlets) -> None:
    assert ask(samples.addresses["silent-valley-gazette"] + "/rss.xml")[0] == 500
    assert ask(samples.addresses["silent-valley-gazette"] + "/")[0] == 500
    assert ask(samples.addresses["saltmarsh-courier"] + "/nothing")[0] == 404
    assert all(b"Allow: /" in ask(f"{address}/robots.txt")[2] for address in samples.addresses.values())


@pytest.mark.parametrize("outlet", LIVE)
def test_conditional_requests(outlet: str, samples: SampleOutlets) -> None:
    url = feeds(samples)[outlet]
    _, headers, body = ask(url)
    etag, modified = headers["etag"], headers["last-modified"]
    assert ask(url, If_None_Match=etag)[::2] == (304, b"")
    assert ask(url, If_Modified_Since=modified)[0] == 304
    earlier = parsedate_to_datetime(modified) - timedelta(seconds=1)
    assert ask(url, If_Modified_Since=earlier.strftime("%a, %d %b %Y %H:%M:%S GMT"))[0] == 200
    assert ask(url, If_Modified_Since="yesterday")[0] == 200
    assert ask(url, If_None_Match='"other"', If_Modified_Since=modified)[::2] == (200, body)
    for _ in LIVE:
        samples.publish_next(NOW)
    assert ask(url, If_None_Match=etag, If_Modified_Since=modified)[0] == 200


def test_the_blog_has_short_excerpts_and_pages_full_of_traps(samples: SampleOutlets) -> None:
    listed = entries(feeds(samples)["meridian-herald"])
    assert all(entry.summary.endswith("[…]") and len(entry.summary) < 160 for entry in listed)
    pages = [ask(entry.link)[2].decode() for entry in listed]
    assert sum("<p>420" in page for page in pages) == 4
    assert sum('<span class="share-count">420</span>' in page for page in pages) == 4
    for entry, page in zip(listed, pages, strict=True):
        for trap in ("News Ticker", "About Mara Holt", "(348 Articles)", "Related Articles", "Leave a Reply"):
            assert trap in page
        others = [other.title for other in listed if other.title != entry.title]
        assert sum(other in page for other in others) >= 5


def test_the_persian_outlet_reads_from_right_to_left(samples: SampleOutlets) -> None:
    assert 'lang="fa" dir="rtl"' in ask(samples.addresses["sahel-daily"])[2].decode()
    assert all("آ" <= entry.title[0] <= "ی" for entry in entries(feeds(samples)["sahel-daily"]))


def test_front_pages_name_their_feed(samples: SampleOutlets) -> None:
    for outlet, url in feeds(samples).items():
        page = ask(samples.addresses[outlet])[2].decode()
        assert f'href="{url.removeprefix(samples.addresses[outlet])}"' in page
        assert '<link rel="alternate"' in page


def test_publishing_goes_round_and_never_repeats_itself(samples: SampleOutlets) -> None:
    titles = [samples.publish_next(NOW + timedelta(minutes=turn)) for turn in range(130)]
    assert len(set(titles)) == 130
    assert not any("(" in title for title in titles[:60])
    assert titles[60] == f"{titles[0]} (update 2)"
    assert titles[120] == f"{titles[0]} (update 3)"
    listed = entries(feeds(samples)["northfell-observer"])
    assert listed[0].title == titles[126]
    assert len(listed) == 30


def test_a_new_story_is_dated_now_by_default(samples: SampleOutlets) -> None:
    title = samples.publish_next()
    entry = entries(feeds(samples)["saltmarsh-courier"])[0]
    assert entry.title == title
    assert abs(entry.date - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_demo_configuration_loads(samples: SampleOutlets, tmp_path: Path) -> None:
    for name, text in samples.configuration("http://127.0.0.1:8080", 8080).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    config = load(tmp_path, tmp_path, {})
    assert [outlet.id for outlet in config.outlets] == [paper.id for paper in samples.papers]
    assert [outlet.id for outlet in config.outlets if outlet.full_text] == ["meridian-herald"]
    assert config.outlet("meridian-herald").schedule == "* * * * *"
    assert (config.crawl.delay, config.serve.port) == (0.0, 8080)
    assert [str(network) for network in config.crawl.allow_networks] == ["127.0.0.0/8"]
    assert 3 <= len(config.feeds) <= 4


def test_leaving_stops_the_servers_and_frees_the_ports() -> None:
    with SampleOutlets(NOW) as samples:
        first = int(samples.addresses["saltmarsh-courier"].rpartition(":")[2])
        assert ask(samples.addresses["saltmarsh-courier"])[0] == 200
    assert not [thread for thread in threading.enumerate() if thread.name == "sample outlets"]
    with socket.create_server(("127.0.0.1", first)):
        pass
    with SampleOutlets(NOW):
        pass  # stopped before anybody asked


def test_every_outlet_has_enough_to_tell() -> None:
    for paper in papers():
        titles = [title for _, title, *_ in paper.stories]
        assert len(titles) == len(set(titles))
        assert not titles or len(titles) >= 20

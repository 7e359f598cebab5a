"""What a publisher reserves, in headers and in pages: recorded with the article and obeyed in every format."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.freshness import ADOPTED, moved, retry_after, skip
from crawler.optout import reserved
from syndicate.item import EXCERPT_CHARACTERS, item, limited
from tests.archive import article
from tests.loopback import Answer, loopback, rss
from tests.test_crawl import Command, configure, crawl, outlet, stored
from tests.test_kinds import TEXT
from tickerwire.config import Outlet
from tickerwire.config.model import Level
from tickerwire.model import Validators

PAGE = "<html><head><title>T</title>{meta}</head><body><article><h1>First</h1>{text}</article></body></html>"


@pytest.mark.parametrize(
    ("directives", "headers", "words"),
    [
        (["noarchive", "noindex"], {}, {"noarchive"}),
        ([], {"x-robots-tag": "googlebot: nosnippet, max-snippet: 20"}, {"nosnippet", "max-snippet:20"}),
        (["max-snippet:-1", "none", "all"], {}, set()),
        ([], {"tdm-reservation": "1"}, {"tdm"}),
        ([], {"tdm-reservation": "0"}, set()),
        (["tdm-reservation:1"], {}, {"tdm"}),
    ],
)
def test_reservations(directives: list[str], headers: dict[str, str], words: set[str]) -> None:
    assert reserved(directives, headers, page=True) == words


@pytest.mark.parametrize(
    ("policy", "optout", "allowed"),
    [
        ("full", "", ("full", EXCERPT_CHARACTERS)),
        ("full", "noarchive", ("excerpt", EXCERPT_CHARACTERS)),
        ("full", "max-snippet:40", ("excerpt", 40)),
        ("full", "max-snippet:9000", ("full", EXCERPT_CHARACTERS)),
        ("excerpt", "max-snippet:0", ("headline", EXCERPT_CHARACTERS)),
        ("excerpt", "nosnippet", ("headline", EXCERPT_CHARACTERS)),
        ("full", "tdm", ("headline", EXCERPT_CHARACTERS)),
        ("headline", "noarchive", ("headline", EXCERPT_CHARACTERS)),
    ],
)
def test_the_publisher_s_word_can_only_narrow_the_operator_s(policy: Level, optout: str, allowed: tuple[str, int]) -> None:
    assert limited(policy, optout) == allowed


@pytest.mark.parametrize(
    ("meta", "headers", "seen"),
    [
        ("", {}, "body"),
        ('<meta name="robots" content="NOARCHIVE">', {}, "excerpt"),
        ('<meta name="tdm-reservation" content="1">', {}, "headline"),
        ("", {"X-Robots-Tag": "nosnippet"}, "headline"),
        ("", {"tdm-reservation": "1"}, "headline"),
    ],
)
def test_a_page_s_reservation_reaches_every_format(
    tickerwire: Command, tmp_path: Path, meta: str, headers: dict[str, str], seen: str
) -> None:
    page = Answer(PAGE.format(meta=meta, text=TEXT).encode(), headers={"Content-Type": "text/html"} | headers)
    with loopback({"/news/1": page}) as host:
        host.answers["/feed.xml"] = Answer(rss(("1", "First"), link=host.url("")))
        configure(tmp_path, outlet("one", host.url("/feed.xml"), full_text=True, republish="full"))
        crawl(tickerwire)
        (article,) = stored(tmp_path)
        assert article["page"] == "done", article["provenance"]
        assert "Paragraph 8" in article["text"], "it is kept, for searching and deduplicating"
        for kind in ("rss", "atom", "json"):
            shown = (tmp_path / f"var/public/feeds/all.{kind}").read_text()
            assert ("Paragraph 8" in shown, "About First" in shown) == (seen == "body", seen != "headline"), kind


def test_a_feed_s_reservation_holds_for_its_entries(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/feed.xml": Answer(rss(("1", "First")), headers={"TDM-Reservation": "1"})}) as host:
        configure(tmp_path, outlet("one", host.url("/feed.xml")))
        crawl(tickerwire)
        assert json.loads(stored(tmp_path)[0]["provenance"])["optout"] == "tdm"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<rss><skipHours><hour>0</hour><hour> 13 </hour><hour>24</hour></skipHours></rss>", "h0 h13"),
        (b"<skipDays><day>Saturday</day><day>sunday</day><day>Fooday</day></skipDays>", "d5 d6"),
        (b"<skiphours><hour>99</hour><hour>-1</hour></skiphours>", ""),
        (b"<rss/>", ""),
    ],
)
def test_hours_and_days_to_skip(body: bytes, words: str) -> None:
    assert skip(body) == words


def test_only_equal_and_permanent_answers_add_up() -> None:
    old, new, other = "https://a.example/old", "https://a.example/new", "https://a.example/other"

    def after(*answers: tuple[str, list[int]]) -> tuple[str, int]:
        known = Validators()
        for reached, steps in answers:
            asked = known.moved_to if known.moved_times >= ADOPTED else old
            to, times = moved(known, asked, reached, steps)
            known = Validators(moved_to=to, moved_times=times)
        return known.moved_to, known.moved_times

    assert after((new, [301]), (new, [308]), (new, [301])) == (new, 3)
    assert after((new, [301]), (new, [302]), (new, [301])) == (new, 1)
    assert after((new, [301]), (other, [301]), (new, [301])) == (new, 1)
    assert after((new, [301, 302]), (new, [301, 302]), (new, [301, 302])) == ("", 0)
    assert after(*[(new, [301])] * 3, (new, []), (new, [])) == (new, 3)
    assert after(*[(new, [301])] * 3, (other, [302])) == (new, 3), "a detour of the adopted address changes nothing"
    assert after(*[(new, [301])] * 2, (old, [])) == ("", 0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("5", 60),
        ("259200", 259_200),
        ("99999999999", 30 * 86_400),
        ("Mon, 23 Nov 2026 14:00:00 GMT", 7_200),
        ("Mon, 23 Nov 2026 10:00:00 GMT", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_retry_after_is_taken_at_its_word(value: str, seconds: int) -> None:
    assert retry_after(503, {"retry-after": value}, datetime(2026, 11, 23, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(("optout", "image"), [("", "https://x.example/i.jpg"), ("noimageindex", "")])
def test_a_picture_that_may_not_be_indexed_is_not_shown(optout: str, image: str) -> None:
    publisher = Outlet.model_validate({"id": "harbour", "name": "H", "source": [{"kind": "feed", "url": "https://x.example/f"}]})
    kept = article(1, image="https://x.example/i.jpg", provenance={"optout": optout})
    assert item(kept, publisher).image == image

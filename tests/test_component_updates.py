"""What <news-ticker> does with answers in a real Chromium: new headlines in place, unchanged ones, errors, waits, and its own end."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.ticker_host import (
    ANSWERS,
    COUNTER,
    LIST,
    SHADOW,
    TRACK,
    Host,
    document,
    faults,
    focused,
    item,
    left,
    titles,
    until,
)

Show = Callable[..., Any]
EIGHT = [item(number) for number in range(1, 9)]


def test_a_new_headline_appears_without_reload_and_nothing_jumps(show: Show, host: Host) -> None:
    page = show(*EIGHT)
    page.locator("#before").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
    held, before = focused(page), page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left")
    page.evaluate(f"window.node = {SHADOW}.activeElement")
    host.body = document(item(21), item(22), *EIGHT)
    until(lambda: len(titles(page)) == 10)
    assert titles(page)[0].endswith("21")
    assert focused(page) == held
    assert page.evaluate(f"window.node === {SHADOW}.activeElement")
    assert page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left") == pytest.approx(before, abs=0.5)
    host.body = document(item(23), item(21), item(1))
    until(lambda: len(titles(page)) == 4)
    assert focused(page) == held, "the headline being read stays until focus leaves"


def test_a_headline_that_moves_up_keeps_the_focus(show: Show, host: Host) -> None:
    page = show(*EIGHT)
    page.locator("#before").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
    held, before = focused(page), page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left")
    host.body = document(EIGHT[3], *EIGHT[:3], *EIGHT[4:])
    until(lambda: titles(page)[0] == held)
    assert focused(page) == held
    assert page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left") == pytest.approx(before, abs=0.5)


@pytest.mark.parametrize("attributes", ["", 'dir="rtl"'])
def test_without_focus_the_first_headline_in_sight_stays_where_it_is(show: Show, host: Host, attributes: str) -> None:
    page = show(*EIGHT, attributes=attributes)
    page.evaluate(f"void ({TRACK}.getAnimations()[0].currentTime = 900)")
    view = page.locator("news-ticker").bounding_box()
    page.mouse.move(view["x"] + 300, view["y"] + 20)
    time.sleep(0.1)
    inside = f"(({{ left, right }}) => left < {view['x'] + view['width']} && right > {view['x']})"
    number = page.evaluate(f"[...{LIST}.children].findIndex((li) => {inside}(li.getBoundingClientRect()))")
    assert number > 0, "some have gone by"
    before = left(page, number)
    host.body = document(item(21), item(22), *EIGHT[1:])  # the first one is gone, and out of sight
    until(lambda: len(titles(page)) == 9)
    assert left(page, number + 1) == pytest.approx(before, abs=0.5)


def test_under_reduced_motion_nothing_jumps_either(show: Show, host: Host) -> None:
    page = show(*EIGHT, media={"reduced_motion": "reduce"})
    page.evaluate(f"void ({SHADOW}.querySelector('[role=region]').scrollLeft = 900)")
    number = page.evaluate(f"[...{LIST}.children].findIndex((li) => li.getBoundingClientRect().right > 100)")
    before = left(page, number)
    host.body = document(item(21), item(22), *EIGHT)
    until(lambda: len(titles(page)) == 10)
    assert left(page, number + 2) == pytest.approx(before, abs=1)


def test_an_unchanged_answer_does_not_touch_the_page(show: Show, host: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate(f"new MutationObserver(() => {{ window.touched = true; }}).observe({LIST}, {{ subtree: true, childList: true }})")
    page.evaluate(f"window.motion = {TRACK}.getAnimations()[0]")
    asked = len(host.polls)
    until(lambda: len(host.polls) > asked + 2)
    assert page.evaluate("window.touched") is None
    assert page.evaluate(f"{TRACK}.getAnimations()[0] === window.motion")


def test_an_edited_title_keeps_its_place_and_its_node(show: Show, host: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate(f"window.node = {LIST}.children[1]")
    host.body = document(item(1), item(2, title="Corrected"))
    until(lambda: titles(page)[1] == "Corrected")
    assert page.evaluate(f"window.node === {LIST}.children[1]")


def test_the_limit_counts_what_is_left(show: Show) -> None:
    page = show(item(1, url="javascript:0"), item(2, title=""), *EIGHT[2:], attributes='limit="4"')
    assert titles(page) == [each["title"] for each in EIGHT[2:6]]


def test_whatever_the_server_says_the_fallback_stays(show: Show, host: Host) -> None:
    page = show(body=b"", status=500, wait=False)
    page.evaluate("""
        window.answers = 0;
        for (const name of ['ticker-update', 'ticker-error']) addEventListener(name, () => { window.answers++; });
    """)
    for status, body in ANSWERS:
        host.status, host.body = status, body
        before = page.evaluate("window.answers")
        page.evaluate("(src) => document.querySelector('news-ticker').setAttribute('src', src)", f"/t.json?{next(COUNTER)}")
        until(partial(page.evaluate, f"window.answers > {before}"))
        assert page.locator("#fallback a").is_visible()
        assert not page.locator("news-ticker").get_by_role("button").is_visible()
    assert faults(page) == []


def test_headlines_stay_when_the_server_fails_and_it_asks_less_often(show: Show, host: Host) -> None:
    page = show(item(1), item(2))
    host.status = 500
    asked = len(host.polls)
    time.sleep(1.2)
    assert len(titles(page)) == 2
    assert len(host.polls) - asked <= 3, "0.2, 0.4, 0.8 s and so on"
    host.status = 200


def test_waits_grow_from_what_the_document_asks_for(show: Show, host: Host) -> None:
    page = show(body=document(item(1), ttl=0.6))
    host.status = 500
    asked = len(host.polls)
    time.sleep(1.5)
    assert len(host.polls) - asked == 1, "after 0.6 s, and then not before another 1.2 s"
    assert len(titles(page)) == 1


def test_back_on_line_it_asks_at_once(show: Show, host: Host) -> None:
    page = show(body=document(item(1), ttl=3600))
    host.body = document(item(2))
    page.evaluate("dispatchEvent(new Event('online'))")
    until(lambda: titles(page) == [item(2)["title"]])


def test_retry_after_is_obeyed(show: Show, host: Host) -> None:
    show(item(1))
    host.status, host.headers = 503, {"Retry-After": "60"}
    asked = len(host.polls)
    until(lambda: len(host.polls) > asked)
    asked = len(host.polls)
    time.sleep(0.8)
    assert len(host.polls) == asked


@pytest.mark.parametrize(
    ("attributes", "said"), [("", ""), ("announce", "2 new headlines"), ('announce="# neue Meldungen"', "2 neue Meldungen")]
)
def test_new_headlines_are_announced_only_on_request_and_once_a_minute(show: Show, host: Host, attributes: str, said: str) -> None:
    status = f"{SHADOW}.querySelector('[role=status]').textContent"
    page = show(item(1), item(2), attributes=attributes)
    assert page.evaluate(status) == "", "what is there first is not news"
    host.body = document(item(4), item(3), item(1), item(2))
    until(lambda: len(titles(page)) == 4)
    assert page.evaluate(status) == said
    host.body = document(item(5), item(4), item(3), item(1), item(2))
    until(lambda: len(titles(page)) == 5)
    assert page.evaluate(status) == said


def test_a_page_whose_language_is_none_still_shows_headlines(show: Show, host: Host) -> None:
    page = show(item(1))
    page.evaluate("document.documentElement.lang = 'en_US'")
    host.body = document(item(2))
    page.evaluate("document.querySelector('news-ticker').setAttribute('times', '')")
    until(lambda: titles(page) == [item(2)["title"]])


@pytest.mark.parametrize("changes", [{"stale": True}, {"stale_after": "2020-01-01T00:00:00Z"}])
def test_old_news_says_that_it_is_old(show: Show, changes: dict[str, Any]) -> None:
    page = show(body=document(item(1), **changes))
    assert page.locator("news-ticker[data-stale]").count() == 1
    assert page.get_by_text("Delayed").is_visible()


def test_a_server_that_is_down_for_a_quarter_of_an_hour_is_said_and_then_no_more(show: Show, host: Host) -> None:
    # The page's clock goes an hour forward when it is told to.
    late = "window.late = 0; const now = Date.now; Date.now = () => now() + window.late;"
    page = show(item(1), script=late)
    host.status = 500
    asked = len(host.polls)
    until(lambda: len(host.polls) > asked)
    assert page.locator("news-ticker[data-stale]").count() == 0
    page.evaluate("window.late = 36e5; document.querySelector('news-ticker').refresh()")
    until(lambda: page.locator("news-ticker[data-stale]").count() == 1)
    host.status = 200
    page.evaluate("document.querySelector('news-ticker').refresh()")
    until(lambda: page.locator("news-ticker[data-stale]").count() == 0)


def test_it_survives_being_moved_and_removed(show: Show, host: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate("document.body.append(document.querySelector('news-ticker'))")
    asked = len(host.polls)
    until(lambda: len(host.polls) > asked)
    page.evaluate("document.querySelector('news-ticker').remove()")
    time.sleep(0.15)
    asked = len(host.polls)
    time.sleep(0.5)
    assert len(host.polls) == asked


def test_a_removed_one_leaves_the_memory(show: Show) -> None:
    page = show(item(1), item(2))
    page.evaluate("window.gone = new WeakRef(document.querySelector('news-ticker')); window.gone.deref().remove()")
    session = page.context.new_cdp_session(page)

    def forgotten() -> bool:
        session.send("HeapProfiler.collectGarbage")
        return bool(page.evaluate("window.gone.deref() === undefined"))

    until(forgotten)


def test_pages_are_told_what_came_and_what_did_not(show: Show, host: Host) -> None:
    page = show(body=document(item(1), item(2), ttl=60))
    page.evaluate("""
        window.told = [];
        for (const name of ['ticker-update', 'ticker-error']) addEventListener(name, ({ type, target, detail }) => {
            window.told.push([type, target.localName, detail.items ?? String(detail.error)]);
        });
    """)
    for host.status, host.body in ((200, document(item(1), item(2), item(3))), (503, b"{}"), (200, b"{"), (200, b'{"version":2}')):
        page.evaluate("document.querySelector('news-ticker').refresh()")
    told = page.evaluate("window.told")
    assert told[:2] == [["ticker-update", "news-ticker", 3], ["ticker-error", "news-ticker", "Error: 503"]]
    assert [each[0] for each in told[2:]] == ["ticker-error", "ticker-error"]
    assert told[2][2].startswith("SyntaxError")
    assert len(titles(page)) == 3


def test_ages_are_said_in_the_language_of_the_page_and_grow(show: Show, host: Host) -> None:
    def ago(**passed: float) -> str:
        return f"{datetime.now(UTC) - timedelta(**passed):%Y-%m-%dT%H:%M:%SZ}"

    moments = [ago(), ago(minutes=5.5), ago(hours=3.5), ago(days=2.5), "yesterday", ago(hours=-3)]
    late = "window.late = 0; const now = Date.now; Date.now = () => now() + window.late;"
    page = show(*[item(number, time=moment) for number, moment in enumerate(moments)], attributes="times", script=late)
    said = f"[...{LIST}.querySelectorAll('[part=time]')].map((time) => time.hidden || time.textContent)"
    assert page.evaluate(said) == ["1 min. ago", "5 min. ago", "3 hr. ago", "2 days ago", True, "1 min. ago"]
    page.evaluate("document.documentElement.lang = 'de'; window.late = 36e5")
    until(lambda: page.evaluate(said)[:3] == ["vor 1 Std.", "vor 1 Std.", "vor 4 Std."])
    page.evaluate("document.querySelector('news-ticker').removeAttribute('times')")
    assert page.evaluate(said) == [True] * 6


def test_links_open_where_the_page_says(show: Show) -> None:
    page = show(item(1), attributes='target="_blank"')
    link = f"{LIST}.querySelector('a')"
    assert page.evaluate(f"[{link}.target, {link}.rel]") == ["_blank", "noopener noreferrer"]
    page.evaluate("document.querySelector('news-ticker').removeAttribute('target')")
    assert page.evaluate(f"{link}.target") == ""


def test_another_source_replaces_the_headlines(show: Show, host: Host) -> None:
    page = show(body=document(item(1), ttl=3600))
    host.body = document(item(50))
    page.evaluate("document.querySelector('news-ticker').setAttribute('src', '/t.json?other')")
    until(lambda: titles(page) == [item(50)["title"]])  # at once, not after an hour

"""<news-ticker>, pages and feeds in a second engine, Debian's Firefox: what a reader there sees, and what nothing may break."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from syndicate.pages import assets
from tests.conftest import picture
from tests.firefox import SPACE, TAB, Firefox
from tests.test_clients import nginx
from tests.ticker_host import (
    ANSWERS,
    COUNTER,
    INERT,
    LIST,
    SCRIPT,
    SHADOW,
    TRACK,
    VIEW,
    Host,
    animations,
    document,
    faults,
    focused,
    hostile,
    in_sight,
    item,
    left,
    made_of,
    safe_links,
    stands,
    titles,
    until,
)

Show = Callable[..., Firefox]
EIGHT = [item(number) for number in range(1, 9)]
FALLBACK_SEEN = "document.querySelector('#fallback a').checkVisibility()"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if not found:
        pytest.skip("Firefox is not installed: pages are not tested in a second engine (Debian: apt install firefox-esr)")
    browser = Firefox(found, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


@pytest.fixture
def show(firefox: Firefox, host: Host) -> Iterator[Show]:
    """`show(*items, attributes="…")`: Firefox with the ticker over these items, loaded."""

    def show(*items: Any, wait: bool = True, **more: Any) -> Firefox:
        firefox.point(1, 1)
        firefox.goto(host.address(*items, **more))
        if wait:
            until(lambda: titles(firefox))
        return firefox

    yield show
    firefox.goto("about:blank")


@pytest.fixture
def pref(firefox: Firefox) -> Iterator[Callable[..., None]]:
    """`pref(name, value, usual)`: set a preference for one test."""
    changed: dict[str, int | bool] = {}

    def pref(name: str, value: int | bool, usual: int | bool) -> None:
        changed[name] = usual
        firefox.pref(name, value)

    yield pref
    for name, usual in changed.items():
        firefox.pref(name, usual)


def into(page: Firefox, number: int) -> None:
    """Focus what comes so far after the page's own button: the pause button, the first headline, and so on."""
    page.evaluate("document.querySelector('#before').focus()")
    for _ in range(number):
        page.press(TAB)


def test_under_the_strictest_policy_it_shows_its_headlines_and_moves(show: Show) -> None:
    page = show(*EIGHT, attributes='speed="100"')
    assert titles(page) == [each["title"] for each in EIGHT]
    assert animations(page) == 1
    start, began = left(page), page.evaluate("performance.now()")
    time.sleep(0.5)
    moved, passed = start - left(page), page.evaluate("performance.now()") - began
    assert moved == pytest.approx(passed / 10, rel=0.3)
    widths = page.evaluate(f"[...{SHADOW}.querySelectorAll('ul')].map((ul) => ul.getBoundingClientRect().width)")
    assert widths[0] == pytest.approx(widths[1], abs=0.1)
    picture(page, "firefox-marquee")
    assert faults(page) == []


def test_the_pause_button_comes_first_and_stops_motion_and_polling(show: Show, host: Host) -> None:
    page = show(*EIGHT)
    into(page, 1)
    assert page.evaluate(f"{SHADOW}.activeElement.localName") == "button"
    page.press(SPACE)
    assert page.evaluate(f"{SHADOW}.activeElement.ariaLabel") == "Play news ticker"
    time.sleep(0.15)
    where, asked = left(page), len(host.polls)
    time.sleep(0.6)
    assert (left(page), len(host.polls)) == (where, asked)
    page.press(SPACE)
    until(lambda: left(page) < where)
    assert left(page) > where - 60, "goes on from the same place"
    until(lambda: len(host.polls) > asked)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_keyboard_reaches_every_headline_once_and_each_is_in_sight(show: Show, direction: str) -> None:
    page = show(*EIGHT, attributes=f'dir="{direction}"')
    into(page, 1)
    for title in titles(page):
        page.press(TAB)
        assert focused(page) == title
        assert in_sight(page)
    assert page.evaluate(f"{VIEW}.scrollLeft") == 0
    page.press(TAB)
    assert page.evaluate(f"{SHADOW}.activeElement") is None


def test_an_update_keeps_nodes_and_focus_and_moves_nothing(show: Show, host: Host) -> None:
    page = show(*EIGHT)
    into(page, 4)
    held, before = focused(page), page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left")
    page.evaluate(f"void (window.node = {SHADOW}.activeElement)")
    host.body = document(item(21), item(22), *EIGHT)
    until(lambda: len(titles(page)) == 10)
    assert focused(page) == held
    assert page.evaluate(f"window.node === {SHADOW}.activeElement")
    assert page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left") == pytest.approx(before, abs=1)


def test_a_mouse_over_it_stops_it_and_an_update_moves_nothing(show: Show, host: Host) -> None:
    page = show(*EIGHT)
    page.evaluate(f"void ({TRACK}.getAnimations()[0].currentTime = 900)")
    box = page.evaluate(f"{VIEW}.getBoundingClientRect().toJSON()")
    page.point(box["left"] + 300, box["top"] + 10)
    assert stands(page)
    number = page.evaluate(f"[...{LIST}.children].findIndex((li) => li.getBoundingClientRect().right > {box['left']})")
    assert number > 0
    before = left(page, number)
    host.body = document(item(21), item(22), *EIGHT[1:])
    until(lambda: len(titles(page)) == 9)
    assert left(page, number + 1) == pytest.approx(before, abs=1)
    page.point(1, 1)
    assert not stands(page)


def test_with_reduced_motion_nothing_moves_and_all_is_reachable(show: Show, pref: Callable[..., None]) -> None:
    pref("ui.prefersReducedMotion", 1, 0)
    page = show(*EIGHT)
    picture(page, "firefox-reduced-motion")
    assert animations(page) == 0
    assert page.evaluate(f"[{VIEW}.tabIndex, getComputedStyle({VIEW}).overflowX]") == [0, "auto"]
    for number in range(8):
        page.evaluate(f"{LIST}.children[{number}].scrollIntoView()")
        box, view = (page.evaluate(f"{each}.getBoundingClientRect().toJSON()") for each in (f"{LIST}.children[{number}]", VIEW))
        assert box["left"] < view["right"] - 20
        assert box["right"] > view["left"] + 20
    into(page, 2)
    assert page.evaluate(f"{SHADOW}.activeElement.role ?? {SHADOW}.activeElement.getAttribute('role')") == "region"


def test_right_to_left_it_moves_the_other_way(show: Show) -> None:
    page = show(*EIGHT, attributes='dir="rtl"')
    picture(page, "firefox-rtl")
    start = left(page)
    until(lambda: left(page) > start + 5)


def test_hostile_headlines_are_text_or_nothing(show: Show) -> None:
    page = show(*hostile(), item(1), attributes=f'limit="{len(INERT) + 1}"')
    assert titles(page) == [*INERT, item(1)["title"]]
    assert made_of(page)["elements"] == ["a", "li", "small"]
    assert safe_links(page)
    into(page, len(INERT) + 2)
    time.sleep(0.1)
    assert faults(page) == []


def test_whatever_the_server_says_the_fallback_stays(show: Show, host: Host) -> None:
    page = show(body=b"", status=500, wait=False)
    page.evaluate("void (window.answers = 0)")
    for name in ("ticker-update", "ticker-error"):
        page.evaluate("void addEventListener(arguments[0], () => { window.answers++; })", name)
    for status, body in ANSWERS:
        host.status, host.body = status, body
        before = page.evaluate("window.answers")
        page.evaluate(f"document.querySelector('news-ticker').setAttribute('src', '/t.json?{next(COUNTER)}')")
        until(partial(page.evaluate, f"window.answers > {before}"))
        assert page.evaluate(FALLBACK_SEEN)
        assert not page.evaluate(f"{SHADOW}.querySelector('button').checkVisibility()")
    assert faults(page) == []


def test_headlines_stay_when_the_server_fails(show: Show, host: Host) -> None:
    page = show(item(1), item(2))
    for host.status, host.body in ((500, b""), (404, b"gone"), (200, b"{"), (200, b'{"version":1,"items":[]}')):
        asked = len(host.polls)
        page.evaluate("document.querySelector('news-ticker').refresh()")
        until(lambda: len(host.polls) > asked)  # noqa: B023
        assert len(titles(page)) == 2


def test_with_a_wrong_hash_or_without_script_the_fallback_stays(show: Show, host: Host, pref: Callable[..., None]) -> None:
    page = show(*EIGHT, head=SCRIPT.replace("></", ' integrity="sha384-AAAA" crossorigin="anonymous"></'), wait=False)
    time.sleep(0.3)
    assert page.evaluate("customElements.get('news-ticker') === undefined")
    assert page.evaluate(FALLBACK_SEEN)
    pref("javascript.enabled", False, True)
    page = show(*EIGHT, wait=False)
    picture(page, "firefox-no-script")
    assert page.sees("#fallback a")
    assert host.polls == []


def test_in_a_hidden_tab_it_asks_for_nothing_and_is_there_again(show: Show, firefox: Firefox, host: Host) -> None:
    page = show(*EIGHT)
    before = firefox.tab()
    time.sleep(0.3)
    asked = len(host.polls)
    time.sleep(0.8)
    assert len(host.polls) == asked
    host.body = document(item(30), *EIGHT)
    firefox.leave()
    firefox.look(before)
    until(lambda: len(titles(page)) == 9)
    assert not stands(page)


@pytest.mark.parametrize("path", ["/feeds/world.rss", "/feeds/world.atom"])
def test_a_feed_opened_by_a_person_is_a_page(firefox: Firefox, base: str, path: str) -> None:
    firefox.goto(base + path)
    picture(firefox, f"firefox-feed-{path.rpartition('.')[2]}")
    assert firefox.evaluate("[location.href, document.contentType]") == [base + path, "application/xml"]
    style = "((selector, name, part) => getComputedStyle(document.querySelector(selector), part)[name])"
    assert "This is a feed" in firefox.evaluate(f"{style}(':root', 'content', '::before')")
    assert firefox.evaluate(f"{style}('item > title, entry > title', 'display')") == "block"
    assert firefox.evaluate(f"{style}('item > guid, entry > id', 'display')") == "none"
    assert int(firefox.evaluate(f"{style}('item > title, entry > title', 'fontWeight')")) >= 600
    assert "Ferry crews" in firefox.evaluate("document.querySelector('item > title, entry > title').textContent")
    assert firefox.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_script_in_a_feed_does_not_run(firefox: Firefox, hostile_feed: tuple[str, str]) -> None:
    ours, bare = hostile_feed
    firefox.goto(bare)
    assert firefox.evaluate("globalThis.ran") is True, "as it would without our headers"
    firefox.goto(ours)
    assert firefox.evaluate("document.querySelectorAll('item').length") == 2
    assert firefox.evaluate("getComputedStyle(document.querySelector('item > guid')).display") == "none", "styled"
    assert firefox.evaluate("globalThis.ran") is None


def test_a_feed_of_a_static_tree_is_a_page_too(
    firefox: Firefox, base: str, tree: Path, tmp_path: Path, processes: Callable[..., "subprocess.Popen[str]"]
) -> None:
    public = shutil.copytree(tree, tmp_path / "public")
    served = nginx(tmp_path / "nginx", public, processes, base)
    for path in ("/feeds/world.rss", "/feeds/world.atom"):
        file = public / path[1:]
        file.write_text(file.read_text().replace(base, served.base))  # as if it had been published for this address
        firefox.goto(served.base + path)
        assert firefox.evaluate("[location.href, document.contentType]") == [served.base + path, "application/xml"]
        assert "This is a feed" in firefox.evaluate("getComputedStyle(document.documentElement, '::before').content")


@pytest.mark.parametrize(("path", "headings"), [("/", 2), ("/feeds/world/", 24)])
def test_pages_show_their_headlines_and_their_ticker(firefox: Firefox, base: str, path: str, headings: int) -> None:
    firefox.goto(base + path)
    until(lambda: titles(firefox))
    picture(firefox, "firefox-site" if path == "/" else "firefox-feed-page")
    assert animations(firefox) == 1
    assert firefox.evaluate("document.querySelectorAll('main h3 a').length") >= headings
    assert firefox.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_builder_gives_code_that_works_on_another_site(
    firefox: Firefox, base: str, another_site: Callable[[dict[str, str]], str]
) -> None:
    firefox.goto(f"{base}/embed/?feed=harbour")
    until(lambda: titles(firefox))
    firefox.evaluate("""(() => {
        const field = document.forms[0].elements.limit;
        field.value = '3';
        field.dispatchEvent(new Event('input', { bubbles: true }));
    })()""")
    until(lambda: len(titles(firefox)) == 3)
    picture(firefox, "firefox-builder")
    made = firefox.evaluate("document.querySelector('#code-html').textContent")
    manifest = json.loads(assets()["assets/manifest.json"])["ticker"]
    assert f'integrity="{manifest["integrity"]}"' in made
    host = another_site({"right": made, "wrong": re.sub("sha384-....", "sha384-AAAA", made)})
    firefox.goto(host + "/right")
    until(lambda: len(titles(firefox)) == 3)
    assert animations(firefox) == 1
    firefox.goto(host + "/wrong")
    time.sleep(0.3)
    assert firefox.evaluate("customElements.get('news-ticker') === undefined")
    assert firefox.evaluate("document.querySelector('news-ticker a').checkVisibility()")

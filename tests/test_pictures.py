"""Pages and feeds as Chromium shows them on phone, tablet, desk and paper, kept as pictures; nothing sticks out, axe finds no fault."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicate.pages import assets, front_page, site_pages
from syndicate.publish import render
from syndicate.web import WebServer, app, site
from tests import archive
from tests.conftest import picture, written
from tests.sample import config, items, status
from tickerwire.config import Config
from tickerwire.config.model import SearchSettings
from tickerwire.store import Store

PAGES = {
    "site": "/",
    "site-many": "MANY/",
    "site-empty": "EMPTY/",
    "feeds": "MANY/feeds/",
    "feeds-few": "/feeds/",
    "feed-page": "/feeds/world/",
    "feed-page-empty": "/feeds/science/",
    "feed-rss": "/feeds/world.rss",
    "feed-atom": "/feeds/world.atom",
    "builder": "/embed/?feed=world",
    "embed": "/embed/world/",
    "search": "SEARCH/search?q=ferry&page=2",
    "search-form": "SEARCH/search",
    "search-none": "SEARCH/search?q=nothing",
    "search-wrong": "SEARCH/search?q=%22ferry",
    "status": "/status",
    "not-found": "/nothing",
    "gone": "/feeds/old/",
}
LONG = "Local government, planning, and the long arguments about both of them, week by week"
NAMES = ("World", "Politics", "صحافة وسياسة", "日本とアジア", LONG, "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk")
# Boxes of text that begin or end outside of the window, except what scrolls or moves within a box of its own.
STICKING_OUT = """
[...document.querySelectorAll('body *, item *, entry *')].filter((each) => {
  const { left, right, width } = each.getBoundingClientRect();
  const inside = (node) => node && (/auto|scroll|clip|hidden/.test(getComputedStyle(node).overflowX) || inside(node.parentElement));
  return width && (left < -1 || right > document.documentElement.clientWidth + 1) && !inside(each);
}).map((each) => each.outerHTML?.slice(0, 120) ?? each.localName)
"""
# What is to be pressed and is no link within a text (WCAG 2.2, 2.5.8).
SMALL = """
[...document.querySelectorAll('button, select, input, nav a, footer a, .formats a, .more a, .button, .site a')].filter((each) => {
  const { width, height } = each.getBoundingClientRect();
  return each.checkVisibility() && (width < 18 || (each.labels?.[0] ?? each).getBoundingClientRect().height < 24);
}).map((each) => each.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def places(base: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where sites are served: one with sixty feeds, one before its first crawl, one that can be searched."""
    with WebServer() as many, WebServer() as empty, WebServer() as search:
        made = config(f"http://127.0.0.1:{many.port}")
        feeds = [
            made.feeds[n % 4].model_copy(update={"id": f"feed-{n}", "title": f"{NAMES[n % len(NAMES)]} {n}", "description": LONG})
            for n in range(60)
        ]
        shown = {feed.id: tuple(items(24, summary=LONG if number else "")) for number, feed in enumerate(feeds)}
        root = tmp_path_factory.mktemp("many")
        ticker = render(made, feeds[0], shown["feed-0"], shown["feed-0"]).documents["ticker"]
        large = made.model_copy(update={"feeds": tuple(feeds)})
        written(root, assets() | site_pages(large) | front_page(large, shown) | {"ticker/feed-0.json": ticker})
        many.serve(app(root, status, made.site.base_url))
        root = tmp_path_factory.mktemp("empty")
        written(root, assets() | front_page(config(f"http://127.0.0.1:{empty.port}"), {}))
        empty.serve(app(root, status, f"http://127.0.0.1:{empty.port}"))
        search.serve(site(searchable(tmp_path_factory.mktemp("search"))))
        ports = {"MANY": many.port, "EMPTY": empty.port, "SEARCH": search.port}
        yield {"": base} | {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}


def searchable(place: Path) -> Config:
    made = archive.config(place, search=SearchSettings(results=4, pages=9))
    written(made.public, assets())
    with Store.open(made.database) as store:
        for number in range(1, 12):
            said = f"The ferry, number {number}. {LONG}."
            archive.commit(store, f"Ferry {number} & boat", archive.NOW - timedelta(hours=number), summary=said)
    return made


def address(places: dict[str, str], name: str) -> str:
    place, slash, path = PAGES[name].partition("/")
    return places[place] + slash + path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out(chromium: Any, places: dict[str, str], name: str, width: int, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address(places, name))
    if page.locator("news-ticker").count():
        page.locator("news-ticker").get_by_role("button").first.wait_for()
    # Playwright finds no end of an XML document.
    picture(page, f"{name}-{width}-{scheme}", full_page=name not in ("feed-rss", "feed-atom"))
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [name for name in PAGES if name not in ("feed-rss", "feed-atom")])
def test_axe_finds_no_fault(chromium: Any, places: dict[str, str], axe: str, name: str, scheme: str) -> None:
    context = chromium.new_context(
        bypass_csp=True, color_scheme=scheme, reduced_motion="reduce", viewport={"width": 768, "height": 900}
    )
    page = context.new_page()
    page.goto(address(places, name))
    page.evaluate(axe)
    # "region": the mark of old news stands before the component's own region; no rule of WCAG.
    found = page.evaluate("axe.run({ rules: { region: { enabled: false } } })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    context.close()


@pytest.mark.parametrize("name", ["site", "feed-page", "builder", "search", "status", "not-found", "gone", "site-many", "feeds"])
def test_the_first_key_leads_past_what_stands_on_every_page(chromium: Any, places: dict[str, str], name: str) -> None:
    page = chromium.new_page(viewport={"width": 768, "height": 900})
    page.goto(address(places, name))
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("(each) => each === document.activeElement")
    assert skip.bounding_box()["height"] > 24, "seen once it has the focus"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main, footer') !== null")
    page.close()


@pytest.mark.parametrize("name", ["site", "feeds", "feed-page", "search", "status", "builder"])
def test_printed_there_are_headlines_and_no_buttons(chromium: Any, places: dict[str, str], name: str) -> None:
    context = chromium.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address(places, name))
    page.emulate_media(media="print")
    picture(page, f"print-{name}", full_page=True)
    assert page.locator("button:visible, form:visible, nav:visible, news-ticker:visible").count() == 0
    assert page.locator("h1").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 26, 23)", "dark ink on white paper"
    context.close()


@pytest.mark.parametrize(
    ("name", "selector", "count"),
    [
        ("site", ".latest h3 a", 24),
        ("site-many", ".card h3 a", 8),
        ("feeds", ".rows p a", 60),
        ("feed-page", ".addresses a", 4),
        ("builder", ".code pre", 4),
        ("search", "article h3 a", 4),
        ("status", "tbody tr", 10),
    ],
)
def test_without_script_nothing_is_missing_and_no_button_is_dead(
    chromium: Any, places: dict[str, str], name: str, selector: str, count: int
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(places, name))
    shown = page.locator(selector)
    assert shown.count() == count
    assert all(each.is_visible() for each in shown.all())
    assert set(page.locator("button:visible").all_inner_texts()) <= {"Search"}
    assert page.locator(".preview:visible, [aria-label=Settings]:visible").count() == 0
    if name == "site":
        page.get_by_role("searchbox").fill("ferry")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=ferry")
    context.close()

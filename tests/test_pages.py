"""The site's pages as bytes: stable, escaped, useful without script; and as a reader sees them, in a real Chromium."""

import base64
import hashlib
import json
import locale
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from syndicate.channel import PATHS
from syndicate.pages import TICKER_VERSION, assets, feed_pages, front_page, message_page, site_pages, status_page
from syndicate.web import WebServer, app
from tests.sample import config, items, status
from tests.ticker_host import until

# What visitors' pages name together with its hash. Another byte needs another TICKER_VERSION, then another line here.
PUBLISHED = {
    "1.0.0": "sha384-wrT+vMgB/q7Jbsb1rj10YyV74a7ANW5GQxyBsqsBkITPCapWgIKvbgBBV7rb8V8K",
    "1.1.0": "sha384-QHRSqrHKJD+Geo0S5QO24sbBbRwnGeyLIAHu7GZPHJYSDcrZSZ+lCIjUoyn7b00l",
    "1.1.1": "sha384-4SKGOmVF9xjPJpnqMivoYojcIpyV9J9T10YJ17ODsiplQCdlP8AeBzPHpnJge+mD",
    "1.1.2": "sha384-L2qh1K+sgFMOECGDgzkFhW8MwADjNPRNsiwSo99c6mQKtMvfcK/I24wLUHSTRNPh",
}
EVIL = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((entry) => entry.value)))
  .observe({ type: 'layout-shift', buffered: true });
"""


def everything(base: str = "https://news.example.org") -> dict[str, bytes]:
    site = config(base)
    feeds = {"world": items(24), "harbour": items(5), "science": items(3), "markets": []}
    made = assets() | site_pages(site) | front_page(site, feeds)
    for feed in site.feeds:
        made |= feed_pages(site, feed, feeds[feed.id])
    return made


def page(name: str, **changes: object) -> Any:
    site = config()
    feed, shown = site.feeds[0], items(12, **changes)
    return html.fromstring((site_pages(site) | front_page(site, {feed.id: shown}) | feed_pages(site, feed, shown))[name])


PAGES = ("index.html", "feeds/world/index.html", "embed/world/index.html")


def test_the_same_news_makes_the_same_bytes_in_any_locale() -> None:
    first = everything()
    with suppress(locale.Error):
        locale.setlocale(locale.LC_TIME, "de_DE.UTF-8")
    try:
        assert everything() == first
    finally:
        locale.setlocale(locale.LC_TIME, "C")
    assert b"22 Nov 2026 11:57 UTC" in first["index.html"]


def test_the_set_of_files() -> None:
    site = config()
    assert set(site_pages(site)) == {"feeds/index.html", "embed/index.html", "robots.txt"}
    assert set(front_page(site, {})) == {"index.html"}
    assert set(feed_pages(site, site.feeds[0], [])) == {"feeds/world/index.html", "embed/world/index.html"}
    assert set(assets()) == {
        f"assets/{name}"
        for name in (
            f"ticker-{TICKER_VERSION}.js",
            "ticker-1.js",
            "manifest.json",
            "site.css",
            "feed.css",
            "page.js",
            "builder.js",
            "ticker.js",
            "icon.svg",
        )
    }


@pytest.mark.parametrize("name", PAGES)
def test_titles_and_names_are_only_text(name: str) -> None:
    tree = page(name, title=EVIL, outlet_name=EVIL, summary=EVIL, language='en" onload="alert(1)')
    assert not tree.xpath("//img | //script[not(@src)] | //@onerror | //@onload | //@style | //style")
    assert EVIL in [link.text_content() for link in tree.xpath("//a[@rel='noopener noreferrer']")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x.example/", "", "httpsx:1"])
@pytest.mark.parametrize("name", PAGES)
def test_only_web_addresses_are_linked(name: str, url: str) -> None:
    assert url not in page(name, url=url).xpath("//@href") or not url
    assert not page(name, url=url).xpath("//a[@rel='noopener noreferrer'][starts-with(@href, 'http')]")


@pytest.mark.parametrize("name", PAGES)
def test_every_headline_names_outlet_time_language_and_direction(name: str) -> None:
    tree = page(name)
    links = tree.xpath("//main//a[@rel='noopener noreferrer']")
    assert len(links) == 12
    assert {link.get("dir") for link in links} == {"auto"}
    assert [link.get("lang") for link in links][:4] == ["en", "en", "fr", "ar"]
    assert [link.xpath("ancestor::*[@dir][1]/@dir")[0] for link in links][:4] == ["ltr", "ltr", "ltr", "rtl"]
    assert tree.xpath("//main//time/@datetime")[0] == "2026-11-22T11:57:00Z"
    assert tree.xpath("//main//bdi/text()")[0] == "Harbour Courier"


def test_the_landing_page_shows_each_headline_once_newest_first() -> None:
    site, news = config(), items(6)
    tree = html.fromstring(front_page(site, {"world": news[1:], "harbour": news})["index.html"])
    shown = tree.xpath("//section[@class='latest']//h3/a/@href")
    assert shown == [item.url for item in news]
    assert tree.xpath("//news-ticker/@src") == ["ticker/world.json"]
    assert len(tree.xpath("//news-ticker//li")) == 5, "useful before, and without, the script"


def test_every_format_of_every_feed_can_be_found() -> None:
    tree = page("index.html")
    found = {(link.get("type"), link.get("href")) for link in tree.xpath("//link[@rel='alternate']")}
    base = "https://news.example.org"
    assert ("application/rss+xml", f"{base}/feeds/world.rss") in found
    assert ("application/atom+xml", f"{base}/feeds/world.atom") in found
    assert ("application/feed+json", f"{base}/feeds/world.json") in found
    assert ("application/json", f"{base}/ticker/world.json") in found
    assert len(found) == 4 + 4 + 3 + 1
    assert {"feeds/markets.rss", "ticker/science.json"} <= set(tree.xpath("//ul[@class='formats']//@href"))


def test_many_feeds_do_not_stand_before_the_news() -> None:
    made = config()
    feeds = tuple(made.feeds[0].model_copy(update={"id": f"feed-{n}", "title": f"Feed {n}"}) for n in range(60))
    large = made.model_copy(update={"feeds": feeds})
    tree = html.fromstring(front_page(large, {"feed-0": items(3)})["index.html"])
    named = tree.xpath("//nav[@aria-label='Feeds']/a/@href")
    assert named == [*(f"feeds/feed-{n}/" for n in range(8)), "feeds/"]
    assert tree.xpath("//nav[@aria-label='Feeds']/a[last()]/text()") == ["All 60 feeds"]
    assert len(tree.xpath("//*[@id='feeds']/..//article")) == len(tree.xpath("//link[@rel='alternate']")) == 8
    assert tree.xpath("//body/@class") == ["front many"]
    assert html.fromstring(front_page(made, {})["index.html"]).xpath("//body/@class") == ["front"]


def test_the_directory_names_every_feed_with_all_its_addresses() -> None:
    made = config()
    feeds = tuple(made.feeds[n % 4].model_copy(update={"id": f"feed-{n}", "title": f"Feed {n}"}) for n in range(60))
    large = made.model_copy(update={"feeds": feeds})
    tree = html.fromstring(site_pages(large)["feeds/index.html"])
    assert tree.xpath("//main//li/p/a/text()") == [feed.title for feed in feeds]
    assert tree.xpath("//main//li/p/a/@href") == [f"{feed.id}/" for feed in feeds]
    addresses = [f"../{PATHS[kind].format(feed.id)}" for feed in feeds for kind in feed.formats]
    assert tree.xpath("//ul[@class='formats']//@href") == addresses
    assert len(tree.xpath("//link[@rel='alternate']")) == 60, "one address of each is what a reader can offer"
    assert "../opml.xml" in tree.xpath("//header//@href")
    assert EVIL in html.fromstring(
        site_pages(made.model_copy(update={"feeds": (feeds[0].model_copy(update={"title": EVIL}),)}))["feeds/index.html"]
    ).xpath("//main//a/text()")


def test_the_landing_page_does_not_grow_with_the_feeds() -> None:
    made = config()
    sizes = []
    for number in (9, 999):
        feeds = tuple(made.feeds[0].model_copy(update={"id": f"feed-{n}", "title": f"Feed {n}"}) for n in range(number))
        sizes.append(len(front_page(made.model_copy(update={"feeds": feeds}), {"feed-0": items(24)})["index.html"]))
    assert sizes[1] - sizes[0] == 2 * len("99"), "how many there are, twice"


def test_a_site_without_search_has_no_field_for_it() -> None:
    made = config()
    off = made.model_copy(update={"search": made.search.model_copy(update={"enabled": False})})
    assert html.fromstring(front_page(made, {})["index.html"]).xpath("//form/@action") == ["search"]
    assert not html.fromstring(front_page(off, {})["index.html"]).xpath("//form")


def test_the_status_names_what_is_ill_first() -> None:
    tree = html.fromstring(status_page(status(), "/"))
    rows = ["".join(row.xpath("th//text() | td[contains(@class, 'state')]/text()")) for row in tree.xpath("//tbody/tr")]
    assert [row.rpartition("that-is-")[2] for row in rows[:6]] == [
        "latelate",
        "silentsilent",
        "failingfailing",
        "gonegone",
        "okok",
        "nevernever",
    ]
    assert rows[6:] == ["sciencestale", "worldok", "harbourok", "marketsok"]
    assert "4 of 6 outlets and 1 of 4 feeds need a look." in tree.text_content()
    well = status() | {"outlets": [], "feeds": []}
    assert "All is well." in html.fromstring(status_page(well, "/")).text_content()


def test_a_card_follows_the_direction_of_its_title() -> None:
    tree = page("index.html")
    assert tree.xpath("//article[@class='card']/@dir") == ["auto"] * 4
    assert not tree.xpath("//article[@class='card']//*/@dir")
    assert tree.xpath("//article[@class='card']/p/bdi/text()")[:1] == [config().feeds[0].description]


def test_a_feed_without_ticker_offers_none() -> None:
    site = config()
    made = feed_pages(site, site.feeds[3], items(2))["feeds/markets/index.html"]
    assert b"news-ticker" not in made
    assert b"assets/ticker" not in made


def test_the_snippet_names_the_hash_of_what_is_served() -> None:
    script = assets()[f"assets/ticker-{TICKER_VERSION}.js"]
    right = "sha384-" + base64.b64encode(hashlib.sha384(script).digest()).decode()
    manifest = json.loads(assets()["assets/manifest.json"])["ticker"]
    assert (manifest["integrity"], manifest["path"]) == (right, f"assets/ticker-{TICKER_VERSION}.js")
    tree = page("feeds/world/index.html")
    snippet = html.fromstring(f"<div>{tree.get_element_by_id('code-ticker').text_content()}</div>")
    assert snippet.xpath("//script/@integrity") == tree.xpath("//head/script/@integrity") == [right]
    assert snippet.xpath("//script/@src") == [f"https://news.example.org/assets/ticker-{TICKER_VERSION}.js"]
    assert snippet.xpath("//news-ticker/@src") == ["https://news.example.org/ticker/world.json"]
    frame = html.fromstring(tree.get_element_by_id("code-frame").text_content())
    assert (frame.get("src"), frame.get("sandbox")) == ("https://news.example.org/embed/world/", "allow-popups")


def test_a_snippet_survives_an_awkward_feed_title() -> None:
    site = config()
    feed = site.feeds[0].model_copy(update={"title": 'News "quoted" <b>&amp;'})
    tree = html.fromstring(feed_pages(site, feed, [])["feeds/world/index.html"])
    assert html.fromstring(tree.get_element_by_id("code-frame").text_content()).get("title") == feed.title


def test_a_published_component_never_changes() -> None:
    manifest = json.loads(assets()["assets/manifest.json"])["ticker"]
    assert manifest["integrity"] == PUBLISHED[manifest["version"]], "ticker.min.js changed: raise TICKER_VERSION"


def test_no_page_needs_another_host_or_an_inline_script() -> None:
    for name, data in everything().items():
        if name.endswith(".html"):
            tree = html.fromstring(data)
            fetched = tree.xpath(
                "//script/@src | //link[@rel='stylesheet']/@href | //img/@src | //iframe/@src | //news-ticker/@src"
            )
            assert not [address for address in fetched if re.match(r"\w+:|//", address)], name
            assert not tree.xpath("//script[not(@src)] | //style | //@style"), name
        if name.endswith(".css"):
            assert not re.search(rb"@import|url\(", data), name


def test_without_anything_to_show_pages_say_so() -> None:
    site = config()
    assert b"Nothing has been collected yet" in front_page(site, {})["index.html"]
    assert b"No headline has matched" in feed_pages(site, site.feeds[0], [])["feeds/world/index.html"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A whole site, served."""
    root = tmp_path_factory.mktemp("site")
    with WebServer() as server:
        base = f"http://127.0.0.1:{server.port}"
        headlines = [{"id": item.id, "title": item.title, "url": item.url, "source": item.outlet_name} for item in items(24)]
        ticker = json.dumps({"version": 1, "title": "World", "ttl": 60, "items": headlines}).encode()
        feed = (Path(__file__).parent / "pages_data/hostile.rss").read_bytes().replace(b"BASE", base.encode())
        for name, data in (everything(base) | {"ticker/world.json": ticker, "feeds/world.rss": feed}).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        server.serve(app(root, status, base))
        yield base


@pytest.mark.parametrize("path", ["/", "/feeds/world/", "/feeds/markets/", "/embed/", "/embed/world/", "/status"])
def test_pages_fit_a_phone_and_keep_their_own_policy(chromium: Any, base: str, path: str) -> None:
    said: list[str] = []
    view = chromium.new_page(viewport={"width": 320, "height": 700})
    view.add_init_script(SHIFTS)
    view.on("console", lambda message: said.append(message.text))
    view.on("request", lambda request: said.append(request.url) if not request.url.startswith(base) else None)
    view.goto(base + path)
    if path in ("/", "/feeds/world/", "/embed/"):
        view.locator("news-ticker").get_by_role("button").wait_for()
    assert said == [], "no policy violation, no failed request, no other host"
    assert view.evaluate("document.documentElement.scrollWidth") <= 320
    assert view.evaluate("window.shifts") == [], "nothing jumps when the scripts have run"
    view.close()


@pytest.mark.parametrize(
    ("path", "button", "said", "copied"),
    [
        ("/feeds/world/", "Copy the RSS address", "Copied: the RSS address", "/feeds/world.rss"),
        ("/", "Copy RSS address: Harbour and coast", "Copied: RSS address: Harbour and coast", "/feeds/harbour.rss"),
    ],
)
def test_the_copy_button_copies_the_address_and_says_so(
    chromium: Any, base: str, path: str, button: str, said: str, copied: str
) -> None:
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    view = context.new_page()
    view.goto(base + path)
    pressed = view.get_by_role("button", name=button, exact=True)
    usual = pressed.inner_text()
    pressed.click()
    view.get_by_text("Copied", exact=True).wait_for()
    assert view.evaluate("navigator.clipboard.readText()") == base + copied
    assert said in view.get_by_role("status").all_inner_texts(), "the button's name stays, so this is what is heard"
    assert pressed.inner_text() == "Copied", "what is seen"
    pressed.click()
    until(lambda: pressed.inner_text() == usual)
    assert not any(view.get_by_role("status").all_inner_texts())
    context.close()


def test_where_the_browser_forbids_copying_the_text_is_marked(chromium: Any, base: str) -> None:
    context = chromium.new_context(permissions=["geolocation"])  # and nothing else
    view = context.new_page()
    view.goto(f"{base}/feeds/world/")
    view.get_by_role("button", name="Copy the ticker", exact=True).click()
    view.get_by_text("Marked", exact=True).wait_for()
    assert view.evaluate("getSelection().toString()").strip() == view.locator("#code-ticker").inner_text().strip()
    assert "The browser forbids copying; the text is marked." in view.get_by_role("status").all_inner_texts()
    context.close()


def test_without_script_everything_is_there(chromium: Any, base: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    view = context.new_page()
    view.goto(f"{base}/feeds/world/")
    assert view.locator("news-ticker a").first.is_visible()
    assert view.locator("main h3 a").count() == 24
    assert not view.get_by_role("button").first.is_visible()
    context.close()


def test_the_script_free_page_works_in_the_strictest_frame_of_another_site(
    chromium: Any, base: str, another_site: Callable[[dict[str, str]], str]
) -> None:
    view = chromium.new_page()
    frame = f'<iframe src="{base}/embed/world/" sandbox="allow-popups" width="400" height="300"></iframe>'
    view.goto(another_site({"frame": frame}) + "/frame")
    inside = view.frame_locator("iframe")
    inside.locator("li").first.wait_for()
    assert inside.locator("li").count() == 24
    assert inside.locator("li").first.evaluate("(li) => getComputedStyle(li).borderBottomStyle") == "solid", "styled"
    view.close()


def test_another_site_can_embed_the_ticker_with_its_hash(
    chromium: Any, base: str, another_site: Callable[[dict[str, str]], str]
) -> None:
    view = chromium.new_page()
    view.goto(f"{base}/feeds/world/")
    snippet = view.locator("#code-ticker").text_content()
    bodies = {"right": snippet, "wrong": re.sub("sha384-....", "sha384-AAAA", snippet)}
    host = another_site(bodies)
    view.goto(host + "/right")
    view.locator("news-ticker").get_by_role("button").wait_for()
    assert len(view.locator("news-ticker").get_by_role("listitem").all()) == 24
    view.goto(host + "/wrong")
    assert view.evaluate("customElements.get('news-ticker') === undefined")
    assert view.locator("news-ticker a").is_visible(), "a wrong hash leaves the fallback"
    view.close()


def test_a_feed_opened_by_a_person_is_readable_and_runs_nothing(chromium: Any, base: str) -> None:
    view = chromium.new_page()
    view.goto(f"{base}/feeds/world.rss")
    assert view.evaluate("document.contentType") == "application/xml"
    assert "This is a feed" in view.evaluate("getComputedStyle(document.documentElement, '::before').content")
    assert view.evaluate("getComputedStyle(document.querySelector('item > title')).display") == "block"
    assert view.evaluate("getComputedStyle(document.querySelector('item > guid')).display") == "none"
    assert view.title() != "script ran"
    assert view.evaluate("globalThis.ran") is None
    view.close()


def test_pages_made_on_request_follow_their_mount_point() -> None:
    assert 'href="/news/assets/site.css' in status_page(status(), "/news/")
    assert 'href="/news/"' in message_page(404, "/news/")


def test_old_items_of_the_same_id_do_not_double() -> None:
    first, *_ = items(1)
    site = config()
    tree = html.fromstring(front_page(site, {"world": [first], "harbour": [replace(first, title="Other")]})["index.html"])
    assert len(tree.xpath("//section[@class='latest']//h3")) == 1

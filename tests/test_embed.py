"""The embed builder and what it makes, and what else of ours a reader opens or another site shows, in a real Chromium."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from lxml import html

from syndicate.pages import assets, site_pages
from tests.sample import config
from tests.ticker_host import animations

WATCH = """
window.broken = [];
document.addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
"""


@pytest.fixture
def view(chromium: Any) -> Iterator[Any]:
    """A page that notes what its policy had to stop and what it asked of whom."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    context.add_init_script(WATCH)
    view = context.new_page()
    view.asked = []
    view.on("request", lambda request: view.asked.append(request.url))
    yield view
    context.close()


def code(view: Any, which: str = "html") -> str:
    return str(view.locator(f"#code-{which}").text_content())


def test_what_is_served_is_what_the_settings_say_at_first(view: Any, base: str) -> None:
    with urlopen(f"{base}/embed/") as answer:
        served = html.fromstring(answer.read())
    view.goto(f"{base}/embed/")
    view.locator("#sample").get_by_role("button").wait_for()
    for which in ("html", "react", "address", "list"):
        assert code(view, which) == served.get_element_by_id(f"code-{which}").text_content()


def test_settings_show_in_the_preview_and_in_the_code(view: Any, base: str) -> None:
    view.goto(f"{base}/embed/?feed=harbour")
    assert view.get_by_label("Feed").input_value() == "harbour"
    view.get_by_label("Feed").select_option("World")
    view.get_by_role("radio", name="List").check()
    view.get_by_label("How many").fill("3")
    view.get_by_label("Direction").select_option("right to left")
    view.get_by_label("Greatest width, pixels").fill("420")
    view.get_by_label("Open in a new tab").check()
    view.get_by_label("Colours of its own").check()
    view.get_by_label("Background").fill("#102030")
    view.get_by_label("Pause button").fill('Halt "now" <b>')
    view.locator("#sample").get_by_role("button", name='Halt "now" <b>').wait_for()
    sample = view.locator("#sample")
    assert sample.get_by_role("listitem").count() == 3
    assert (
        sample.evaluate("(each) => getComputedStyle(each.shadowRoot.querySelector('section')).backgroundColor") == "rgb(16, 32, 48)"
    )
    assert sample.evaluate("(each) => [getComputedStyle(each).direction, each.offsetWidth]") == ["rtl", 420]
    made = html.fromstring(f"<div>{code(view)}</div>")
    ticker = made.find("news-ticker")
    assert dict(ticker.attrib) == {
        "src": f"{base}/ticker/world.json",
        "mode": "list",
        "limit": "3",
        "dir": "rtl",
        "pause-label": 'Halt "now" <b>',
        "target": "_blank",
    }
    assert "max-inline-size: 420px;" in made.findtext("style")
    assert "--ticker-background: #102030;" in made.findtext("style")
    manifest = json.loads(assets()["assets/manifest.json"])["ticker"]
    script = made.find("script")
    assert script.get("src") == f"{base}/{manifest['path']}"
    assert script.get("integrity") == manifest["integrity"]
    assert "'--ticker-background': '#102030'" in code(view, "react")
    assert 'width="420"' in code(view, "list")
    assert "Code updated: World." in view.get_by_role("status").all_inner_texts()
    assert view.evaluate("window.broken") == []
    assert [url for url in view.asked if not url.startswith(base)] == []


def test_the_code_works_on_another_site_with_its_hash(view: Any, base: str, another_site: Callable[[dict[str, str]], str]) -> None:
    view.goto(f"{base}/embed/?feed=harbour")
    view.get_by_label("How many").fill("4")
    view.get_by_label("Colours of its own").check()
    made = code(view)
    assert '"& <coast>' in html.fromstring(f"<div>{made}</div>").text_content()
    host = another_site({"post": made, "list": code(view, "list")})
    view.goto(host + "/post")
    view.locator("news-ticker").get_by_role("button").wait_for()
    assert view.locator("news-ticker").get_by_role("listitem").count() == 4
    inside = "document.querySelector('news-ticker').shadowRoot.querySelector('section')"
    assert view.evaluate(f"getComputedStyle({inside}).backgroundColor") == "rgb(16, 35, 61)"
    view.goto(host + "/list")
    view.frame_locator("iframe").locator("li").first.wait_for()
    assert view.get_by_title('Harbour "& <coast>').count() == 1


STRICT = (
    "default-src 'none'; script-src {0}; connect-src {0}; frame-src {0}; style-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def test_the_code_works_under_the_strictest_policy_of_another_site(view: Any, base: str, another_site: Callable[..., str]) -> None:
    view.goto(f"{base}/embed/?feed=world")
    view.get_by_label("How many").fill("4")
    view.get_by_label("Colours of its own").check()
    _, style, rest = re.split("</?style>", code(view))
    host = another_site({"apart": rest, "whole": code(view), "list": code(view, "list")}, policy=STRICT.format(base), style=style)
    view.goto(host + "/apart")
    view.locator("news-ticker").get_by_role("button").wait_for()
    assert view.locator("news-ticker").get_by_role("listitem").count() == 4
    inside = "document.querySelector('news-ticker').shadowRoot.querySelector('section')"
    assert view.evaluate(f"getComputedStyle({inside}).backgroundColor") == "rgb(16, 35, 61)"
    assert animations(view) == 1, "it moves"
    assert view.evaluate("window.broken") == [], "with the rule in the site's own style sheet, as the builder says"
    view.goto(host + "/whole")
    view.locator("news-ticker").get_by_role("button").wait_for()
    assert view.evaluate("window.broken") == ["style-src-elem"], "nothing but its style element"
    view.goto(host + "/list")
    view.frame_locator("iframe").locator("li").first.wait_for()
    assert view.evaluate("window.broken") == []
    asked = {url.partition("/")[2].split("/")[1] for url in view.asked}
    assert asked == {base.partition("//")[2], host.partition("//")[2]}, "no third party"


def test_wordpress_sends_the_code_in_a_block_as_it_is(view: Any, base: str, wordpress: Callable[..., list[Any]]) -> None:
    view.goto(f"{base}/embed/?feed=harbour")
    view.get_by_label("Pause button").fill("Halt -- 'now' [x] 3x4...")
    view.get_by_label("Colours of its own").check()
    given = [code(view), code(view, "list")]
    assert wordpress("block", *given) == given


def test_hard_to_read_colours_are_named(view: Any, base: str) -> None:
    view.goto(f"{base}/embed/")
    view.get_by_label("Colours of its own").check()
    assert view.locator("#contrast").inner_text() == ""
    view.get_by_label("Links").fill("#405060")
    assert view.locator("#contrast").inner_text() == "Hard to read: contrast 1.9 to 1, and 4.5 is the least."


def test_every_setting_has_a_name_and_is_reached_by_keyboard(view: Any, base: str) -> None:
    view.goto(f"{base}/embed/")
    view.get_by_label("Colours of its own").check()
    controls = "[...document.forms[0].elements].filter((each) => each.matches('input, select'))"
    assert view.evaluate(f"{controls}.every((each) => each.labels.length === 1)")
    assert view.get_by_role("group").count() == 4
    wanted = set(view.evaluate(f"{controls}.filter((each) => each.type !== 'radio' || each.checked).map((each) => each.name)"))
    view.locator(".masthead a").focus()
    reached = set()
    for _ in range(70):
        view.keyboard.press("Tab")
        reached.add(view.evaluate("document.activeElement.name"))
    assert wanted <= reached
    view.get_by_label("Speed").focus()
    view.keyboard.press("ArrowRight")
    assert ' speed="65"' in code(view)


def test_the_copy_button_copies_what_is_shown(view: Any, base: str) -> None:
    view.goto(f"{base}/embed/")
    view.get_by_label("How many").fill("7")
    view.get_by_role("button", name="Copy: Code for HTML").click()
    view.get_by_text("Copied", exact=True).wait_for()
    assert "Copied: Code for HTML" in view.get_by_role("status").all_inner_texts()
    assert view.evaluate("navigator.clipboard.readText()") == code(view)
    assert ' limit="7"' in code(view)


def test_without_script_there_is_the_code_and_no_dead_form(chromium: Any, base: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    view = context.new_page()
    view.goto(f"{base}/embed/")
    assert not view.locator("form").is_visible()
    assert view.locator("#code-html").is_visible()
    assert view.locator("noscript a").count() == 3
    context.close()


def test_no_ticker_no_builder() -> None:
    site = config()
    site = site.model_copy(update={"feeds": site.feeds[3:]})
    page = site_pages(site)["embed/index.html"]
    assert b"No feed is published as a ticker" in page
    assert b"builder.js" not in page


@pytest.mark.parametrize("path", ["/feeds/world.rss", "/feeds/world.atom"])
def test_a_feed_opened_by_a_person_has_no_markup_in_it(view: Any, base: str, path: str) -> None:
    view.set_viewport_size({"width": 320, "height": 700})
    answer = view.goto(base + path)
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.headers["content-security-policy"].endswith("sandbox")
    assert "Sec-Fetch-Dest" in answer.headers["vary"]
    texts = "[...document.querySelectorAll('item > description, entry > summary')].map((each) => each.textContent)"
    assert set(view.evaluate(texts)) == {"What came of it."}
    assert "Ferry crews" in view.evaluate("document.querySelector('item > title, entry > title').textContent")
    assert view.evaluate("document.documentElement.scrollWidth") <= 320
    shown = "[...document.querySelectorAll('item > link, entry > link[rel=alternate]')]"
    assert view.evaluate(f"{shown}.every((each) => each.getBoundingClientRect().height > 10)"), (
        "the article's address can be copied"
    )


def test_a_script_in_a_feed_does_not_run(view: Any, hostile_feed: tuple[str, str]) -> None:
    ours, bare = hostile_feed
    view.goto(bare)
    assert view.evaluate("globalThis.ran") is True, "as it would without our headers"
    view.goto(ours)
    assert view.evaluate("document.querySelectorAll('item').length") == 2
    assert view.evaluate("getComputedStyle(document.querySelector('item > guid')).display") == "none", "styled"
    assert view.evaluate("globalThis.ran") is None


@pytest.mark.parametrize("path", ["/", "/feeds/world/", "/embed/world/"])
def test_other_outlets_of_a_story_are_named_and_linked(view: Any, base: str, path: str) -> None:
    view.set_viewport_size({"width": 320, "height": 700})
    view.goto(base + path)
    also = view.locator(".also").first
    assert also.inner_text() == "Also covered by The Meridian, صدى المدينة"
    assert also.get_by_role("link").nth(1).get_attribute("href") == "https://sada.example/2"
    assert view.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/feeds/harbour/", "/embed/"])
def test_axe_finds_no_fault(chromium: Any, base: str, axe: str, path: str, scheme: str) -> None:
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme, reduced_motion="reduce")
    view = context.new_page()
    view.goto(base + path)
    if path == "/embed/":
        view.get_by_label("Colours of its own").check()
    view.evaluate(axe)
    # "region": the mark of old news stands before the component's own region; no rule of WCAG.
    found = view.evaluate("axe.run({ rules: { region: { enabled: false } } })")
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
    context.close()

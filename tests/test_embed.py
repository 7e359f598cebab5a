"""What other sites put on their pages: oEmbed answers, as WordPress filters them, and the embed builder in a real Chromium."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from lxml import html

from syndicate.pages import assets, site_pages
from tests.conftest import EVIL
from tests.sample import config, items
from tests.ticker_host import animations

WATCH = """
window.broken = [];
document.addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
"""


def ask(base: str, url: str, **more: object) -> dict[str, Any]:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    with urlopen(f"{base}/oembed?url={quote(url, safe='')}{asked}") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        said: dict[str, Any] = json.load(answer)
    return said


def status(address: str) -> int:
    try:
        with urlopen(address) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


KEPT = {"a": ["href"], "blockquote": [], "iframe": "src width height frameborder marginwidth marginheight scrolling title".split()}
TAG = re.compile(r"<(/?)(\w+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")


def kses(text: str) -> str:
    """Tags WordPress does not know in an answer of a site it does not know are taken out, their text stays; so with attributes."""

    def kept(tag: re.Match[str]) -> str:
        closing, name, rest = tag.groups()
        if name not in KEPT:
            return ""
        found = re.findall(r"([\w-]+)=(\"[^\"]*\"|'[^']*')", rest)
        return f"<{closing}{name}{''.join(f' {key}={value}' for key, value in found if key in KEPT[name])}>"

    return TAG.sub(kept, text)


def filtered(text: str) -> str:
    """What WordPress makes of an answer's html (the rules documented for its filter of oEmbed results); "" when it refuses."""
    found = re.search(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", kses(text), re.DOTALL)
    if not found:
        return ""
    quotation, frame = found[1] or "", found[2].replace(' src="', ' data-secret="s" src="')
    frame = re.sub(r'( src="[^"]*)', r"\1#?secret=s", frame)
    if quotation:
        frame = frame.replace("<iframe", '<iframe style="position: absolute; visibility: hidden;"')
        quotation = quotation.replace("<blockquote", '<blockquote data-secret="s" class="wp-embedded-content"')
    return quotation + frame.replace("<iframe", '<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted"')


def test_the_answer_is_what_the_specification_asks_for(base: str) -> None:
    said = ask(base, f"{base}/feeds/world/", format="json")
    assert said["version"] == "1.0"
    assert (said["type"], said["title"], said["width"], said["height"]) == ("rich", "World", 600, 400)
    assert (said["provider_name"], said["provider_url"]) == (base.partition("://")[2], base)
    with urlopen(f"{base}/oembed?url={base}/feeds/world/") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, (600, 400)),
        ({"maxwidth": 320}, (320, 400)),
        ({"maxwidth": 480, "maxheight": 200}, (480, 200)),
        ({"maxwidth": 5000, "maxheight": 5000}, (600, 400)),
        ({"maxwidth": 0, "maxheight": -1}, (600, 400)),
        ({"maxwidth": "%D9%A3", "maxheight": "1e2"}, (600, 400)),
        ({"maxwidth": "9" * 5000}, (600, 400)),
        ({"maxwidth": "%22onload=1"}, (600, 400)),
    ],
)
def test_there_is_never_more_than_there_is_room_for(base: str, asked: dict[str, object], given: tuple[int, int]) -> None:
    said = ask(base, f"{base}/feeds/world/", **asked)
    frame = html.fromstring(f"<div>{said['html']}</div>").find("iframe")
    assert (said["width"], said["height"]) == given == (int(frame.get("width")), int(frame.get("height")))


@pytest.mark.parametrize("end", ["/feeds/world", "/feeds/world/", "/feeds/world/#embed", "/feeds/world/?utm_source=x"])
def test_a_page_is_known_however_it_was_copied(base: str, end: str) -> None:
    assert ask(base, base + end)["title"] == "World"


@pytest.mark.parametrize(
    "url",
    ["", "BASE/", "BASE/feeds/none/", "BASE/feeds/markets/", "BASE/embed/world/", "BASE/feeds/../ticker/world/", "BASE/feeds/world/x",
     "https://elsewhere.example/feeds/world/", "https://elsewhere.example/?BASE/feeds/world/", "BASE.evil.example/feeds/world/",
     "BASE/feeds/world%00/", "javascript:BASE/feeds/world/", "BASE/feeds/world/\nx"],
)  # fmt: skip
def test_no_other_address_is_answered(base: str, url: str) -> None:
    assert status(f"{base}/oembed?url={quote(url.replace('BASE', base), safe='')}") == 404


def test_only_json_is_offered(base: str) -> None:
    assert status(f"{base}/oembed?url={base}/feeds/world/&format=xml") == 501
    assert status(f"{base}/oembed") == 404


def test_the_page_of_a_feed_leads_to_its_answer(base: str) -> None:
    with urlopen(f"{base}/feeds/world/") as answer:
        page = answer.read()
    assert page.index(b"json+oembed") < page.index(b"</head>") < 150_000, "WordPress reads no further"
    found = html.fromstring(page).xpath("//link[@type='application/json+oembed']/@href")
    assert found == [f"{base}/oembed?url={quote(base + '/feeds/world/', safe='')}&format=json"]
    with urlopen(found[0] + "&maxwidth=300") as answer:
        assert json.load(answer)["width"] == 300
    with urlopen(f"{base}/feeds/markets/") as answer:
        assert b"oembed" not in answer.read(), "a feed without ticker has none"


@pytest.mark.parametrize("feed", ["world", "harbour"])
def test_wordpress_itself_finds_the_answer_and_filters_it_by_these_rules(
    base: str, wordpress: Callable[..., list[Any]], feed: str
) -> None:
    made, other, alone = wordpress("oembed", f"{base}/feeds/{feed}/", f"{base}/feeds/markets/", f"{base}/")
    assert (other, alone) == (False, False), "these stay addresses"
    own = html.fromstring(f"<div>{made}</div>")
    answer = ask(base, f"{base}/feeds/{feed}/", maxwidth=500, maxheight=750)  # what it asks for when its theme says nothing
    ours = html.fromstring(f"<div>{filtered(answer['html'])}</div>")
    (quotation, frame), (said, shown) = own, ours
    assert [link.get("href") for link in quotation] == [link.get("href") for link in said.iter("a")]
    # It takes line ends out, too: what is on lines of its own still has blanks around it.
    assert quotation.text_content() == said.text_content().replace("\n", "")
    assert quotation.text_content().startswith(f"{frame.get('title')} · ")
    secret = frame.get("data-secret")
    assert frame.get("src") == f"{base}/embed/{feed}/#?secret={secret}"
    same = ("title", "width", "height", "frameborder", "sandbox", "security", "class")
    assert [frame.get(name) for name in same] == [shown.get(name) for name in same]
    assert "position: absolute" in frame.get("style"), "hidden until a script of the frame answers"


@pytest.mark.parametrize("feed", ["world", "harbour"])
def test_wordpress_keeps_quotation_and_frame(base: str, feed: str) -> None:
    said = ask(base, f"{base}/feeds/{feed}/")
    kept = html.fromstring(f"<div>{filtered(said['html'])}</div>")
    quotation, frame = kept
    assert (quotation.tag, frame.tag) == ("blockquote", "iframe")
    assert {each.tag for each in kept.iterdescendants()} == {"a", "blockquote", "iframe"}
    links = quotation.xpath(".//a/@href")
    assert links == [f"{base}/feeds/{feed}/", *(item.url for item in items(5))]
    assert frame.get("src") == f"{base}/embed/{feed}/#?secret=s"
    assert (frame.get("sandbox"), frame.get("width"), frame.get("height")) == ("allow-scripts", "600", "400")
    assert frame.get("title") == said["title"]
    title = items(1)[0].title if feed == "world" else EVIL
    assert quotation.xpath("string(.//a[2])") == title[:200]


def test_the_quotation_is_read_and_its_links_work_under_wordpress(
    chromium: Any, base: str, another_site: Callable[[dict[str, str]], str]
) -> None:
    kept = filtered(ask(base, f"{base}/feeds/world/")["html"])
    view = chromium.new_page()
    view.goto(another_site({"post": kept, "frame": re.sub('style="[^"]*"', "", kept)}) + "/post")
    assert view.get_by_role("link").count() == 6
    view.get_by_role("link", name="World", exact=True).click()
    view.wait_for_url(f"{base}/feeds/world/")
    view.go_back()
    view.goto(view.url.replace("/post", "/frame"))
    inside = view.frame_locator("iframe")
    inside.locator("li").first.wait_for()
    assert inside.locator("li").count() == 24, "in the frame WordPress allows, every headline can be read"
    assert "Ferry crews" in inside.locator("li").first.inner_text()
    view.close()


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

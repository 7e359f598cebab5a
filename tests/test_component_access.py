"""Who can use <news-ticker> in a real Chromium: keyboard, screen reader, other spacing, other colours, small screens, no jumps."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from tests.conftest import picture
from tests.ticker_host import FALLBACK, LIST, SHADOW, TRACK, VIEW, Host, document, focused, in_sight, item, left, titles, until

Show = Callable[..., Any]
EIGHT = [item(number) for number in range(1, 9)]
# What success criterion 1.4.12 of WCAG 2.2 lets a reader ask for.
SPACED = "line-height: 1.5; letter-spacing: .12em; word-spacing: .16em"
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; })
  .observe({ type: 'layout-shift', buffered: true });
"""


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_the_keyboard_reaches_every_headline_once_and_each_is_in_sight(show: Show, direction: str) -> None:
    page = show(*EIGHT, attributes=f'dir="{direction}"')
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    for title in titles(page):
        page.keyboard.press("Tab")
        assert focused(page) == title
        assert in_sight(page)
    picture(page, f"component-focus-{direction}")
    assert page.evaluate(f"{VIEW}.scrollLeft") == 0, "moved, never scrolled"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{SHADOW}.activeElement") is None
    for title in reversed(titles(page)):
        page.keyboard.press("Shift+Tab")
        assert focused(page) == title
        assert in_sight(page)


def test_the_second_copy_is_hidden_from_everything_but_the_pointer(show: Show) -> None:
    page = show(*EIGHT)
    clone = f"{SHADOW}.querySelectorAll('ul')[1]"
    assert page.evaluate(f"[{clone}.inert, {clone}.ariaHidden]") == [True, "true"]
    tree = page.locator("news-ticker").aria_snapshot()
    assert (tree.count("- button"), tree.count("- link")) == (1, 8)
    page.mouse.move(400, 60)
    page.evaluate(f"window.motion = {TRACK}.getAnimations()[0]")
    page.evaluate("window.motion.currentTime = window.motion.effect.getTiming().duration - 1")
    link = page.evaluate(f"{clone}.querySelector('a').getBoundingClientRect().toJSON()")
    middle = link["left"] + 20, link["top"] + 10
    page.mouse.move(*middle)
    hit = page.evaluate(f"([x, y]) => {SHADOW}.elementFromPoint(x, y).href", list(middle))
    assert hit == "https://outlet.example/1"


def test_focus_is_seen(show: Show) -> None:
    page = show(*EIGHT)
    page.locator("#before").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        style = f"getComputedStyle({SHADOW}.activeElement)"
        assert page.evaluate(f"[{style}.outlineStyle, {style}.outlineWidth]") == ["solid", "2px"]
    assert page.evaluate(f"getComputedStyle({VIEW}).maskImage") == "none", "the edges do not fade it"


@pytest.mark.parametrize("attributes", ["", 'mode="list" times', 'dir="rtl"'])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(show: Show, axe: str, attributes: str, scheme: str) -> None:
    style = ":root { color-scheme: light dark; } a { color: LinkText; }"
    page = show(*EIGHT, attributes=attributes, style=style, media={"color_scheme": scheme})
    picture(page, f"component-{scheme}-{'list' if 'list' in attributes else 'rtl' if 'rtl' in attributes else 'marquee'}")
    page.context.new_cdp_session(page).send("Page.setBypassCSP", {"enabled": True})
    page.reload()
    until(lambda: titles(page))
    page.evaluate(axe)
    # The host page is but a button and a ticker: it has no heading, no landmark.
    rules = {name: {"enabled": False} for name in ("region", "landmark-one-main", "page-has-heading-one")}
    found = page.evaluate("(rules) => axe.run({ rules })", rules)
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []


@pytest.mark.parametrize("mode", ["marquee", "list"])
@pytest.mark.parametrize(
    "rule", [f"news-ticker {{ {SPACED} }}", f"body {{ {SPACED} }}", f"* {{ {SPACED.replace(';', ' !important;')} !important }}"]
)
@pytest.mark.parametrize("width", [320, 800])
def test_with_wide_spacing_nothing_is_clipped_or_overlaps(show: Show, mode: str, rule: str, width: int) -> None:
    page = show(*EIGHT, attributes=f'mode="{mode}" times', style=rule, width=width)
    spaced = f"getComputedStyle({LIST}.querySelector('a'))"
    assert page.evaluate(f"parseFloat({spaced}.letterSpacing) / parseFloat({spaced}.fontSize)") == pytest.approx(0.12)
    picture(page, f"component-spaced-{mode}-{width}")
    outer, bar, view = (
        page.evaluate(f"{each}.getBoundingClientRect().toJSON()")
        for each in ("document.querySelector('news-ticker')", f"{SHADOW}.querySelector('section')", VIEW)
    )
    assert outer["top"] <= bar["top"] <= view["top"]
    assert view["bottom"] <= bar["bottom"] <= outer["bottom"] + 0.5
    boxes = page.evaluate(
        f"[...{LIST}.children].map((li) => [li, ...li.children].map((each) => each.getBoundingClientRect().toJSON()))"
    )
    for outside, *inside in boxes:
        assert view["top"] - 0.5 <= outside["top"]
        assert outside["bottom"] <= view["bottom"] + 0.5
        for box in inside:
            assert outside["left"] - 0.5 <= box["left"]
            assert box["right"] <= outside["right"] + 0.5
            assert outside["top"] - 0.5 <= box["top"]
            assert box["bottom"] <= outside["bottom"] + 0.5
        for one, other in pairwise(inside):
            assert one["right"] <= other["left"] + 0.5 or one["bottom"] <= other["top"] + 0.5
    for (one, *_), (other, *_) in pairwise(boxes):
        assert one["right"] <= other["left"] + 0.5 or one["bottom"] <= other["top"] + 0.5
    text = f"[...{LIST}.querySelectorAll('a, small')].filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth)"
    assert page.evaluate(f"{text}.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("mode", ["marquee", "list"])
@pytest.mark.parametrize("width", [320, 800])
def test_targets_are_large_enough_and_nothing_overflows(show: Show, width: int, mode: str) -> None:
    long = item(40, title="Netzausbaubeschleunigungsgesetz" * 6, source="Unbroken" * 20)
    page = show(*EIGHT, long, attributes=f'mode="{mode}"', width=width)
    picture(page, f"component-{mode}-{width}")
    sizes = page.evaluate(
        f"[...{SHADOW}.querySelectorAll('button, ul[role=list] a')].map((node) => [node.offsetWidth, node.offsetHeight])"
    )
    assert min(min(size) for size in sizes) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if mode == "list":
        assert page.evaluate(f"{LIST}.scrollWidth <= {LIST}.clientWidth"), "every word can be read"


@pytest.mark.parametrize("place", ["body { display: flex }", "body { display: grid }", "news-ticker { float: left }",
    "news-ticker { display: inline-block }", "body { display: flex; flex-direction: column; align-items: center }"])  # fmt: skip
@pytest.mark.parametrize("mode", ["marquee", "list"])
def test_it_is_never_wider_than_its_place(show: Show, place: str, mode: str) -> None:
    page = show(*EIGHT, attributes=f'mode="{mode}"', style=place)
    assert 300 < page.evaluate("document.querySelector('news-ticker').offsetWidth") <= 784
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_headlines_and_outlets_read_in_their_own_direction(show: Show, direction: str) -> None:
    page = show(item(2), item(3), attributes=f'dir="{direction}"')  # French, Arabic
    for part in ("link", "source"):
        found = page.evaluate(f"[...{LIST}.querySelectorAll('[part={part}]')].map((each) => getComputedStyle(each).direction)")
        assert found == ["ltr", "rtl"], part


def test_ages_read_in_their_own_direction(show: Show) -> None:
    page = show(item(1), attributes='dir="rtl" mode="list" times')
    age = f"{LIST}.querySelector('[part=time]')"
    assert page.evaluate(f"{age}.textContent") == "2 hr. ago"
    # In the direction of the list alone it would read "hr. ago 2".
    at = f"""((from, to) => {{
        const range = document.createRange();
        range.setStart({age}.firstChild, from);
        range.setEnd({age}.firstChild, to);
        return range.getBoundingClientRect().left;
    }})"""
    assert page.evaluate(f"{at}(0, 1)") < page.evaluate(f"{at}(2, 4)")


@pytest.mark.parametrize("paused", ["", "paused"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_forced_colours_the_button_and_the_focus_are_seen(show: Show, paused: str, scheme: str) -> None:
    own = "news-ticker { --ticker-background: #10233d; --ticker-color: #10233d; --ticker-link: #10233d; }"
    page = show(*EIGHT, style=own, attributes=paused, media={"forced_colors": "active", "color_scheme": scheme})
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    picture(page, f"component-forced-{scheme}-{paused or 'moving'}")
    colours = page.evaluate(f"""(() => {{
        const look = (node, name, part) => getComputedStyle(node, part)[name];
        const bar = {SHADOW}.querySelector('section'), button = bar.querySelector('button'), link = {LIST}.querySelector('a');
        return {{
            back: look(bar, 'backgroundColor'), icon: look(button, 'borderLeftColor', '::before'), link: look(link, 'color'),
            source: look(link.nextSibling, 'color'), focus: look(button, 'outlineColor'),
        }};
    }})()""")
    # White on black or black on white, whatever the host's own colours are (a computed background is the forced one, too).
    back = colours.pop("back")
    assert back != "rgb(16, 35, 61)"
    assert all(colour not in {back, "rgb(16, 35, 61)"} for colour in colours.values()), (back, colours)


@pytest.mark.parametrize("fallback", [FALLBACK, '<a href="https://outlet.example/">World</a>', ""])
def test_nothing_on_the_host_jumps(show: Show, fallback: str) -> None:
    # With the rule that docs/embedding.md gives to hosts; the script comes late, when the page has long been seen.
    ticker = f'<news-ticker src="/t.json?shift{len(fallback)}">{fallback}</news-ticker><p>What stands below it.</p>'
    rule = "news-ticker { display: block; min-block-size: 2.5em; } #fallback { margin: 0; }"
    page = show(*EIGHT, markup=ticker, style=rule, script=SHIFTS, slow=0.4)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 200)))")
    assert page.evaluate("window.shifts") == 0


@pytest.mark.parametrize("attributes", ["", 'dir="rtl"', 'mode="list"'])
def test_the_stale_mark_moves_no_headline(show: Show, host: Host, attributes: str) -> None:
    page = show(*EIGHT, attributes=attributes, script=SHIFTS, style="news-ticker { min-block-size: 2.5em; }")
    box = page.locator("news-ticker").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + box["height"] - 5)
    time.sleep(0.1)
    where = left(page)
    for stale in (True, False):
        host.body = document(*EIGHT, stale=stale)
        until(lambda: page.get_by_text("Delayed").is_visible() == stale)  # noqa: B023
        page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
        assert left(page) == pytest.approx(where, abs=0.5)
        if stale:
            picture(page, f"component-stale-{'list' if 'list' in attributes else 'rtl' if attributes else 'ltr'}")
    if "rtl" not in attributes:  # there Chromium counts the left edge of what is narrower now, although nothing in it moves
        assert page.evaluate("window.shifts") == 0


def test_it_takes_font_colour_and_size_of_its_host(show: Show) -> None:
    page = show(*EIGHT, style="news-ticker { font: 30px serif; color: rgb(1, 2, 3); }")
    style = f"getComputedStyle({LIST}.querySelector('small'))"
    assert page.evaluate(f"[{style}.fontFamily, {style}.fontSize]") == ["serif", "24px"]
    assert page.evaluate(f"getComputedStyle({SHADOW}.querySelector('button'), '::before').borderColor") == "rgb(1, 2, 3)"
    assert page.evaluate("document.querySelector('news-ticker').offsetHeight") >= 75


def test_parts_and_properties_of_its_own_change_how_it_looks(show: Show, host: Host) -> None:
    rules = {"bar": "100px", "button": "90px", "viewport": "80px", "track": "70px", "list": "60px", "item": "50px", "link": "40px",
             "source": "41px", "time": "42px", "stale": "43px", "urgent": "51px"}  # fmt: skip
    style = "".join(f"news-ticker::part({part}) {{ min-height: {size}; }}" for part, size in rules.items())
    style += "news-ticker { --ticker-background: #123; --ticker-color: #def; --ticker-link: #fed; --ticker-muted: #abc }"
    style += "news-ticker { --ticker-gap: 6em }"
    page = show(body=document(item(1), item(2, urgent=True), stale=True), attributes="times", style=style)
    look = f"((part, name) => getComputedStyle({SHADOW}.querySelector(`[part~=${{part}}]`))[name])"
    for part, size in rules.items():
        assert page.evaluate(f"{look}('{part}', 'minHeight')") == size, part
    assert page.evaluate(f"{look}('bar', 'backgroundColor')") == "rgb(17, 34, 51)"
    assert page.evaluate(f"{look}('bar', 'color')") == "rgb(221, 238, 255)"
    assert page.evaluate(f"{look}('link', 'color')") == "rgb(255, 238, 221)"
    assert page.evaluate(f"{look}('source', 'color')") == "rgb(170, 187, 204)"
    assert page.evaluate(f"{look}('item', 'paddingLeft')") == "48px"
    assert int(page.evaluate(f"getComputedStyle({SHADOW}.querySelector('[part~=urgent] a')).fontWeight")) >= 700
    picture(page, "component-own-looks")


def test_every_name_can_be_said_in_another_language(show: Show, host: Host) -> None:
    page = show(
        item(1), attributes='label="Nachrichten" pause-label="Anhalten" play-label="Weiter" stale-label="Verspätet" lang="de"'
    )
    ticker = page.locator("news-ticker")
    assert ticker.get_by_role("region", name="Nachrichten").count() == 1
    ticker.get_by_role("button", name="Anhalten").click()
    assert ticker.get_by_role("button", name="Weiter").count() == 1
    assert page.evaluate(f"{LIST}.querySelector('a').lang") == item(1)["lang"]

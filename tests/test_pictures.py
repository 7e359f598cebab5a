"""Pages and feeds as Chromium shows them at the widths of a phone, a tablet and a desk, kept as pictures; nothing sticks out of any."""

from typing import Any

import pytest

from tests.conftest import picture

PAGES = {
    "site": "/", "feed-page": "/feeds/world/", "builder": "/embed/?feed=world", "embed": "/embed/world/",
    "feed-rss": "/feeds/world.rss", "feed-atom": "/feeds/world.atom", "not-found": "/nothing",
}  # fmt: skip
# Boxes of text that begin or end outside of the window, except what scrolls or moves within a box of its own.
STICKING_OUT = """
[...document.querySelectorAll('body *, item *, entry *')].filter((each) => {
  const { left, right, width } = each.getBoundingClientRect();
  const inside = (node) => node && (/auto|scroll|clip|hidden/.test(getComputedStyle(node).overflowX) || inside(node.parentElement));
  return width && (left < -1 || right > document.documentElement.clientWidth + 1) && !inside(each);
}).map((each) => each.outerHTML?.slice(0, 120) ?? each.localName)
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out(chromium: Any, base: str, name: str, width: int, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(base + PAGES[name])
    if page.locator("news-ticker").count():
        page.locator("news-ticker").get_by_role("button").first.wait_for()
    # Playwright finds no end of an XML document.
    picture(page, f"{name}-{width}-{scheme}", full_page=not name.startswith("feed-") or name == "feed-page")
    assert page.evaluate(STICKING_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()

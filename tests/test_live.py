"""The whole way in real programs: an outlet lists a headline, and an open page shows it, without a reload."""

from pathlib import Path
from typing import Any

from tests.conftest import PICTURES, picture
from tests.live import live, opened
from tests.ticker_host import focused, titles


def test_what_an_outlet_publishes_appears_on_an_open_page(chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    with live(tmp_path) as site:
        opened(site, [page])
        page.keyboard.press("Tab")
        held = focused(page)
        way = site.publish(page)
        assert titles(page) == ["Headline 2", "Headline 1"]
        assert page.evaluate("window.opened"), "without a reload"
        assert focused(page) == held
        picture(page, "live")
    # How long it took is kept, not judged: how busy the machine is decides. `./run.sh benchmark ticker --part live` measures it.
    (PICTURES / "live.txt").write_text(f"{way}\n")
    assert 0 < way.asked < way.published < way.shown[0]
    context.close()

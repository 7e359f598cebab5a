"""<news-ticker> in a real Chromium: motion, keyboard, live updates, hostile data, strict policies, and every way to fail."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syndicate.kinds import PAGE_POLICY
from syndicate.pages import assets
from syndicate.web import WebServer
from tests.sample import HEADLINES

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright: the component is not tested in a browser")

FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
# Polls every 0.2 s instead of at most every 10; notes whatever the page's policy had to stop, and every alert.
WATCH = """
window.broken = []; window.alerts = 0; window.alert = () => { window.alerts++; };
document.addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
customElements.whenDefined('news-ticker').then((ticker) => { ticker.shortestWait = .2; });
"""
SHADOW = "document.querySelector('news-ticker').shadowRoot"
LIST = f"{SHADOW}.querySelector('ul[role=list]')"
COUNTER = count()
STARTED = datetime.now(UTC) - timedelta(hours=2)  # when the headlines came
FALLBACK = '<ul id="fallback"><li><a href="https://outlet.example/">Fallback headline</a></li></ul>'


def item(number: int, **changes: Any) -> dict[str, Any]:
    outlet, language, title = HEADLINES[number % len(HEADLINES)]
    plain = {"id": number, "title": f"{title} {number}", "url": f"https://outlet.example/{number}", "source": outlet}
    return plain | {"time": f"{STARTED:%Y-%m-%dT%H:%M:%SZ}", "lang": language} | changes


def document(*items: Any, **changes: Any) -> bytes:
    return json.dumps({"version": 1, "title": "World", "ttl": 0.2, "lang": "en", "items": items} | changes).encode()


@dataclass
class Host:
    """A web page that embeds the ticker, and the ticker's own address, whose answer a test may change at any time."""

    port: int
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    markup: str = ""
    polls: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        routes = [Route("/", self.page), Route("/t.json", self.ticker), Route("/ticker.js", self.script)]
        return Starlette(routes=routes)

    async def page(self, _: Request) -> Response:
        html = f'<!doctype html><title>Host</title><script type="module" src="/ticker.js"></script>{self.markup}'
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})

    async def ticker(self, request: Request) -> Response:
        self.polls.append(dict(request.headers))
        etag = f'"{hash(self.body)}"'
        if self.status == 200 and request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(self.body, self.status, {"ETag": etag, "Cache-Control": "max-age=30"} | self.headers)

    async def script(self, _: Request) -> Response:
        return Response(assets()["assets/ticker-1.js"], media_type="text/javascript")


@pytest.fixture(scope="module")
def server() -> Iterator[Host]:
    with WebServer() as web:
        host = Host(web.port)
        web.serve(host.app())
        yield host


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("Chromium is not installed: <news-ticker> is not tested in a browser (Debian: apt install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        yield browser
        browser.close()


Open = Callable[..., Any]


@pytest.fixture(scope="module")
def context(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 800, "height": 600})
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def show(context: Any, server: Host) -> Iterator[Open]:
    """`show(*items, attributes="…")`: a page with the ticker over these items, loaded."""
    server.status, server.headers = 200, {}
    pages: list[Any] = []

    def show(
        *items: Any, body: bytes | None = None, attributes: str = "", before: str = "", wait: bool = True, **media: Any
    ) -> Any:
        server.body = document(*items) if body is None else body
        # An address of its own: the browser's cache outlives the page.
        ticker = f'<news-ticker src="/t.json?{next(COUNTER)}" {attributes}>{FALLBACK}</news-ticker>'
        server.markup = f'{before}<button id="before">Before</button>{ticker}'
        server.polls.clear()
        page = context.new_page()
        pages.append(page)
        page.emulate_media(**media)
        page.goto(f"http://127.0.0.1:{server.port}/")
        if wait:
            until(lambda: titles(page))
        return page

    yield show
    for page in pages:
        page.close()


def until(holds: Callable[[], Any], seconds: float = 5) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.03)
    return value


def titles(page: Any) -> list[str]:
    found: list[str] = page.evaluate(f"[...{LIST}.querySelectorAll('a')].map((a) => a.textContent)")
    return found


def left(page: Any, number: int = 0) -> float:
    value: float = page.evaluate(f"{LIST}.querySelectorAll('li')[{number}].getBoundingClientRect().left")
    return value


def focused(page: Any) -> str:
    name: str = page.evaluate(f"({SHADOW}.activeElement ?? document.activeElement).textContent")
    return name


def pause(page: Any) -> None:
    page.locator("news-ticker").get_by_role("button").click()
    page.mouse.move(400, 500)


def faults(page: Any) -> list[str]:
    found: list[str] = page.evaluate("[...window.broken, ...Array(window.alerts).fill('alert')]")
    return found


def test_it_moves_at_its_speed_and_without_a_seam(show: Open) -> None:
    page = show(*map(item, range(1, 9)), attributes='speed="100"')
    start, began = left(page), page.evaluate("performance.now()")
    time.sleep(0.5)
    moved, passed = start - left(page), page.evaluate("performance.now()") - began
    assert moved == pytest.approx(passed / 10, rel=0.25)
    widths = page.evaluate(f"[...{SHADOW}.querySelectorAll('ul')].map((ul) => ul.getBoundingClientRect().width)")
    assert widths[0] == pytest.approx(widths[1])
    assert faults(page) == []


def test_right_to_left_it_moves_the_other_way(show: Open) -> None:
    page = show(*map(item, range(1, 9)), attributes='dir="rtl"')
    start = left(page)
    until(lambda: left(page) > start + 5)


def test_the_pause_button_comes_first_and_stops_motion_and_polling(show: Open, server: Host) -> None:
    page = show(*map(item, range(1, 9)))
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{SHADOW}.activeElement.localName") == "button"
    assert page.evaluate(f"{SHADOW}.activeElement.ariaLabel") == "Pause news ticker"
    page.keyboard.press("Space")
    assert page.evaluate(f"{SHADOW}.activeElement.ariaLabel") == "Play news ticker"
    time.sleep(0.1)
    where, asked = left(page), len(server.polls)
    time.sleep(0.6)
    assert (left(page), len(server.polls)) == (where, asked)
    page.keyboard.press("Space")
    until(lambda: len(server.polls) > asked)
    until(lambda: left(page) < where)
    assert left(page) > where - 200, "goes on from the same place"


def test_paused_from_the_start_it_still_has_headlines(show: Open, server: Host) -> None:
    page = show(item(1), item(2), attributes="paused")
    time.sleep(0.5)
    assert len(server.polls) == 1
    assert len(titles(page)) == 2


def test_the_keyboard_reaches_every_headline_once_and_each_is_in_sight(show: Open) -> None:
    page = show(*map(item, range(1, 9)))
    page.locator("#before").focus()
    page.keyboard.press("Tab")
    for title in titles(page):
        page.keyboard.press("Tab")
        assert focused(page) == title
        box = page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().toJSON()")
        view = page.evaluate(f"{SHADOW}.querySelector('[role=region]').getBoundingClientRect().toJSON()")
        assert box["left"] >= view["left"] - 0.5
        assert box["right"] <= view["right"] + 0.5 or box["width"] > view["width"]
    assert page.evaluate(f"{SHADOW}.querySelector('[role=region]').scrollLeft") == 0
    page.keyboard.press("Tab")
    assert page.evaluate(f"{SHADOW}.activeElement") is None


def test_the_second_copy_is_hidden_from_everything_but_the_pointer(show: Open) -> None:
    page = show(*map(item, range(1, 9)))
    clone = f"{SHADOW}.querySelectorAll('ul')[1]"
    assert page.evaluate(f"[{clone}.inert, {clone}.ariaHidden]") == [True, "true"]
    tree = page.locator("news-ticker").aria_snapshot()
    assert (tree.count("- button"), tree.count("- link")) == (1, 8)
    page.mouse.move(400, 60)
    page.evaluate(f"window.motion = {SHADOW}.querySelector('.track').getAnimations()[0]")
    page.evaluate("window.motion.currentTime = window.motion.effect.getTiming().duration - 1")
    link = page.evaluate(f"{clone}.querySelector('a').getBoundingClientRect().toJSON()")
    middle = link["left"] + 20, link["top"] + 10
    page.mouse.move(*middle)
    hit = page.evaluate(f"([x, y]) => {SHADOW}.elementFromPoint(x, y).href", list(middle))
    assert hit == "https://outlet.example/1"


def test_hover_and_focus_pause_it(show: Open) -> None:
    page = show(*map(item, range(1, 9)))
    view = page.locator("news-ticker").bounding_box()
    page.mouse.move(view["x"] + 300, view["y"] + 20)
    time.sleep(0.1)
    where = left(page)
    time.sleep(0.2)
    assert left(page) == where
    page.mouse.move(400, 500)
    until(lambda: left(page) < where)


def test_a_new_headline_appears_without_reload_and_nothing_jumps(show: Open, server: Host) -> None:
    page = show(*map(item, range(1, 9)))
    page.locator("#before").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
    held, before = focused(page), page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left")
    page.evaluate(f"window.node = {SHADOW}.activeElement")
    server.body = document(item(21), item(22), *map(item, range(1, 9)))
    until(lambda: len(titles(page)) == 10)
    assert titles(page)[0].endswith("21")
    assert focused(page) == held
    assert page.evaluate(f"window.node === {SHADOW}.activeElement")
    assert page.evaluate(f"{SHADOW}.activeElement.getBoundingClientRect().left") == pytest.approx(before, abs=0.5)
    server.body = document(item(23), item(21), item(1))
    until(lambda: len(titles(page)) == 4)
    assert focused(page) == held, "the headline being read stays until focus leaves"


def test_an_unchanged_answer_does_not_touch_the_page(show: Open, server: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate(f"new MutationObserver(() => {{ window.touched = true; }}).observe({LIST}, {{ subtree: true, childList: true }})")
    page.evaluate(f"window.motion = {SHADOW}.querySelector('.track').getAnimations()[0]")
    asked = len(server.polls)
    until(lambda: len(server.polls) > asked + 2)
    assert page.evaluate("window.touched") is None
    assert page.evaluate(f"{SHADOW}.querySelector('.track').getAnimations()[0] === window.motion")


def test_an_edited_title_keeps_its_place_and_its_node(show: Open, server: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate(f"window.node = {LIST}.children[1]")
    server.body = document(item(1), item(2, title="Corrected"))
    until(lambda: titles(page)[1] == "Corrected")
    assert page.evaluate(f"window.node === {LIST}.children[1]")


def test_unchanged_polls_are_conditional_and_say_nothing_about_the_reader(show: Open, server: Host) -> None:
    page = show(item(1))
    until(lambda: len(server.polls) >= 3)
    first, *later = server.polls[:3]
    assert "if-none-match" not in first
    assert all("if-none-match" in poll for poll in later)
    assert not any({"cookie", "referer"} & set(poll) for poll in server.polls)
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]


HOSTILE: dict[str, tuple[Any, ...]] = {
    "url": (
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\u0001javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)", "file:///etc/passwd", "blob:https://x.example/1",
        "about:blank", "//outlet.example/relative", "/relative", "", None, 7, [], {}, "https://", "view-source:https://x.example",
    ),
    "title": ("", "   ", None, 7, [], {"toString": "x"}, "\u202e\u2066", "\u0000\u0007"),
    "source": ({"replace": 1}, {"replace": "x"}),
    "lang": ({"replace": 1},),
    "id": (None, "1", 1.5, [], {}, True),
}  # fmt: skip
INERT = (
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</a></li><svg onload=alert(1)>", "&lt;script&gt;",
    "{{7*7}}", "${alert(1)}", "\"onmouseover='alert(1)", "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "__proto__", "<style>*{display:none}</style>", "<a href=javascript:alert(1)>x</a>", "]]><!--",
)  # fmt: skip


def test_hostile_headlines_are_text_or_nothing(show: Open) -> None:
    bad = [item(100 + n, **{key: value}) for key, values in HOSTILE.items() for n, value in enumerate(values)]
    odd = [item(200 + number, title=title, source=title, lang=title) for number, title in enumerate(INERT)]
    junk: list[Any] = [None, 7, "text", [], {}, {"__proto__": {"title": "x"}}]
    page = show(*bad, *junk, *odd, item(1), attributes=f'limit="{len(odd) + 1}"')
    assert titles(page) == [*INERT, item(1)["title"]], "the limit counts what is left"
    assert page.evaluate(f"[...new Set([...{LIST}.querySelectorAll('*')].map((node) => node.localName))].sort()") == [
        "a",
        "li",
        "small",
    ]
    attributes = page.evaluate(
        f"[...new Set([...{LIST}.querySelectorAll('*')].flatMap((node) => node.getAttributeNames()))].sort()"
    )
    assert attributes == ["dir", "hidden", "href", "lang", "part", "rel", "target"]
    assert page.evaluate(
        f"[...{LIST}.querySelectorAll('a')].every((a) => /^https?:/.test(a.protocol) && a.rel === 'noopener noreferrer')"
    )
    page.locator("news-ticker").get_by_role("link").last.focus()
    assert faults(page) == []


ANSWERS: tuple[tuple[int, bytes], ...] = (
    (500, b"oops"), (404, b"{}"), (503, b""), (200, b"<html>not json"), (200, b""), (200, b"null"), (200, b"[]"),
    (200, b'{"version":2,"items":[]}'), (200, b'{"version":1,"items":{"length":3}}'), (200, b'{"version":1}'),
    (200, b'{"version":1,"items":[]}'), (200, b'{"version":1,"items":[{"id":1}]}'), (200, b'{"version":1,"items":[' + b"[" * 5000),
)  # fmt: skip


def test_whatever_the_server_says_the_fallback_stays(show: Open, server: Host) -> None:
    server.status = 500
    page = show(body=b"", wait=False)
    page.evaluate("""
        window.answers = 0;
        for (const name of ['ticker-update', 'ticker-error']) addEventListener(name, () => { window.answers++; });
    """)
    for status, body in ANSWERS:
        server.status, server.body = status, body
        before = page.evaluate("window.answers")
        page.evaluate("(src) => document.querySelector('news-ticker').setAttribute('src', src)", f"/t.json?{next(COUNTER)}")
        until(partial(page.evaluate, f"window.answers > {before}"))
        assert page.locator("#fallback a").is_visible()
        assert not page.locator("news-ticker").get_by_role("button").is_visible()
    assert faults(page) == []


def test_headlines_stay_when_the_server_fails_and_it_asks_less_often(show: Open, server: Host) -> None:
    page = show(item(1), item(2))
    server.status = 500
    asked = len(server.polls)
    time.sleep(1.2)
    assert len(titles(page)) == 2
    assert len(server.polls) - asked <= 3, "0.2, 0.4, 0.8 s and so on"
    server.status = 200


def test_retry_after_is_obeyed(show: Open, server: Host) -> None:
    show(item(1))
    server.status, server.headers = 503, {"Retry-After": "60"}
    asked = len(server.polls)
    until(lambda: len(server.polls) > asked)
    asked = len(server.polls)
    time.sleep(0.8)
    assert len(server.polls) == asked


@pytest.mark.parametrize(
    ("attributes", "said"), [("", ""), ("announce", "2 new headlines"), ('announce="# neue Meldungen"', "2 neue Meldungen")]
)
def test_new_headlines_are_announced_only_on_request_and_once_a_minute(
    show: Open, server: Host, attributes: str, said: str
) -> None:
    status = f"{SHADOW}.querySelector('[role=status]').textContent"
    page = show(item(1), item(2), attributes=attributes)
    assert page.evaluate(status) == "", "what is there first is not news"
    server.body = document(item(4), item(3), item(1), item(2))
    until(lambda: len(titles(page)) == 4)
    assert page.evaluate(status) == said
    server.body = document(item(5), item(4), item(3), item(1), item(2))
    until(lambda: len(titles(page)) == 5)
    assert page.evaluate(status) == said


def test_a_page_whose_language_is_none_still_shows_headlines(show: Open, server: Host) -> None:
    page = show(item(1))
    page.evaluate("document.documentElement.lang = 'en_US'")
    server.body = document(item(2))
    page.evaluate("document.querySelector('news-ticker').setAttribute('times', '')")
    until(lambda: titles(page) == [item(2)["title"]])


@pytest.mark.parametrize("changes", [{"stale": True}, {"stale_after": "2020-01-01T00:00:00Z"}])
def test_old_news_says_that_it_is_old(show: Open, changes: dict[str, Any]) -> None:
    page = show(body=document(item(1), **changes))
    assert page.locator("news-ticker[data-stale]").count() == 1
    assert page.get_by_text("Delayed").is_visible()


def test_with_reduced_motion_nothing_moves_and_all_is_reachable(show: Open) -> None:
    page = show(*map(item, range(1, 9)), reduced_motion="reduce")
    assert page.evaluate(f"{SHADOW}.querySelector('.track').getAnimations().length") == 0
    view = f"{SHADOW}.querySelector('[role=region]')"
    assert page.evaluate(f"[{view}.tabIndex, getComputedStyle({view}).overflowX]") == [0, "auto"]
    page.evaluate(f"{view}.scrollLeft = 1e6")
    assert page.evaluate(f"{LIST}.lastChild.getBoundingClientRect().left < {view}.getBoundingClientRect().right")


def test_as_a_list_every_headline_is_in_sight(show: Open) -> None:
    page = show(*map(item, range(1, 9)), attributes='mode="list" times')
    tops = page.evaluate(f"[...{LIST}.children].map((li) => li.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    assert " ago" in page.evaluate(f"{LIST}.querySelector('[part=time]').textContent")
    assert page.evaluate("document.querySelector('news-ticker').offsetHeight") > 200


def test_off_screen_it_asks_for_nothing(show: Open, server: Host) -> None:
    spacer = "<p>" + "<br>" * 200 + "</p>"
    page = show(item(1), before=spacer, wait=False)
    time.sleep(0.4)
    assert server.polls == []
    page.evaluate("document.querySelector('news-ticker').scrollIntoView()")
    until(lambda: titles(page))
    page.evaluate("scrollTo(0, 0)")
    time.sleep(0.15)
    asked = len(server.polls)
    time.sleep(0.5)
    assert len(server.polls) == asked


def test_it_survives_being_moved_and_removed(show: Open, server: Host) -> None:
    page = show(item(1), item(2))
    page.evaluate("document.body.append(document.querySelector('news-ticker'))")
    asked = len(server.polls)
    until(lambda: len(server.polls) > asked)
    page.evaluate("document.querySelector('news-ticker').remove()")
    time.sleep(0.15)
    asked = len(server.polls)
    time.sleep(0.5)
    assert len(server.polls) == asked


def test_a_removed_one_leaves_the_memory(show: Open) -> None:
    page = show(item(1), item(2))
    page.evaluate("window.gone = new WeakRef(document.querySelector('news-ticker')); window.gone.deref().remove()")
    session = page.context.new_cdp_session(page)

    def forgotten() -> bool:
        session.send("HeapProfiler.collectGarbage")
        return bool(page.evaluate("window.gone.deref() === undefined"))

    until(forgotten)


def test_another_source_replaces_the_headlines(show: Open, server: Host) -> None:
    page = show(item(1), attributes="")
    server.body = document(item(50))
    page.evaluate("document.querySelector('news-ticker').setAttribute('src', '/t.json?other')")
    until(lambda: titles(page) == [item(50)["title"]])


@pytest.mark.parametrize("width", [320, 800])
def test_targets_are_large_enough_and_nothing_overflows(show: Open, width: int) -> None:
    page = show(*map(item, range(1, 9)))
    page.set_viewport_size({"width": width, "height": 600})
    sizes = page.evaluate(
        f"[...{SHADOW}.querySelectorAll('button, ul[role=list] a')].map((node) => [node.offsetWidth, node.offsetHeight])"
    )
    assert min(min(size) for size in sizes) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""What <news-ticker> lets nobody do in a real Chromium: hostile headlines and host pages, strict policies, no script, no traces."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from syndicate.pages import assets
from syndicate.web import WebServer
from tests.conftest import picture
from tests.ticker_host import (
    ANSWERS,
    DOCUMENTS,
    INERT,
    LIST,
    SCRIPT,
    SHADOW,
    VIEW,
    WATCH,
    Host,
    active,
    animations,
    document,
    faults,
    hostile,
    item,
    made_of,
    safe_links,
    titles,
    until,
)

Show = Callable[..., Any]
EIGHT = [item(number) for number in range(1, 9)]


def test_hostile_headlines_are_text_or_nothing(show: Show) -> None:
    page = show(*hostile(), item(1), attributes=f'limit="{len(INERT) + 1}"')
    assert titles(page) == [*INERT, item(1)["title"]], "the limit counts what is left"
    found = made_of(page)
    assert found["elements"] == ["a", "li", "small"]
    assert found["attributes"] == ["dir", "hidden", "href", "lang", "part", "rel", "target"]
    assert safe_links(page)
    assert active(page) == []
    page.locator("news-ticker").get_by_role("link").last.focus()
    page.locator("news-ticker").get_by_role("link").last.hover()
    assert faults(page) == []


def test_there_are_sixty_kinds_of_hostility() -> None:
    every = [repr(each) for each in hostile()] + [repr(each) for each in (*ANSWERS, *DOCUMENTS)]
    assert len(set(every)) == len(every) >= 60


@pytest.mark.parametrize("changes", DOCUMENTS, ids=str)
def test_a_hostile_document_is_shown_as_text_or_not_at_all(show: Show, host: Host, changes: dict[str, Any]) -> None:
    page = show(body=document(item(1), **changes), attributes="times announce", wait=False)
    until(lambda: host.polls)
    page.evaluate("document.querySelector('news-ticker').refresh()")
    assert active(page) == []
    assert faults(page) == []
    host.body = document(item(2), item(1))
    page.evaluate("document.querySelector('news-ticker').refresh()")
    assert len(titles(page)) == 2, "whatever was said before, it goes on"
    assert faults(page) == []


def test_the_name_and_the_marks_of_a_hostile_document_are_text(show: Show) -> None:
    page = show(
        body=b'{"version":1,"title":"\\u202e<img src=x onerror=alert(1)>","stale":{"a":1},"ttl":"x","lang":"<b>","items":['
        b'{"id":1,"title":"T","url":"https://x.example/","time":{},"urgent":"<b>","source":"\\u202eS"}]}',
        attributes="times announce",
    )
    assert page.evaluate(f"{VIEW}.ariaLabel") == "<img src=x onerror=alert(1)>"
    assert page.evaluate(f"{LIST}.querySelector('[part=source]').textContent") == "S"
    assert made_of(page)["elements"] == ["a", "li", "small"]
    assert faults(page) == []


def test_unchanged_polls_are_conditional_and_say_nothing_about_the_reader(show: Show, host: Host) -> None:
    asked: list[str] = []
    page = show(item(1), wait=False)
    page.on("request", lambda request: asked.append(request.url))
    until(lambda: len(host.polls) >= 3)
    first, *later = host.polls[:3]
    assert "if-none-match" not in first
    assert all("if-none-match" in poll for poll in later)
    assert page.context.cookies(), "the host has one"
    assert not any({"cookie", "referer", "origin"} & set(poll) for poll in host.polls)
    # Kept is nothing: no cookie of its own (the host's cannot be read), no storage, no database, no cache.
    kept = "[document.cookie, localStorage.length, sessionStorage.length, indexedDB.databases().then((all) => all.length)]"
    assert page.evaluate(f"Promise.all({kept})") == ["host=1", 0, 0, 0]
    assert page.evaluate("Object.keys(window).filter((name) => /tick/i.test(name))") == []
    assert all(url.startswith(f"http://127.0.0.1:{host.port}/t.json?") for url in asked), "nobody else is asked"


PATCHED = {
    "an older library's additions": """
        for (const type of [Object, Array, String, Function, Map, Set, Element]) type.prototype.each = function each() { return this; };
        Array.prototype.toJSON = function toJSON() { return '[]'; };
        Object.prototype.version = 1;
    """,
    "every headline's missing field is hostile": """
        const link = 'javascript:alert(1)', markup = '<img src=x onerror=alert(1)>';
        Object.assign(Object.prototype, { url: link, href: link, innerHTML: markup, title: markup });
    """,
    "names of its own": "var items = 1, list = 2, view = 3, style = 4, clock = 5, root = 6, make = 7, NewsTicker = 9;",
    "a monitor around everything": """
        const { fetch: get, setTimeout: later } = window;
        window.fetch = async (...given) => get(...given);
        window.setTimeout = (work, ...more) => later(() => work(), ...more);
        for (const name of ['append', 'remove', 'setAttribute']) {
          const was = Element.prototype[name];
          Element.prototype[name] = function monitored(...given) { return was.apply(this, given); };
        }
    """,
}


@pytest.mark.parametrize("name", PATCHED)
def test_it_works_on_a_page_that_changed_what_scripts_rely_on(show: Show, host: Host, name: str) -> None:
    page = show(*EIGHT, script=PATCHED[name])
    assert titles(page) == [each["title"] for each in EIGHT]
    assert made_of(page)["elements"] == ["a", "li", "small"]
    assert safe_links(page)
    assert animations(page) == 1
    host.body = document(item(30), *EIGHT)
    until(lambda: len(titles(page)) == 9)
    assert faults(page) == []


def test_the_style_sheet_of_the_host_stays_outside(show: Show) -> None:
    hostile_style = """
        * { box-sizing: content-box; letter-spacing: 0 !important; }
        ul, li, a, small, button, section, div { display: none !important; color: red !important; animation: none !important; }
        [hidden] { display: block !important; }
    """
    page = show(*EIGHT, style=hostile_style)
    inside = f"[...{SHADOW}.querySelectorAll('section, button, ul, li, a')]"
    assert page.evaluate(f"new Set({inside}.map((each) => getComputedStyle(each).color)).size") <= 2
    assert page.evaluate(f"{inside}.every((each) => each.getBoundingClientRect().height >= 20)")
    picture(page, "component-hostile-style")


def test_without_its_script_or_with_a_wrong_one_the_fallback_stays(show: Show, chromium: Any, host: Host) -> None:
    for head in (
        "",
        SCRIPT.replace("></", ' integrity="sha384-AAAA" crossorigin="anonymous"></'),
        SCRIPT.replace("ticker.js", "none.js"),
    ):
        page = show(*EIGHT, head=head, wait=False)
        page.wait_for_load_state("networkidle")
        assert page.locator("#fallback a").is_visible()
        assert page.evaluate("document.querySelector('news-ticker').shadowRoot") is None
        assert host.polls == []
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(host.address(*EIGHT))
    assert page.locator("#fallback a").is_visible()
    context.close()


TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"
POLICY = "default-src 'none'; script-src {0}; style-src 'self'; connect-src {0}; " + TYPES


def test_another_site_allows_two_things_and_nothing_else(chromium: Any, base: str) -> None:
    # The policy that docs/embedding.md asks of hosts; the script comes from the other origin with its hash, the ticker too.
    script = json.loads(assets()["assets/manifest.json"])["ticker"]
    embed = f"""<!doctype html><html lang="en"><title>Host</title>
        <script type="module" src="{base}/{script["path"]}" integrity="{script["integrity"]}" crossorigin="anonymous"></script>
        <news-ticker src="{base}/ticker/world.json" times><a href="https://outlet.example/">World</a></news-ticker>"""

    async def answer(_: Request) -> HTMLResponse:
        return HTMLResponse(embed, headers={"Content-Security-Policy": POLICY.format(base)})

    with WebServer() as server:
        server.serve(Starlette(routes=[Route("/", answer)]))
        page = chromium.new_page()
        page.add_init_script(WATCH)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.port}/")
        until(lambda: page.evaluate(f"{LIST}?.childElementCount"))
        assert len(titles(page)) == 24
        assert animations(page) == 1
        page.locator("news-ticker").get_by_role("button").click()
        assert faults(page) == []
        assert said == []
        page.close()


def test_loaded_twice_it_works_once(show: Show) -> None:
    page = show(*EIGHT, head=SCRIPT + SCRIPT.replace("ticker.js", "ticker.js?again"))
    until(lambda: page.evaluate("performance.getEntriesByName(location.origin + '/ticker.js?again').length"))
    assert len(titles(page)) == 8
    assert page.evaluate(f"{SHADOW}.childElementCount") == 1
    assert faults(page) == []

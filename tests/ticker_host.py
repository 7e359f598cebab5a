"""A web page that embeds <news-ticker>, and the ticker's own address, whose answer a test may change at any time; for every browser."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syndicate.kinds import POLICIES
from syndicate.pages import assets
from tests.sample import HEADLINES

# Polls every 0.2 s instead of at most every 10; notes whatever the page's policy had to stop, every alert and every error.
WATCH = """
window.broken = []; window.alert = () => { window.broken.push('alert'); };
document.addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
for (const name of ['error', 'unhandledrejection']) {
  addEventListener(name, (event) => window.broken.push(String(event.message ?? event.reason)));
}
customElements.whenDefined('news-ticker').then((ticker) => { ticker.shortestWait = .2; });
"""
SCRIPT = '<script type="module" src="/ticker.js"></script>'
SHADOW = "document.querySelector('news-ticker').shadowRoot"
LIST = f"{SHADOW}.querySelector('ul[role=list]')"
VIEW = f"{SHADOW}.querySelector('[role=region]')"
TRACK = f"{SHADOW}.querySelector('[part=track]')"
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
    """The page and the ticker; `slow` is how long the component's script takes, in seconds."""

    port: int
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    markup: str = ""
    style: str = ""
    script: str = ""
    head: str = SCRIPT
    slow: float = 0
    polls: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Starlette:
        answers = {
            "/": self.page,
            "/t.json": self.ticker,
            "/ticker.js": self.component,
            "/host.js": self.own,
            "/host.css": self.looks,
        }
        return Starlette(routes=[Route(path, answer) for path, answer in answers.items()])

    def address(self, *items: Any, body: bytes | None = None, attributes: str = "", before: str = "", **more: Any) -> str:
        """Begin anew: where the page with the ticker over these items, or this body, is found. Other fields of ours may be given."""
        for each in fields(self)[2:-1]:
            made = each.default_factory() if callable(each.default_factory) else each.default
            setattr(self, each.name, more.get(each.name, made))
        self.polls.clear()
        self.body = document(*items) if body is None else body
        # An address of its own: the browser's cache outlives the page.
        ticker = f'<news-ticker src="/t.json?{next(COUNTER)}" {attributes}>{FALLBACK}</news-ticker>'
        self.markup = more.get("markup") or f'{before}<button id="before">Before</button>{ticker}'
        return f"http://127.0.0.1:{self.port}/"

    async def page(self, _: Request) -> Response:
        # The host's own script and style sheet come first, and are asked for again each time.
        own = f'<script src="/host.js?{next(COUNTER)}"></script><link rel="stylesheet" href="/host.css?{next(COUNTER)}">'
        html = f'<!doctype html><html lang="en"><title>Host</title>{own}{self.head}{self.markup}'
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICIES["page"], "Set-Cookie": "host=1"})

    async def ticker(self, request: Request) -> Response:
        self.polls.append(dict(request.headers))
        etag = f'"{hash(self.body)}"'
        if self.status == 200 and request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return Response(self.body, self.status, {"ETag": etag, "Cache-Control": "max-age=30"} | self.headers)

    async def component(self, _: Request) -> Response:
        await asyncio.sleep(self.slow)
        return Response(assets()["assets/ticker-1.js"], media_type="text/javascript")

    async def own(self, _: Request) -> Response:
        return Response(WATCH + self.script, media_type="text/javascript")

    async def looks(self, _: Request) -> Response:
        return Response(self.style, media_type="text/css")


def until(holds: Callable[[], Any], seconds: float = 5) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := holds()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.03)
    return value


# `page` is Playwright's page or tests.firefox.Firefox: both have evaluate(expression).


def titles(page: Any) -> list[str]:
    found: list[str] = page.evaluate(f"[...{LIST}.querySelectorAll('a')].map((a) => a.textContent)")
    return found


def left(page: Any, number: int = 0) -> float:
    value: float = page.evaluate(f"{LIST}.querySelectorAll('li')[{number}].getBoundingClientRect().left")
    return value


def focused(page: Any) -> str:
    name: str = page.evaluate(f"({SHADOW}.activeElement ?? document.activeElement).textContent")
    return name


def in_sight(page: Any) -> bool:
    """Whether the focused headline is between the edges of the viewport, or wider than it."""
    seen: bool = page.evaluate(f"""((a, view) =>
        a.left >= view.left - .5 && (a.right <= view.right + .5 || a.width > view.width)
    )({SHADOW}.activeElement.getBoundingClientRect(), {VIEW}.getBoundingClientRect())""")
    return seen


def stands(page: Any, seconds: float = 0.3) -> bool:
    """Whether nothing moves for so long."""
    time.sleep(0.1)
    where = left(page)
    time.sleep(seconds)
    return left(page) == where


def animations(page: Any) -> int:
    number: int = page.evaluate(f"{TRACK}.getAnimations().length")
    return number


def faults(page: Any) -> list[str]:
    found: list[str] = page.evaluate("[...window.broken]")
    return found


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
ANSWERS: tuple[tuple[int, bytes], ...] = (
    (500, b"oops"), (404, b"{}"), (503, b""), (200, b"<html>not json"), (200, b""), (200, b"null"), (200, b"[]"),
    (200, b'{"version":2,"items":[]}'), (200, b'{"version":1,"items":{"length":3}}'), (200, b'{"version":1}'),
    (200, b'{"version":1,"items":[]}'), (200, b'{"version":1,"items":[{"id":1}]}'), (200, b'{"version":1,"items":[' + b"[" * 5000),
)  # fmt: skip

DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"title": "<img src=x onerror=alert(1)>"}, {"title": {"replace": 1}}, {"title": ["<b>"]}, {"lang": '"><script>alert(1)</script>'},
    {"lang": {"replace": 1}}, {"ttl": "<b>"}, {"ttl": -1}, {"ttl": 1e308}, {"stale": "<b>"}, {"stale_after": {"valueOf": "x"}},
    {"stale_after": "<script>"}, {"updated": "x" * 100_000}, {"home": "javascript:alert(1)"}, {"feed": "javascript:alert(1)"},
    {"$schema": "javascript:alert(1)"}, {"__proto__": {"items": []}}, {"constructor": {"prototype": {"x": 1}}}, {"toString": 1},
)  # fmt: skip


def hostile() -> list[Any]:
    """Headlines of which none may be shown, and INERT's, which are text."""
    bad = [item(100 + n, **{key: value}) for key, values in HOSTILE.items() for n, value in enumerate(values)]
    odd = [
        item(
            200 + number,
            title=title,
            source=title,
            lang=title,
            time=title,
            urgent=title,
            also=[{"source": title, "url": "javascript:"}],
        )
        for number, title in enumerate(INERT)
    ]
    junk: list[Any] = [None, 7, "text", [], {}, {"__proto__": {"title": "x"}}]
    return [*bad, *junk, *odd]


def active(page: Any) -> list[str]:
    """Whatever could run, load or navigate by itself in the page and in the ticker, but for the host's own script and style sheet."""
    found: list[str] = (
        page.evaluate(f"""[document.body, {SHADOW}].flatMap((root) => [...root.querySelectorAll('*')]).filter((node) =>
        !['A', 'BUTTON', 'DIV', 'LI', 'NEWS-TICKER', 'SECTION', 'SLOT', 'SMALL', 'UL'].includes(node.nodeName)
        || node.getAttributeNames().some((name) => /^on|^style$|^src/.test(name) && node.localName !== 'news-ticker')
        || (node.href && !/^https?:/.test(node.href))
    ).map((node) => node.outerHTML)""")
    )
    return found


def made_of(page: Any) -> dict[str, list[str]]:
    """The kinds of elements and attributes in the list."""
    every = f"[...{LIST}.querySelectorAll('*')]"
    return {
        "elements": page.evaluate(f"[...new Set({every}.map((node) => node.localName))].sort()"),
        "attributes": page.evaluate(f"[...new Set({every}.flatMap((node) => node.getAttributeNames()))].sort()"),
    }


def safe_links(page: Any) -> bool:
    links = f"[...{LIST}.querySelectorAll('a')]"
    safe: bool = page.evaluate(f"{links}.every((a) => /^https?:/.test(a.protocol) && a.rel === 'noopener noreferrer')")
    return safe

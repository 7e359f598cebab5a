"""What every test shares: the place of the shared corpus, and real servers, browsers and commands that end with their test."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syndicate.channel import PATHS
from syndicate.pages import assets, feed_pages, front_page, site_pages
from syndicate.publish import render
from syndicate.web import WebServer, app
from tests.sample import config, items, status
from tests.served import STATUS, Ask, asker, written as published
from tests.ticker_host import Host, titles, until

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
PICTURES = ROOT / "test-artefacts"  # what browsers showed; for eyes, no test reads them
EVIL = """</blockquote></iframe><script>alert(1)</script>"' <img src=x onerror=alert(1)>"""
ALSO = (("The Meridian", "Another title", "https://meridian.example/1"), ("صدى المدينة", "افتتاح", "https://sada.example/2"))
ABSENT = r"EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ENOTFOUND|ETIMEDOUT|ERR_SOCKET_TIMEOUT"
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"


@pytest.fixture(autouse=True)
def _no_operator_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own TICKERWIRE_… variables decide nothing here."""
    for name in [name for name in os.environ if name.startswith("TICKERWIRE_")]:
        monkeypatch.delenv(name)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests over the shared corpus and tools say so when those are not beside the checkout."""
    if (SHARED / "tools").is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(pytest.mark.skip(reason=f"needs {SHARED} (corpus and tools), which is not there"))


@pytest.fixture
def tickerwire(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the real command line: `tickerwire("crawl", "--all", state=DIR)`; configuration in DIR/config unless `config` says."""

    def run(*words: str, state: Path | None = None, timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
        place = state or tmp_path
        command = [sys.executable, "-m", "tickerwire", "--config", str(place / "config"), "--state", str(place), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=os.environ | env, cwd=ROOT, check=False)

    return run


@pytest.fixture
def processes() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start programs that are ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str, **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(words, text=True, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload]
        started.append(process)
        return process  # type: ignore[no-any-return]

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pages are not tested in a browser")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("Chromium is not installed: pages are not tested in a browser (Debian: apt install chromium)")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def another_site() -> Iterator[Callable[..., str]]:
    """`another_site({name: HTML, …})`: serve them under another origin, with its own `policy` and `style` sheet; return its address."""
    with WebServer() as server:

        def start(bodies: dict[str, str], policy: str = "", style: str = "") -> str:
            async def answer(request: Request) -> HTMLResponse:
                head = '<!doctype html><html lang="en"><title>Host</title><link rel="stylesheet" href="/style.css">'
                headers = {"Content-Security-Policy": policy} if policy else None
                return HTMLResponse(head + bodies[request.path_params["name"]], headers=headers)

            async def looks(_: Request) -> Response:
                return Response(style, media_type="text/css")

            server.serve(Starlette(routes=[Route("/style.css", looks), Route("/{name}", answer)]))
            return f"http://127.0.0.1:{server.port}"

        yield start


def written(root: Path, files: dict[str, bytes]) -> None:
    """Put files below `root`, by path."""
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def picture(page: Any, name: str, **more: Any) -> None:
    """Keep what a browser shows."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", **more)


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with WebServer() as web:
        host = Host(web.port)
        web.serve(host.app())
        yield host


@pytest.fixture(scope="module")
def window(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport={"width": 800, "height": 600})
    yield context
    context.close()


@pytest.fixture
def show(window: Any, host: Host) -> Iterator[Callable[..., Any]]:
    """`show(*items, attributes="…")`: Chromium's page with the ticker over these items, loaded; `media` as emulate_media takes it."""
    pages: list[Any] = []

    def show(*items: Any, wait: bool = True, width: int = 800, media: dict[str, str] | None = None, **more: Any) -> Any:
        page = window.new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 600})
        page.emulate_media(**(media or {}))
        page.goto(host.address(*items, **more))
        if wait:
            until(lambda: titles(page))
        return page

    yield show
    for page in pages:
        page.close()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `base` lies."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def base(tree: Path) -> Iterator[str]:
    """A site with a feed of sound headlines (world), one of hostile ones (harbour), and one that is gone (old), served."""
    with WebServer() as server:
        base = f"http://127.0.0.1:{server.port}"
        site = config(base)
        world, harbour, *others = site.feeds
        harbour = harbour.model_copy(update={"title": 'Harbour "& <coast>'})
        site = site.model_copy(update={"feeds": (world, harbour, *others)})
        news, hostile = items(24, also=ALSO, summary="What came of it."), items(5, title=EVIL, outlet_name=EVIL)
        shown = {"world": tuple(news), "harbour": tuple(hostile)}
        made = assets() | site_pages(site) | front_page(site, shown)
        for feed in site.feeds:
            held = shown.get(feed.id, ())
            made |= feed_pages(site, feed, held)
            made |= {PATHS[kind].format(feed.id): data for kind, data in render(site, feed, held, held).documents.items()}
        made["gone.json"] = json.dumps({"gone": {"feeds/old/index.html": "2026-11-20T12:00:00Z"}}).encode()
        written(tree, made)
        server.serve(app(tree, status, base))
        yield base


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A tree for a test that changes it."""
    return published(tmp_path)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask the server over a tree that stays as it is."""
    with WebServer() as server:
        server.serve(app(published(tmp_path_factory.mktemp("web")), lambda: STATUS, "https://news.example.org"))
        yield asker(server.port)


@pytest.fixture
def ask_public(public: Path) -> Iterator[Ask]:
    """Ask the server over `public`."""
    with WebServer() as server:
        server.serve(app(public, lambda: STATUS, "https://news.example.org"))
        yield asker(server.port)


@pytest.fixture
def hostile_feed(tree: Path, base: str) -> Iterator[tuple[str, str]]:
    """Where a feed with a script in it is served by us, and where by somebody who sends it without our headers."""
    feed = (ROOT / "tests/pages_data/hostile.rss").read_bytes().replace(b"BASE", base.encode())
    (tree / "feeds/hostile.rss").write_bytes(feed)

    async def answer(_: Request) -> Response:
        return Response(feed, media_type="application/xml")

    with WebServer() as server:
        server.serve(Starlette(routes=[Route("/", answer)]))
        yield f"{base}/feeds/hostile.rss", f"http://127.0.0.1:{server.port}/"


@pytest.fixture(scope="module")
def wordpress(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """`wordpress("oembed", URL, …)`, `wordpress("block", CODE, …)`: what Debian's WordPress makes of them, by that script."""
    php, apt = shutil.which("php"), shutil.which("apt-get")
    if not php or not apt:
        pytest.skip("PHP is not installed: WordPress itself is not asked (Debian: apt install php-cli)")
    place = request.config.cache.mkdir("wordpress")
    if not (place / "usr").exists():
        got = subprocess.run([apt, "-qq", "download", "wordpress"], cwd=place, capture_output=True, text=True, check=False)
        if got.returncode:
            pytest.skip("Debian's archive cannot be reached: WordPress itself is not asked")
        subprocess.run(["dpkg-deb", "-x", *place.glob("wordpress_*.deb"), place], check=True)

    def asked(script: str, *words: str) -> list[Any]:
        command = [php, str(ROOT / f"tests/wordpress/{script}.php"), str(place / "usr/share/wordpress"), *words]
        made: list[Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True).stdout)
        return made

    return asked


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's source, of the version and hash in tests/axe/package-lock.json."""
    place = tmp_path_factory.mktemp("axe")
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed: axe-core does not look at the pages (Debian: apt install npm)")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "tests/axe" / name, place)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    got = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if re.search(ABSENT, got.stderr):
        pytest.skip("npm's registry cannot be reached: axe-core does not look at the pages")
    assert got.returncode == 0, got.stderr
    return (place / "node_modules/axe-core/axe.min.js").read_text()

"""What every test shares: the place of the shared corpus, and real servers and commands that end with their test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from syndicate.web import WebServer

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
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
def another_site() -> Iterator[Callable[[dict[str, str]], str]]:
    """Serve HTML by name under another origin; its address is returned."""
    with WebServer() as server:

        def start(bodies: dict[str, str]) -> str:
            async def answer(request: Request) -> HTMLResponse:
                return HTMLResponse("<!doctype html><title>Host</title>" + bodies[request.path_params["name"]])

            server.serve(Starlette(routes=[Route("/{name}", answer)]))
            return f"http://127.0.0.1:{server.port}"

        yield start

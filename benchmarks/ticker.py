"""Nothing in; what the ticker costs on the wire beside other feeds, and in motion beside other tickers, as printed tables, out.

    ./run.sh benchmark ticker [--part bytes motion live] [--seconds 6] [--rounds 3] [--headlines 5]

bytes: the same headlines (tests/headlines.tsv) as ticker, RSS, Atom and JSON Feed, by the renderers of this project: plain, with
gzip and Brotli at their smallest, and with Brotli as it is `sent` (large files are not compressed as hard). RSS, Atom and JSON Feed
hold no summaries here; with them they are several times larger.

motion: 20 headlines in Chromium at 60 pixels a second, one after the other, in turn, the median of the rounds. The component asks
for news each second, the others never do: `frames` is a track moved by requestAnimationFrame, `splide` is Splide with its auto-scroll,
both over plain links, without the component's outlets. Milliseconds and counts are per second of motion, from Chromium's own
metrics (Performance.getMetrics); `kB` is script and style sheet, gzip.

live: `tickerwire run` asks an outlet each minute, four open pages ask for the ticker each minute, a tenth sooner or later; headlines
are published at random moments. Seconds from the outlet's list to the pages; the last figure is what went beyond a minute and a
minute. Two minutes a headline.
"""

import argparse
import gzip
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import brotli
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from syndicate.pages import assets
from syndicate.publish import render
from syndicate.tree import CODINGS
from syndicate.web import WebServer
from tests.live import live, opened
from tests.sample import config, headlines

PEERS = Path(__file__).parent / ".peers/splide/node_modules/@splidejs"
SPLIDE = {name: PEERS / path for name, path in {
    "splide.js": "splide/dist/js/splide.min.js",
    "scroll.js": "splide-extension-auto-scroll/dist/js/splide-extension-auto-scroll.min.js",
    "splide.css": "splide/dist/css/splide-core.min.css",
}.items()}  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
METRICS = {"TaskDuration": 1000, "ScriptDuration": 1000, "LayoutDuration": 1000, "LayoutCount": 1, "RecalcStyleCount": 1}

COMPONENT = """
<script type="module" src="/ticker.js"></script>
<script>customElements.whenDefined('news-ticker').then((ticker) => { ticker.shortestWait = 1; });</script>
<news-ticker src="/ticker.json"></news-ticker>
"""
# The usual one: the list twice, moved by so many pixels as time has passed since the last frame.
FRAMES = """
<style>
  #view { overflow: hidden } #track { display: flex; width: max-content; will-change: transform }
  ul { display: flex; gap: 2.5em; margin: 0; padding: 0 2.5em 0 0; list-style: none; white-space: nowrap }
</style>
<div id="view"><div id="track"><ul>LIST</ul><ul aria-hidden="true">LIST</ul></div></div>
<script>
  const track = document.getElementById('track'), round = track.firstChild.offsetWidth;
  let at = 0, before = performance.now();
  requestAnimationFrame(function step(now) {
    at = (at + (now - before) * 60 / 1000) % round;
    before = now;
    track.style.transform = `translateX(${-at}px)`;
    requestAnimationFrame(step);
  });
</script>
"""
# Its speed is pixels a frame, of which there are sixty a second.
SCROLL = """
<link rel="stylesheet" href="/splide.css"><script src="/splide.js"></script><script src="/scroll.js"></script>
<section class="splide" aria-label="News"><div class="splide__track"><ul class="splide__list">SLIDES</ul></div></section>
<script>
  new Splide('.splide', { type: 'loop', drag: 'free', arrows: false, pagination: false, autoWidth: true, gap: '2.5em',
    autoScroll: { speed: 1, pauseOnHover: false } }).mount(window.splide.Extensions);
</script>
"""
WHERE = {
    "component": "document.querySelector('news-ticker').shadowRoot.querySelector('li')",
    "frames": "document.querySelector('#track li')",
    "splide": "document.querySelector('.splide__list')",
}


def documents(count: int) -> dict[str, bytes]:
    """The newest `count` headlines in every format."""
    site, shown = config(), tuple(headlines(count))
    return dict(render(site, site.feeds[0], shown, shown).documents)


def sizes() -> None:
    every = [documents(20), documents(50)]
    print(f"{'bytes':8}" + "".join(f"{count:>6} plain   gzip     br   sent" for count in (20, 50)) + "   br of RSS")
    encodings: list[Callable[[bytes], bytes]] = [CODINGS["gzip"][1], partial(brotli.compress, quality=11), CODINGS["br"][1]]
    for kind in ("ticker", "rss", "atom", "json"):
        rows = [[len(made[kind]), *(len(encode(made[kind])) for encode in encodings)] for made in every]
        columns = "".join(f"{row[0]:12,}" + "".join(f"{size:7,}" for size in row[1:]) for row in rows)
        shares = (row[2] / len(encodings[1](made["rss"])) for row, made in zip(rows, every, strict=True))
        print(f"{kind:8}{columns}   " + " ".join(f"{share:.2f}" for share in shares))


@dataclass
class Stage:
    """The three pages and what they load."""

    answers: Mapping[str, tuple[bytes, str]]
    polls: list[float] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(routes=[Route("/{name}", self.answer)])

    async def answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self.answers:
            return Response(status_code=404)
        body, kind = self.answers[name]
        if name == "ticker.json":
            self.polls.append(time.monotonic())
            if request.headers.get("if-none-match") == '"1"':
                return Response(status_code=304, headers={"ETag": '"1"'})
        return Response(body, headers={"ETag": '"1"'}, media_type=kind)


def stage() -> Stage:
    news = documents(20)["ticker"]
    links = [f'<a href="{each["url"]}" dir="auto">{each["title"]}</a>' for each in json.loads(news)["items"]]
    plain = "".join(f"<li>{link}</li>" for link in links)
    slides = "".join(f'<li class="splide__slide">{link}</li>' for link in links)
    pages = {"component": COMPONENT, "frames": FRAMES.replace("LIST", plain), "splide": SCROLL.replace("SLIDES", slides)}
    answers = {name: (HTMLResponse(f'<!doctype html><html lang="en"><title>{name}</title>{body}').body, "text/html")
               for name, body in pages.items()}  # fmt: skip
    answers |= {
        name: (path.read_bytes(), "text/css" if name.endswith("css") else "text/javascript") for name, path in SPLIDE.items()
    }
    answers["ticker.js"] = assets()["assets/ticker-1.js"], "text/javascript"
    answers["ticker.json"] = news.replace(b'"ttl":60', b'"ttl":1'), "application/json"
    return Stage({name: (bytes(body), kind) for name, (body, kind) in answers.items()})


def weight(name: str, answers: Mapping[str, tuple[bytes, str]]) -> float:
    """Kilobytes of script and style sheet, gzip."""
    own = (
        "".join(re.findall(r"<(?:script|style)>(.*?)</", answers[name][0].decode(), re.DOTALL)).encode()
        if name == "frames"
        else b""
    )
    loaded = {"component": ["ticker.js"], "frames": [], "splide": list(SPLIDE)}[name]
    return sum(len(gzip.compress(body, 9)) for body in [*(answers[each][0] for each in loaded), *([own] if own else [])]) / 1000


@contextmanager
def browser() -> Iterator[Browser]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("Chromium is not installed: no page can be opened (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield started
        started.close()


def moved(chromium: Browser, address: str, name: str, seconds: float) -> dict[str, float]:
    """What Chromium spent on this page while it moved, per second; with the pixels it moved."""
    page = chromium.new_page(viewport={"width": 1000, "height": 400})
    page.goto(f"{address}/{name}")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    place: Callable[[], Any] = lambda: page.evaluate(f"{WHERE[name]}?.getBoundingClientRect().left")  # noqa: E731
    deadline = time.monotonic() + 20
    while (start := place()) is None or place() == start:
        assert time.monotonic() < deadline, f"{name} does not move"
        time.sleep(0.1)
    time.sleep(2)

    def metrics() -> dict[str, float]:
        return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}

    # A look at the page would be a layout of its own: none between the two readings.
    start, before = place(), metrics()
    time.sleep(seconds)
    after, end = metrics(), place()
    page.close()
    passed = after["Timestamp"] - before["Timestamp"]
    return {key: (after[key] - before[key]) * unit / passed for key, unit in METRICS.items()} | {
        "pixels": abs(end - start) / passed
    }


def motion(seconds: float, rounds: int) -> None:
    if not all(path.exists() for path in SPLIDE.values()):
        raise SystemExit("Splide is not installed: ./run.sh benchmark ticker (needs npm)")
    staged, spent = stage(), {name: list[dict[str, float]]() for name in WHERE}
    with WebServer() as server, browser() as chromium:
        server.serve(staged.app())
        print(f"Chromium {chromium.version}, 20 headlines, {rounds} rounds of {seconds:g} s")
        for _ in range(rounds):
            for name in WHERE:
                spent[name].append(moved(chromium, f"http://127.0.0.1:{server.port}", name, seconds))
    assert len(staged.polls) > rounds * seconds, "the component did not ask each second"
    print(
        f"{'per second':12}{'task ms':>9}{'script ms':>11}{'layout ms':>11}{'layouts':>9}{'styles':>9}{'pixels':>9}{'kB':>7}   task"
    )
    shown = {name: {key: median(each[key] for each in runs) for key in runs[0]} for name, runs in spent.items()}
    for name, row in shown.items():
        columns = "".join(f"{row[key]:{width}.1f}" for key, width in zip([*METRICS, "pixels"], (9, 11, 11, 9, 9, 9), strict=True))
        times = row["TaskDuration"] / shown["component"]["TaskDuration"]
        print(f"{name:12}{columns}{weight(name, staged.answers):7.1f}   {times:.1f}")


def way(headlines: int) -> None:
    chance, late = Random(), list[float]()
    with browser() as chromium, TemporaryDirectory() as place, live(Path(place)) as site:
        pages = [chromium.new_page() for _ in range(4)]
        opened(site, pages)
        for _ in range(headlines):
            time.sleep(chance.uniform(0, 60))
            went = site.publish(*pages)
            late.append(went.late + went.published - went.asked)
            print(went, flush=True)
    print(f"published after the minute of the schedule: median {median(late):.1f} s, most {max(late):.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.ticker")
    parser.add_argument("--part", choices=["bytes", "motion", "live"], nargs="*", default=["bytes", "motion"])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--headlines", type=int, default=5)
    options = parser.parse_args()
    if "bytes" in options.part:
        sizes()
    if "motion" in options.part:
        motion(options.seconds, options.rounds)
    if "live" in options.part:
        way(options.headlines)


if __name__ == "__main__":
    main()

"""Nothing in; what a crawl of full texts costs beside trafilatura alone on the same pages, and how long it holds its reactor up, out.

    ./run.sh benchmark pages [--rounds 3] [--most 120]

The pages are those of ../shared/corpus where it is there, else synthetic ones. CPU is that of the crawl's process and what its workers
report; trafilatura (`bare_extraction` with metadata, favouring precision) works in two processes, in turns. A thread asks the reactor
for a sign of life every five milliseconds, once Scrapy has set itself up.
"""

import argparse
import gzip
import multiprocessing
import resource
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from trafilatura import bare_extraction

from benchmarks.ingest import SITE
from tickerwire.config import load

SHARED = Path(__file__).parent.parent.parent / "shared/corpus/pages"
PORT, OUTLETS = 8793, 12


def corpus(most: int) -> list[bytes]:
    real = [gzip.decompress(path.read_bytes()) for path in sorted(SHARED.rglob("*.html.gz"))][:most]
    made = "<html><head><title>Page {0}</title></head><body>{1}<article><h1>Page {0}</h1>{2}</article>{1}</body></html>"
    menu = "<ul>" + "".join(f'<li class="menu"><a href="/s/{n}">Section {n}</a></li>' for n in range(400)) + "</ul>"
    text = "".join(f"<p>Paragraph {n} tells at some length what was said in the harbour on that day.</p>" for n in range(20))
    return real or [made.format(n, menu, text).encode() for n in range(most)]


def serve(pages: list[bytes]) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the base class's name
            host = self.headers["Host"]
            if self.path == "/feed":
                mine = range(int(host.split(".")[3].split(":")[0]), len(pages), OUTLETS)
                items = "".join(f"<item><title>Page {n}</title><link>http://{host}/{n}</link></item>" for n in mine)
                body = f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode()
            else:
                body = pages[int(self.path[1:])] if self.path[1:].isdigit() else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8" if self.path != "/feed" else "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()


def watch(lags: list[float], over: threading.Event) -> None:
    """Write down by how many milliseconds the reactor answers late."""
    while "twisted.internet.reactor" not in sys.modules and not over.wait(0.01):
        pass
    from twisted.internet import reactor  # noqa: PLC0415  # Scrapy chooses and installs it

    over.wait(1)  # Scrapy setting itself up

    while not over.wait(0.005):
        answered = threading.Event()
        asked = time.monotonic()
        reactor.callFromThread(answered.set)
        if answered.wait(10):
            lags.append(1000 * (time.monotonic() - asked))


def crawled(place: Path, told: "multiprocessing.Queue[tuple[float, float, int, list[float]]]") -> None:
    """One crawl in a process of its own, as the scheduler has it: CPU seconds, wall clock, pages read, lags in milliseconds."""
    from crawler.process import crawl  # noqa: PLC0415  # a reactor runs once

    (place / "config").mkdir()
    (place / "config/tickerwire.toml").write_text(SITE)
    outlet = '[[outlet]]\nid = "o{0}"\nname = "O{0}"\nfull_text = true\n[[outlet.source]]\nkind = "feed"\nurl = "http://127.20.0.{0}:{1}/feed"\n'
    (place / "config/outlets.toml").write_text("".join(outlet.format(n, PORT) for n in range(OUTLETS)))
    (place / "config/feeds.toml").write_text("")
    lags: list[float] = []
    over = threading.Event()
    watcher = threading.Thread(target=watch, args=(lags, over))
    used = resource.getrusage(resource.RUSAGE_SELF)
    watcher.start()
    report = crawl(load(place / "config", place), [f"o{n}" for n in range(OUTLETS)], 3600)
    over.set()
    watcher.join()
    now = resource.getrusage(resource.RUSAGE_SELF)
    own = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    told.put((own, float(report["page_cpu_ms"]) / 1000, int(report["pages"]), lags))


def bare(body: bytes) -> float:
    """Seconds of CPU that trafilatura takes for a page."""
    began = time.process_time()
    bare_extraction(body, url="https://x.example/1", favor_precision=True, include_comments=False, with_metadata=True)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--most", type=int, default=120)
    options = parser.parse_args()
    pages = corpus(options.most)
    context = multiprocessing.get_context("spawn")
    farm = context.Process(target=serve, args=(pages,), daemon=True)
    farm.start()
    time.sleep(2)
    for _ in range(options.rounds):
        told = context.Queue()
        with TemporaryDirectory() as place:
            began = time.monotonic()
            child = context.Process(target=crawled, args=(Path(place), told))
            child.start()
            own, read, count, lags = told.get()
            child.join()
            wall = time.monotonic() - began
        with context.Pool(2) as pool:  # side by side as the crawl's workers: processors that share a core cost half as much again
            alone = sum(pool.map(bare, pages, chunksize=4)) / len(pages)
        late = sorted(lags)
        print(
            f"{count} pages: crawl {1000 * (own + read) / count:.1f} ms CPU a page ({1000 * read / count:.1f} of it reading), "
            f"{count / wall:.1f} a second; trafilatura alone {1000 * alone:.1f} ms; ratio of pages per CPU second "
            f"{alone / ((own + read) / count):.2f}; reactor late by {late[len(late) // 2]:.1f} ms in the median, "
            f"{late[int(len(late) * 0.99)]:.0f} in 99 %, {late[-1]:.0f} at most"
        )
    farm.terminate()


if __name__ == "__main__":
    main()

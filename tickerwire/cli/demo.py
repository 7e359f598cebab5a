"""`demo`: nothing in; sample outlets on loopback, crawled, published and served, with a new article every few seconds, out."""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from scheduler import run_once
from syndicate.web import WebServer, site
from tickerwire.cli.crawl import summary
from tickerwire.cli.group import PATH, PORT, Options, say
from tickerwire.config import Config, load
from tickerwire.demo.outlets import SampleOutlets
from tickerwire.errors import StoreError
from tickerwire.health import files, status

PAUSE_SECONDS = 5.0  # between two rounds of the moving demo
ROUND_SECONDS = 20.0  # a round's crawl takes a second or two; the demo must end within 30


@click.command()
@click.option("--once", is_flag=True, help="One round: crawl, publish, print what was made and where, exit.")
@click.option("--port", type=PORT, default=8080, show_default=True, help="Port of the web server; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the web server.")
@click.option("--dir", "directory", type=PATH, help="Keep configuration, database and public tree here.")
@click.pass_obj
def demo(options: Options, once: bool, port: int, host: str, directory: Path | None) -> None:
    """See everything work without internet or configuration: six small sample outlets, one of them broken on purpose."""
    place = (directory or Path(tempfile.mkdtemp(prefix="tickerwire-demo-"))).absolute()
    with SampleOutlets(datetime.now(UTC)) as samples:
        if once:
            config = prepare(place, samples, host, port or 8080)  # nothing listens: any port will do
            crawl(config, options)
            made(config)
            return
        # The port is bound first: the feeds name their own address.
        with WebServer(host, port) as server:
            config = prepare(place, samples, host, server.port)
            server.serve(site(config))
            crawl(config, options)
            made(config)
            click.echo("A new article appears every few seconds; Ctrl-C ends the demo.")
            while True:
                time.sleep(PAUSE_SECONDS)
                samples.publish_next()
                crawl(config, options)


def crawl(config: Config, options: Options) -> None:
    """One round: crawl every outlet, publish, say what came."""
    say(summary(run_once(config, options.log_format, every=True, deadline=ROUND_SECONDS)), options)


def prepare(place: Path, samples: SampleOutlets, host: str, port: int) -> Config:
    """Write the demo's configuration below `place` and load it."""
    try:
        (place / "config").mkdir(parents=True, exist_ok=True)
        for name, text in samples.configuration(f"http://{host}:{port}", port).items():
            (place / "config" / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{place}: {error.strerror}; choose a writable directory with --dir") from error
    return load(place / "config", place, {})


def made(config: Config) -> None:
    """Print what was made, as addresses and as files."""
    base = config.site.base_url.rstrip("/")
    lines: list[tuple[str, object]] = [("landing page", f"{base}/"), ("status", f"{base}/status.json")]
    lines += [(feed.id, f"{base}/{name}") for feed in config.feeds for name in files(feed)]
    lines += [("configuration", config.directory), ("database", config.database), ("published tree", config.public)]
    for outlet in status(config, datetime.now(UTC))["outlets"]:
        lines.append((outlet["id"], f"{outlet['articles']:>3} articles  {outlet['state']:<8} {outlet['reason']}".rstrip()))
    click.echo("\n".join(f"{name:<16} {what}" for name, what in lines))

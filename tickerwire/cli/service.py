"""`run` and `serve`: an address in; a service that answers until it is told to stop out."""

from collections.abc import Callable

import click

from scheduler import serve_forever
from syndicate.web import serve as serve_http, site
from tickerwire.cli.group import PORT, Options, say
from tickerwire.config import Config


def web(config: Config, host: str | None, port: int | None, options: Options) -> None:
    """Serve the published tree in the foreground."""
    address = host or config.serve.host, config.serve.port if port is None else port
    say(f"serving {config.public} on http://{address[0]}:{address[1]}/", options)
    serve_http(site(config), *address)


def listening(command: Callable[..., None]) -> click.Command:
    """A command that is told where to listen."""
    command = click.option("--port", type=PORT, help="Port to listen on [from tickerwire.toml].")(click.pass_obj(command))
    return click.command()(click.option("--host", help="Address to listen on [from tickerwire.toml].")(command))


@listening
def serve(options: Options, host: str | None, port: int | None) -> None:
    """The web server alone, over the published directory."""
    web(options.config(), host, port, options)


@listening
def run(options: Options, host: str | None, port: int | None) -> None:
    """The service: scheduler and web server until SIGTERM."""
    config = options.config()
    serve_forever(config, options.arguments(), lambda: web(config, host, port, options))

"""The published tree and a status function in; an ASGI application over them, and a server for it, out."""

import errno
import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from syndicate.channel import PATHS
from syndicate.departed import FILE
from syndicate.files import Tree
from syndicate.kinds import LIVES, POLICIES, SHARED, encoding, kind, unchanged
from syndicate.metrics import MEDIA_TYPE, metrics
from syndicate.ops import MEDIA_TYPE as ATOM, ops
from syndicate.pages import message_page, oembed, status_page
from syndicate.search import Search
from tickerwire.config import Config
from tickerwire.errors import UsageError
from tickerwire.health import status as told

logger = logging.getLogger(__name__)
Status = Callable[[], dict[str, Any]]
DRAIN_SECONDS = 3  # answers under way get this long when the server stops
NOSNIFF = {"X-Content-Type-Options": "nosniff"}
ALWAYS = NOSNIFF | {"Referrer-Policy": "no-referrer"}
DATA = ALWAYS | {"Cache-Control": "no-store"}
PAGE = DATA | {"Content-Security-Policy": POLICIES["page"]}
EMBEDDED = SHARED | NOSNIFF | {"Cache-Control": LIVES["feed"], "Content-Security-Policy": POLICIES["data"]}


def app(public: Path, status: Status, base_url: str, search: Search | None = None, hub: str = "") -> Starlette:
    """Serve the tree below `public`, and `status()` as /status, /status.json, /metrics, /ops.atom and /healthz. GET and HEAD only.

    `status` may block and may raise; then those answer 503 with Retry-After and everything else goes on.
    `base_url` gives the path the site is mounted under, for links in the pages made here; feeds name the `hub`, unless it is "".
    """
    served = _Site(Tree(public), status, urlsplit(base_url).path.rstrip("/") + "/", base_url.rstrip("/"), hub)
    routes = [
        *(Route(path, served.health) for path in ("/healthz", "/status.json", "/status", "/metrics", "/ops.atom")),
        Route("/oembed", served.embed),
        *([Route("/search", search.answer)] if search else ()),
        Route("/{path:path}", served.file),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: served.refused, Exception: served.refused})


def site(config: Config) -> Starlette:
    """The whole site of a configuration: its published tree, its status, its search unless the operator has none."""
    search = Search(config) if config.search.enabled else None
    return app(config.public, lambda: told(config, datetime.now(UTC)), config.site.base_url, search, config.publish.hub)


class _Site:
    """The endpoints. `root` is the path of the landing page."""

    def __init__(self, tree: Tree, status: Status, root: str, base: str, hub: str) -> None:
        self.tree, self.status, self.root, self.base, self.hub = tree, status, root, base, hub
        self.page = re.compile(rf"(?i:https?://{re.escape(base.partition('://')[2])})/feeds/([a-z][a-z0-9-]{{0,63}})/?(?:[?#].*)?")

    async def file(self, request: Request) -> Response:
        """A file of the tree; a directory answers with its index.html, without its final slash it redirects there."""
        path = request.path_params["path"]
        if path == "" or path.endswith("/"):
            path += "index.html"
        how = kind(path)
        stored = self.tree.find(path) if how else None
        if how is None or stored is None:
            if self.tree.find(f"{path}/index.html"):
                # Relative, so that it holds under any mount point and can never lead to another host.
                return RedirectResponse(f"{path.rpartition('/')[2]}/", 308, ALWAYS)
            return self.departed(path)
        asked = request.headers
        coding = encoding(",".join(asked.getlist("accept-encoding")), stored.variants)
        variant = stored.variants[coding]
        topic = path.startswith("feeds/") and how.life == LIVES["feed"]  # WebSub section 4: a feed, not its page
        modified = min(stored.modified, int(time.time()))  # never in the future: RFC 9110 section 8.8.2.1
        headers = {
            **ALWAYS,
            **(SHARED if how.shared else {}),
            **({"Link": f'<{self.hub}>; rel="hub", <{self.base}/{path}>; rel="self"'} if self.hub and topic else {}),
            "Content-Security-Policy": how.policy,
            "Cache-Control": how.life,
            "ETag": variant.etag,
            "Last-Modified": formatdate(modified, usegmt=True),
            "Vary": "Sec-Fetch-Dest, Accept-Encoding" if how.navigated else "Accept-Encoding",
        }
        tags = ",".join(asked.getlist("if-none-match")) if "if-none-match" in asked else None
        if unchanged(tags, asked.get("if-modified-since"), variant.etag, stored.modified):
            return Response(status_code=304, headers=headers)
        if coding != "identity":
            headers["Content-Encoding"] = coding
        navigated = asked.get("sec-fetch-dest") == "document"
        headers["Content-Type"] = f"{(navigated and how.navigated) or how.type}; charset=utf-8"
        return Response(variant.body, headers=headers)

    def departed(self, path: str) -> Response:
        """What gone.json says of a path that leads nowhere: moved (301), gone (410); else 404."""
        stored = self.tree.find(FILE)
        said = json.loads(stored.variants["identity"].body) if stored else {}
        for name in (path, f"{path}/index.html"):
            if new := said.get("moved", {}).get(name):
                return RedirectResponse(self.root + new.removesuffix("index.html"), 301, ALWAYS)
            if name in said.get("gone", {}):
                raise HTTPException(410)
        raise HTTPException(404)

    async def embed(self, request: Request) -> JSONResponse:
        """How another site shows the page of a feed that is published as a ticker (oembed.com). Nothing is fetched.

        404 for any other address, 501 for another format than JSON: what the specification asks for.
        """
        asked = request.query_params
        if asked.get("format", "json") != "json":
            raise HTTPException(501)
        page = self.page.fullmatch(asked.get("url", ""))
        stored = self.tree.find(PATHS["ticker"].format(page[1])) if page else None
        if page is None or stored is None:
            raise HTTPException(404)
        width, height = (_pixels(asked.get(name, "")) for name in ("maxwidth", "maxheight"))
        return JSONResponse(oembed(stored.variants["identity"].body, page[1], self.base, width, height), headers=EMBEDDED)

    async def health(self, request: Request) -> Response:
        """The status document for people, as JSON, metrics or a feed, or only that there is one: what a load balancer asks."""
        try:
            status = await run_in_threadpool(self.status)
        except Exception as error:
            raise HTTPException(503, headers={"Retry-After": "30"}) from error
        if request.scope["path"] == "/status":
            return Response(status_page(status, self.root), headers=PAGE, media_type="text/html")
        if request.scope["path"] == "/metrics":
            return Response(metrics(status), headers=DATA, media_type=MEDIA_TYPE)
        if request.scope["path"] == "/ops.atom":
            return Response(ops(status, self.base), headers=DATA, media_type=ATOM)
        return JSONResponse(status if request.scope["path"] == "/status.json" else {"status": "ok"}, headers=DATA)

    async def refused(self, request: Request, error: Exception) -> Response:
        """404, 405, 503: a small page for people, JSON where JSON was asked for.

        What keeps us from answering is logged and told to nobody else; so is 500, a fault of ours, by the server.
        """
        known = error if isinstance(error, HTTPException) else HTTPException(500)
        if known.__cause__:
            logger.error("%s cannot be answered", request.scope["path"], exc_info=known.__cause__)
        headers = PAGE | dict(known.headers or {})
        if request.scope["path"] in ("/healthz", "/status.json"):
            return JSONResponse({"status": known.detail.lower()}, known.status_code, headers)
        return Response(message_page(known.status_code, self.root, known.detail), known.status_code, headers, "text/html")


def _pixels(text: str) -> int:
    """At most 99,999; that, too, when `text` is no number of pixels, as if nothing had been said."""
    return int(text) if re.fullmatch(r"0*[1-9]\d{0,4}", text, re.ASCII) else 99_999


def bound(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: a free one). UsageError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        why = f"cannot listen on port {port} of {host}: {error.strerror or error}"
        if error.errno == errno.EADDRINUSE:
            why = f"port {port} on {host} is in use: stop what uses it or choose another with --port"
        raise UsageError(why) from error


def _server(asgi: Starlette) -> uvicorn.Server:
    config = uvicorn.Config(
        asgi,
        access_log=False,
        server_header=False,
        log_config=None,
        lifespan="off",
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return uvicorn.Server(config)


def serve(asgi: Starlette, host: str, port: int) -> None:
    """Answer in the foreground until SIGINT or SIGTERM, finish the answers under way, then let the signal take its usual course.

    UsageError when the address cannot be had.
    """
    with bound(host, port) as listener:
        _server(asgi).run(sockets=[listener])


class WebServer(ExitStack):
    """A server in a background thread. The port is bound at once, so that `port` is known before there is anything to serve.

    Leaving its context finishes the answers under way and frees the port.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__()
        self._socket = self.enter_context(bound(host, port))
        self.port: int = self._socket.getsockname()[1]

    def serve(self, asgi: Starlette) -> None:
        """Start answering; returns at once (the socket already queues whoever connects)."""
        server = _server(asgi)
        thread = threading.Thread(target=server.run, args=([self._socket],), name="web", daemon=True)
        thread.start()
        self.callback(thread.join)
        self.callback(setattr, server, "should_exit", True)  # what was added last is done first

"""The published tree and a status function in; an ASGI application over them, and a server for it, out."""

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from syndicate.files import Tree
from syndicate.kinds import PAGE_POLICY, kind
from syndicate.negotiate import encoding, unchanged
from syndicate.pages import message_page, status_page
from tickerwire.errors import UsageError

logger = logging.getLogger(__name__)
Status = Callable[[], dict[str, Any]]
DRAIN_SECONDS = 3  # answers under way get this long when the server stops
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
PAGE = ALWAYS | {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}


def app(public: Path, status: Status, base_url: str) -> Starlette:
    """Serve the tree below `public`, and `status()` as /status, /status.json and /healthz. GET and HEAD only.

    `status` may block and may raise; then those three answer 503 with Retry-After and everything else goes on.
    `base_url` gives the path the site is mounted under, for links in the pages made here.
    """
    site = _Site(Tree(public), status, urlsplit(base_url).path.rstrip("/") + "/")
    routes = [
        Route("/healthz", site.health),
        Route("/status.json", site.status_json),
        Route("/status", site.status_html),
        Route("/{path:path}", site.file),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: site.refused, Exception: site.failed})


class _Site:
    """The endpoints. `root` is the path of the landing page."""

    def __init__(self, tree: Tree, status: Status, root: str) -> None:
        self.tree, self.status, self.root = tree, status, root

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
            raise HTTPException(404)
        coding = encoding(",".join(request.headers.getlist("accept-encoding")), stored.variants)
        variant = stored.variants[coding]
        modified = min(stored.modified, int(time.time()))  # never in the future: RFC 9110 section 8.8.2.1
        headers = {**ALWAYS, **how.headers}
        headers |= {"ETag": variant.etag, "Cache-Control": how.life, "Vary": how.vary}
        headers |= {"Last-Modified": formatdate(modified, usegmt=True), "Content-Security-Policy": how.policy}
        tags = request.headers.getlist("if-none-match")
        if unchanged(
            ",".join(tags) if tags else None, request.headers.get("if-modified-since"), variant.etag, modified
        ):
            return Response(status_code=304, headers=headers)
        if coding != "identity":
            headers["Content-Encoding"] = coding
        navigated = request.headers.get("sec-fetch-dest") == "document"
        headers["Content-Type"] = f"{(navigated and how.navigated) or how.type}; charset=utf-8"
        return Response(variant.body, headers=headers)

    async def health(self, _: Request) -> Response:
        """200 while `status` answers: what a load balancer asks."""
        await self._status()
        return JSONResponse({"status": "ok"}, headers=ALWAYS | {"Cache-Control": "no-store"})

    async def status_json(self, _: Request) -> Response:
        """The status document of the outer contract."""
        return JSONResponse(await self._status(), headers=ALWAYS | {"Cache-Control": "no-store"})

    async def status_html(self, _: Request) -> Response:
        """The same for people."""
        return Response(status_page(await self._status(), self.root), headers=PAGE, media_type="text/html")

    async def _status(self) -> dict[str, Any]:
        try:
            return await run_in_threadpool(self.status)
        except Exception as error:
            logger.exception("the status cannot be told")
            raise HTTPException(503, headers={"Retry-After": "30"}) from error

    async def refused(self, request: Request, error: Exception) -> Response:
        """404, 405, 503: a small page for people, JSON where JSON was asked for."""
        assert isinstance(error, HTTPException)
        headers = PAGE | dict(error.headers or {})
        if request.url.path in ("/healthz", "/status.json"):
            return JSONResponse({"status": error.detail.lower()}, error.status_code, headers)
        return self._message(error.status_code, headers)

    async def failed(self, _: Request, __: Exception) -> Response:
        """A fault of ours: logged by the server, told to nobody else."""
        return self._message(500, PAGE)

    def _message(self, status: int, headers: dict[str, str]) -> Response:
        return Response(message_page(status, self.root), status, headers, "text/html")


def bound(host: str, port: int) -> socket.socket:
    """A listening socket (port 0: a free one). UsageError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} on {host} is in use: stop what uses it or choose another with --port"
            ) from error
        raise UsageError(f"cannot listen on port {port} of {host}: {error.strerror or error}") from error


def _server(asgi: ASGIApp) -> uvicorn.Server:
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


def serve(asgi: ASGIApp, host: str, port: int) -> None:
    """Answer in the foreground until SIGINT or SIGTERM, finish the answers under way, then let the signal take its usual course.

    UsageError when the address cannot be had.
    """
    with bound(host, port) as listener:
        _server(asgi).run(sockets=[listener])


class WebServer:
    """A server in a background thread. The port is bound at once, so that `port` is known before there is anything to serve."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._socket = bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def serve(self, asgi: ASGIApp) -> None:
        """Start answering; returns at once (the socket already queues whoever connects)."""
        self._server = _server(asgi)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the answers under way and free the port."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stop()

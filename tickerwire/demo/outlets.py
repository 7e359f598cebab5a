"""A moment in; six sample news outlets, served on loopback while the context lasts, and a configuration for them, out."""

import hashlib
import socket
import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from tickerwire.demo.press import AGES, page, papers, render

LISTED = 30  # stories in a feed and on a front page


class SampleOutlets:
    """Six outlets on 127.0.0.1, each on its own port, all in one background thread; one of them answers 500 on purpose.

    `now` (aware) dates the first stories: minutes to hours before it. The ports are free ones.
    """

    def __init__(self, now: datetime) -> None:
        self.papers = papers()
        self._stories = {paper.id: paper.first(now.replace(microsecond=0), place) for place, paper in enumerate(self.papers)}
        self._turns = ((turn, paper) for turn in count() for paper in self.papers if paper.stories)
        self._sockets: list[socket.socket] = []
        app = Starlette(routes=[Route("/{path:path}", self._answer)])
        settings = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,), name="sample outlets")

    def __enter__(self) -> Self:
        self._sockets += [socket.create_server(("127.0.0.1", 0)) for _ in self.papers]
        self._by_port = {bound.getsockname()[1]: paper for bound, paper in zip(self._sockets, self.papers, strict=True)}
        self.addresses = {paper.id: f"http://127.0.0.1:{port}" for port, paper in self._by_port.items()}
        self._thread.start()  # the sockets listen already: an early request waits
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        for bound in self._sockets:
            bound.close()

    def publish_next(self, now: datetime | None = None) -> str:
        """Let the next outlet in turn publish one more story, dated `now` (by default the clock's time); its headline."""
        turn, paper = next(self._turns)
        story = paper.story(len(AGES) + turn, (now or datetime.now(UTC)).replace(microsecond=0))
        # a new tuple: the server's thread reads either the old or the new one
        self._stories[paper.id] = (story, *self._stories[paper.id])[:LISTED]
        return story.title

    async def _answer(self, request: Request) -> Response:
        paper = self._by_port[request.scope["server"][1]]
        if paper.kind == "broken" and request.url.path != "/robots.txt":
            return PlainTextResponse("The presses have stopped. This sample outlet always answers 500.\n", 500)
        stories = self._stories[paper.id]
        found = page(paper, stories, self.addresses[paper.id], request.url.path)
        if found is None:
            return PlainTextResponse("There is no such page.\n", 404)
        media_type, body = found
        headers = {"etag": f'"{hashlib.sha256(body).hexdigest()[:20]}"'}
        if stories:
            headers["last-modified"] = format_datetime(stories[0].date.astimezone(UTC), usegmt=True)
        answer = Response(body, media_type=media_type, headers=headers)
        unchanged = StaticFiles().is_not_modified(answer.headers, request.headers)
        return NotModifiedResponse(answer.headers) if unchanged else answer

    def configuration(self, base_url: str, port: int) -> dict[str, str]:
        """The configuration files by name, for a demo that is reached under `base_url` and serves on `port`."""
        said = {"base_url": base_url, "port": port, "papers": self.papers, "addresses": self.addresses}
        return {name: render(name, **said) for name in ("tickerwire.toml", "outlets.toml", "feeds.toml")}

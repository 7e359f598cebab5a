"""A table of answers in; a real HTTP server on loopback that gives them and writes down what it was asked out."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(slots=True)
class Answer:
    """A response; `conditional` answers 304 to the right validators. `act` runs instead and writes to the socket itself."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    conditional: bool = True
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


@dataclass(slots=True)
class Asked:
    """One request as it arrived: lower-case header names."""

    path: str
    headers: dict[str, str]


@dataclass(slots=True)
class Loopback:
    """A running server: change `answers` at any time; read `asked`."""

    port: int
    answers: dict[str, Answer]
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]


@contextmanager
def loopback(answers: dict[str, Answer]) -> Iterator[Loopback]:
    """Serve `answers` by path; anything else is 404."""
    state = Loopback(0, answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # the base class's name
            state.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = state.answers.get(self.path, Answer(b"not here", 404))
            if answer.act:
                answer.act(self)
                return
            tag = f'"{hashlib.sha256(answer.body).hexdigest()[:12]}"'
            body, status = answer.body, answer.status
            if answer.conditional and status == 200 and self.headers.get("If-None-Match") == tag:
                body, status = b"", 304
            self.send_response(status)
            headers = ({"ETag": tag} if answer.conditional and status in (200, 304) else {}) | answer.headers
            if status != 304:
                headers |= {"Content-Length": str(len(body))}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Tests read `asked` instead."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # with the 5 of the standard library a busy machine drops connections

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rss(*items: tuple[str, str], link: str = "http://127.0.0.1") -> bytes:
    """A small RSS 2.0 document of (number, title) items."""
    listed = "".join(
        f"<item><title>{title}</title><link>{link}/news/{number}</link><guid isPermaLink='false'>n{number}</guid>"
        f"<description>About {title}.</description><pubDate>Sat, 21 Nov 2026 {int(number) % 24:02}:00:00 GMT</pubDate></item>"
        for number, title in items
    )
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>T</title><link>{link}/</link>"
        f"<description>D</description>{listed}</channel></rss>"
    ).encode()

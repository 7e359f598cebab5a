"""A table of behaviours in; real servers on loopback out: a WebSub hub with its subscribers, and a webhook receiver that verifies."""

import base64
import hashlib
import hmac
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


@dataclass(slots=True)
class Post:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


def always(status: int) -> Callable[[Post], int]:
    return lambda _: status


@dataclass(slots=True)
class Receiver:
    """A running server: `behave` answers with a status, after what it likes; `posts` is what it was sent."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    behave: Callable[[Post], int] = field(default_factory=lambda: always(200))
    port: int = 0


@contextmanager
def receiver(behave: Callable[[Post], int] | None = None, port: int = 0) -> Iterator[Receiver]:
    state = Receiver(behave=behave or always(200))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the base class's name
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            state.posts.append(post)
            status = state.behave(post)
            if status:
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Tests read `posts`."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, *args: object) -> None:
            """A sender that gave up is no fault here."""

    server = Server(("127.0.0.1", port), Handler)
    state.port = server.server_address[1]
    state.url = f"http://127.0.0.1:{state.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def verified(post: Post, secret: str = SECRET, now: float | None = None) -> bool:
    """Whether a webhook is who it says and fresh, as the libraries of Standard Webhooks decide: signature of id, time and body, and
    no more than five minutes old."""
    name, moment = post.headers["webhook-id"], post.headers["webhook-timestamp"]
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    mac = base64.b64encode(hmac.new(key, f"{name}.{moment}.".encode() + post.body, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(f"v1,{mac}", post.headers["webhook-signature"]) and abs((now or time.time()) - int(moment)) < 300


@dataclass(slots=True)
class Hub:
    """A WebSub hub: what is pinged is fetched (by `fetch`) and, when it is not what it was, sent to the topic's subscribers, signed."""

    subscribers: dict[str, tuple[str, str]]
    fetch: Callable[[str], bytes]
    pings: list[str] = field(default_factory=list)
    seen: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, post: Post) -> int:
        said = parse_qs(post.body.decode(), strict_parsing=True)
        if post.headers["content-type"] != "application/x-www-form-urlencoded" or said["hub.mode"] != ["publish"]:
            return 400
        (topic,) = said["hub.url"]
        self.pings.append(topic)
        content = self.fetch(topic)
        if topic in self.subscribers and content != self.seen.get(topic):
            callback, secret = self.subscribers[topic]
            mac = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
            headers = {"X-Hub-Signature": f"sha256={mac}", "Link": f'<{topic}>; rel="self"'}
            urllib.request.urlopen(urllib.request.Request(callback, content, headers), timeout=5).close()
        self.seen[topic] = content
        return 204

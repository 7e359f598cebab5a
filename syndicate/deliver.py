"""What waits in the outbox in; requests to hub and webhooks, signed, and why each was not taken, out."""

import hmac
import logging
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, ip_address
from multiprocessing.pool import ThreadPool
from threading import Timer
from time import monotonic
from urllib.parse import quote, urlsplit

from syndicate.notices import targets
from tickerwire.config import Config

logger = logging.getLogger(__name__)
Permitted = Callable[[IPv4Address | IPv6Address], bool]
Lanes = Mapping[tuple[str, str], list[tuple[int, str, str]]]


def deliver(config: Config, waiting: Lanes, permitted: Permitted, now: datetime, seconds: float) -> dict[int, str]:
    """Try what waits (`Archive.waiting`), in order for each target and several targets at once, for so many seconds: by id why each was
    not taken, "" when it was. Who did not answer is not asked again now. What is under way at the end waits on."""
    known = {(feed.id, name): to for feed in config.feeds for name, to in targets(config, feed).items()}
    work = [(*known[name], name[0], lane) for name, lane in waiting.items() if name in known]
    end, tried, down = monotonic() + seconds, dict[int, str](), dict[str, str]()

    def walk(url: str, secret: str, feed: str, lane: list[tuple[int, str, str]]) -> None:
        host = urlsplit(url).netloc  # all of the address that is ever said: the rest may be secret
        for one, name, body in lane:
            if (left := end - monotonic()) <= 0:
                return
            headers = {"User-Agent": config.crawl.user_agent} | dressed(name, body, secret, now)
            try:  # Standard Webhooks: a receiver has 15 to 30 seconds
                why = down.get(host) or post(url, body.encode(), headers, min(left, 15.0), permitted)
            except (OSError, HTTPException, ValueError) as error:
                why = down[host] = getattr(error, "strerror", "") or str(error) or type(error).__name__
            tried[one] = why and f"{host}: {why:.200}"
            if why:
                logger.warning("feed %s, %s", feed, tried[one])
                return

    with ThreadPool(8) as pool:  # of daemons: a name that never resolves does not keep the process from ending
        pool.starmap_async(walk, work, 1, error_callback=logger.error).wait(seconds + 0.5)
    return dict(tried)


def dressed(name: str, body: str, secret: str, now: datetime) -> dict[str, str]:
    """The headers of one request; those of a webhook are signed (Standard Webhooks 1.0.0): over retries the id stays the same, the time
    is the attempt's."""
    if not secret:
        return {"Content-Type": "application/x-www-form-urlencoded"}
    moment = str(int(now.timestamp()))
    key = b64decode(secret[6:] + "==") if secret.startswith("whsec_") else secret.encode()
    mac = b64encode(hmac.digest(key, f"{name}.{moment}.{body}".encode(), "sha256")).decode()
    return {"Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": moment, "webhook-signature": f"v1,{mac}"}


def post(url: str, body: bytes, headers: dict[str, str], seconds: float, permitted: Permitted) -> str:
    """Why a POST was not taken, "" when it was: no redirect is followed, no body read, no proxy of the environment used. OSError or
    HTTPException when it is not answered in time."""
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    connection = (HTTPSConnection if secure else HTTPConnection)(host, parts.port)
    connection.sock = _connected(host, connection.port, seconds, permitted)
    clock = Timer(seconds + 0.2, _cut, [connection])  # the socket's own timeout begins anew with each byte
    clock.daemon = True
    clock.start()
    try:
        if secure:
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=host)
        path = quote(parts._replace(scheme="", netloc="", path=parts.path or "/").geturl(), "/?&=%:;,@!$'()*+~[]")
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    finally:
        clock.cancel()
        connection.close()
    return "" if 200 <= status < 300 else f"answered {status}"


def _connected(host: str, port: int, seconds: float, permitted: Permitted) -> socket.socket:
    """A connection to the first address of `host` that is permitted: what is checked is what is connected to."""
    found = [str(place[0]) for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if fit := [address for address in found if permitted(ip_address(address))]:
        return socket.create_connection((fit[0], port), seconds)
    raise OSError("not a public address, nor one in [crawl] allow_networks")


def _cut(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)

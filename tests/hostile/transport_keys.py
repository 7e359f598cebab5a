"""Nothing in; outlets that want the operator's credentials, or show certificates that are not theirs, out."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.hostile.behaviour import FEED, Behaviour, Check, Route, asks, asks_at_most, fails, keeps, nowhere, works
from tests.hostile.server import Asked, Host, Reply
from tests.hostile.transport import ROBOTS, feed, prompt
from tests.hostile.transport_more import each, hops, lacks
from tests.loopback import rss

SECRET, VARIABLE = "hunter2", "HOSTILE_TEST_KEY"  # a secret, and the variable of the environment that holds it
NAMED = "http://{name}.test:{port}/feed.xml"
SEALED = "https://{name}.tls.test:{port}/feed.xml"
Routes = Callable[[Host], Mapping[str, Route]]

# --- credentials ----------------------------------------------------------------------------------------------------


def trusted(name: str, does: str, routes: Routes, *checks: Check, **keys: Any) -> Behaviour:
    """An outlet known by name with a secret header; b.NAME.test is the same host under another name."""

    def confined(asked: Asked) -> bool:
        secret = SECRET in repr(asked.headers)
        return secret == asked.headers["host"].startswith(name)

    kept = (
        each(confined, "the secret went astray"),
        nowhere(SECRET),
        lacks("referer", "cookie", "proxy-authorization"),
    )
    outlet = {"headers": {"Authorization": f"Bearer ${{{VARIABLE}}}", "X-Key": f"${{{VARIABLE}}}"}} | keys.pop("outlet", {})
    both = lambda host: {f"b.{name}.test": [f"A {host.address}"]}  # noqa: E731
    correct = "sends the secret to the configured origin alone"
    return Behaviour(name, "Credentials", does, correct, routes, (*kept, *checks), NAMED, outlet=outlet, names=both, **keys)


def other(host: Host, path: str) -> str:
    return f"http://b.{host.name}.test:{host.port}{path}"


def over(host: Host) -> Mapping[str, Route]:
    """To the other name and back, and there to the feed."""
    steps = {
        FEED: other(host, "/one"),
        "/one": f"http://{host.name}.test:{host.port}/two",
        "/two": other(host, "/three"),
    }
    found: dict[str, Route] = {path: Reply(status=302, headers={"Location": to, "Set-Cookie": "a=b"}) for path, to in steps.items()}
    return found | {"/three": Reply(feed("Reached"))}


CREDENTIALS = [
    trusted(
        "secret-redirect",
        "redirects to another name, back, and there again",
        over,
        works("Reached"),
        asks("/three", 3, 3),
    ),
    trusted(
        "secret-robots",
        "redirects robots.txt to another name",
        lambda host: {
            ROBOTS: Reply(status=301, headers={"Location": other(host, "/rules")}),
            "/rules": Reply(b"User-agent: *\nDisallow:\n"),
            FEED: Reply(feed("Ruled")),
        },
        works("Ruled"),
        asks("/rules", 1, 1),
    ),
    trusted(
        "secret-pages",
        "has its articles at another name",
        lambda host: {
            FEED: Reply(rss(("1", "Page"), link=other(host, ""))),
            "/news/1": Reply(b"<p>The page.</p>", headers={"Content-Type": "text/html", "Set-Cookie": "p=1"}),
        },
        works("Page"),
        asks("/news/1", 1, 1),
        outlet={"full_text": True},
    ),
    trusted(
        "secret-asked",
        "asks for a password with 401",
        lambda _: {FEED: Reply(b"Who?", 401, {"WWW-Authenticate": 'Basic realm="hunter", Digest realm="x", nonce="1"'})},
        fails("HTTP 401"),
        hops(1),
    ),
    trusted(
        "secret-proxy",
        "plays a proxy and asks for a password with 407",
        lambda _: {FEED: Reply(b"Who?", 407, {"Proxy-Authenticate": "Basic realm=x", "Proxy-Connection": "close"})},
        fails("HTTP 407"),
        hops(1),
    ),
    trusted(
        "secret-echo",
        "writes the request it got into its feed's error page",
        lambda _: {FEED: mirror},
        fails("HTTP 403"),
    ),
    Behaviour(
        "secret-userinfo",
        "Credentials",
        "redirects to an address with a password of its own",
        "does not go there",
        lambda host: {
            FEED: Reply(status=302, headers={"Location": host.url("/in").replace("//", "//user:hunter3@")}),
            "/in": Reply(feed("In")),
        },
        (fails("invalid hostname"), lacks("authorization"), asks("/in", 0, 0), prompt()),
    ),
    Behaviour(
        "cookies",
        "Credentials",
        "sets cookies with every answer",
        "sends none back",
        lambda _: {
            FEED: Reply(feed("Crumb"), headers={"Set-Cookie": "id=7; Max-Age=99999999; Path=/"}),
            ROBOTS: Reply(b"User-agent: *\nDisallow:\n", headers={"Set-Cookie": "id=8"}),
        },
        (works("Crumb"), lacks("cookie", "cookie2", "referer", "authorization"), asks(FEED, 3, 3)),
    ),
]


def mirror(asked: Asked) -> Reply:
    return Reply(repr(asked.headers).encode(), 403, {"X-Saw": asked.headers.get("authorization", "")})


# --- TLS --------------------------------------------------------------------------------------------------------------


def sealed(host: Host) -> Mapping[str, list[str]]:
    return {f"{host.name}.tls.test": [f"A {host.address}"]}


def secure(name: str, does: str, kind: str, *checks: Check) -> Behaviour:
    correct = "refuses it and says that it is the certificate" if kind != "good" else "reads it"
    routes: Mapping[str, Route] = {FEED: Reply(feed("Sealed"))}
    checks = (*(checks or (fails("certificate"), keeps(), asks_at_most(0))), prompt())
    return Behaviour(name, "TLS", does, correct, lambda _: routes, checks, SEALED, certificate=kind, names=sealed)


TLS = [
    secure("tls-good", "has a certificate of an authority that is trusted", "good", works("Sealed")),
    secure("tls-self-signed", "signed its certificate itself", "self-signed"),
    secure("tls-wrong-host", "has the certificate of another host", "wrong-host"),
    secure("tls-expired", "has a certificate that has expired", "expired"),
    secure("tls-not-yet", "has a certificate that is not valid yet", "not-yet"),
    secure("tls-nameless", "has a trusted authority's certificate that names no host", "nameless"),
    secure("tls-wild", "has a trusted authority's certificate for all hosts under .test", "wild"),
    secure("tls-stranger", "has a certificate of an authority nobody knows", "unknown-authority"),
    Behaviour(
        "tls-on-plain",
        "TLS",
        "answers plain HTTP where TLS is spoken",
        "refuses it",
        lambda _: {FEED: Reply(feed("No"))},
        (fails("could not be fetched"), keeps(), prompt()),
        SEALED,
        names=sealed,
    ),
    Behaviour(
        "plain-on-tls",
        "TLS",
        "speaks TLS where plain HTTP is spoken",
        "says so",
        lambda _: {FEED: Reply(feed("No"))},
        (fails("could not be fetched"), keeps(), asks_at_most(0), prompt()),
        NAMED,
        certificate="good",
    ),
    Behaviour(
        "tls-down",
        "TLS",
        "redirects from TLS to its plain self",
        "goes there without the secret",
        lambda host: {FEED: Reply(status=302, headers={"Location": f"http://{host.name}.tls.test:1/feed.xml"})},
        (fails("refused"), keeps(), nowhere(SECRET)),
        SEALED,
        names=sealed,
        outlet={"headers": {"Authorization": f"${{{VARIABLE}}}"}},
        certificate="good",
    ),
]

TRANSPORT_KEYS: list[Behaviour] = [*CREDENTIALS, *TLS]

"""Nothing in; outlets that lead a crawler to addresses it must not contact out."""

from tests.hostile.behaviour import FEED, Behaviour, fails, works
from tests.hostile.server import Reply
from tests.loopback import rss

ADDRESSES: list[Behaviour] = [
    Behaviour(
        "ssrf-redirect",
        "Addresses",
        "its feed redirects to an address inside the operator's network",
        "refuses the hop before a byte is sent",
        lambda host: {FEED: Reply(status=302, headers={"Location": f"{host.canary}/{host.name}"})},
        (fails("not a public address"),),
    ),
    Behaviour(
        "plain",
        "Addresses",
        "behaves",
        "stores both articles once",
        lambda host: {FEED: Reply(rss(("1", "First"), ("2", "Second"), link=host.url("")))},
        (works("First", "Second"),),
    ),
]

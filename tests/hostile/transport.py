"""Nothing in; outlets that abuse HTTP and TLS: sizes, delays, redirects, headers, validators, credentials out."""

from tests.hostile.behaviour import Behaviour

TRANSPORT: list[Behaviour] = []

"""An IP address in; whether a crawl may connect to it out."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_aton
from urllib.parse import unquote

from tickerwire.tables import table

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

NOT_PUBLIC: tuple[Network, ...] = tuple(map(ip_network, table("crawler", "networks")["not_public"]))


@lru_cache(maxsize=4096)
def literal(host: str) -> Address | None:
    """`host` as an address when it is one in any form that resolvers or proxies take (127.1, 0x7f.1, 2130706433); else None."""
    for text in (unquote(host), host):  # the "%58" of ::1%58 names an interface, and without it there is no address
        bare = text.partition("\0")[0].strip("[]").removesuffix(".")  # C code reads no further
        for read in (ip_address, inet_aton):
            with suppress(ValueError, OSError):
                return ip_address(read(bare))
    return None


def public(address: Address) -> bool:
    """Whether the address belongs to the public internet."""
    return address.is_global and not any(address in network for network in NOT_PUBLIC if network.version == address.version)


def allowed(address: Address, networks: Iterable[Network]) -> bool:
    """Public, or inside a network the operator named for this outlet."""
    return public(address) or any(address in network for network in networks)

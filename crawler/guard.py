"""An IP address in; whether a crawl may connect to it out."""

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_aton
from urllib.parse import unquote

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# `is_global` of Python 3.11 calls these global (measured on 3.11.7); each can lead to a private or local host, or nowhere.
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocols: this link's own helpers, a cloud's metadata, RFC 6890
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "168.63.129.16/32",  # the host beneath a virtual machine at Azure
        "224.0.0.0/4",
        # IANA has given out 2000::/3 alone; beyond are NAT64 (RFC 6052, 8215), mapped and compatible IPv4 (RFC 4291),
        # site-local (RFC 3879), segment routing (RFC 9602), multicast
        "::/3",
        "4000::/2",
        "8000::/1",
        "2001::/23",  # protocols: Teredo (RFC 4380), ORCHID (RFC 7343) and others, RFC 2928
        "2002::/16",  # 6to4, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)


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

"""An IP address in; whether a crawl may connect to it out."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

# `is_global` of Python 3.11 calls these global; each can lead to a private or local host (measured on 3.11.7).
NOT_PUBLIC: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # local-use NAT64, RFC 8215
        "2002::/16",  # 6to4, RFC 3056
        "2001::/32",  # Teredo, RFC 4380
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0/96",  # IPv4-mapped, RFC 4291
        "fec0::/10",  # site-local, RFC 3879
        "224.0.0.0/4",
        "ff00::/8",
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
    )
)


def literal(host: str) -> IPv4Address | IPv6Address | None:
    """`host` as an address when it is one, without brackets or zone; else None."""
    try:
        return ip_address(host.strip("[]").split("%")[0])
    except ValueError:
        return None


def public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address belongs to the public internet."""
    return address.is_global and not any(
        address in network for network in NOT_PUBLIC if network.version == address.version
    )


def allowed(address: IPv4Address | IPv6Address, networks: Iterable[Network]) -> bool:
    """Public, or inside a network the operator named for this outlet."""
    return public(address) or any(address in network for network in networks if network.version == address.version)

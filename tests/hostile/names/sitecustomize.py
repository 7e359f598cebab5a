"""A .test name asked of the socket module in; what the name server at $TICKERWIRE_TEST_NAMES (address:port) answers now out.

Python imports this by itself where its folder is on PYTHONPATH. Every call is one question: nothing is remembered here.
"""

import os
import socket
import struct
from ipaddress import ip_address
from typing import Any

A, CNAME, AAAA = 1, 5, 28
PATIENCE = 6.0  # seconds; more than the crawl's own limit, so that it is that one which counts
system_gethostbyname, system_getaddrinfo = socket.gethostbyname, socket.getaddrinfo


def packed(name: str) -> bytes:
    labels = name.encode("idna").strip(b".").split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def unpacked(packet: bytes, at: int) -> tuple[str, int]:
    """The uncompressed name at a place, and the place after it."""
    labels = []
    while length := packet[at]:
        labels.append(packet[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1


def asked(name: str, kind: int) -> list[tuple[int, str]]:
    """One question (RFC 1035) and its answers as (type, text). Raises gaierror as the system's resolver does."""
    address, _, port = os.environ["TICKERWIRE_TEST_NAMES"].partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(PATIENCE)
        udp.sendto(struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + packed(name) + struct.pack("!2H", kind, 1), (address, int(port)))
        try:
            packet = udp.recv(4096)
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution") from None
    _, flags, _, count, _, _ = struct.unpack("!6H", packet[:12])
    if code := flags & 15:
        raise socket.gaierror(*((socket.EAI_NONAME, "Name not known") if code == 3 else (socket.EAI_AGAIN, "Server failed")))
    at, found = unpacked(packet, 12)[1] + 4, []
    for _ in range(count):
        at = unpacked(packet, at)[1]
        rtype, _, _, size = struct.unpack("!HHIH", packet[at : at + 10])
        data = packet[at + 10 : at + 10 + size]
        found.append((rtype, unpacked(data, 0)[0] if rtype == CNAME else str(ip_address(data))))
        at += 10 + size
    return found


def addresses(name: str, kind: int) -> list[str]:
    """The addresses of one kind, through up to eight canonical names. Raises gaierror when there are none."""
    for _ in range(8):
        said = asked(name, kind)
        if found := [text for rtype, text in said if rtype == kind]:
            return found
        if not said:
            break
        name = said[-1][1]
    raise socket.gaierror(socket.EAI_NODATA, "No address associated with hostname")


def ours(name: object) -> bool:
    return isinstance(name, str) and name.rstrip(".").endswith(".test")


def gethostbyname(name: str) -> str:
    return addresses(name, A)[0] if ours(name) else system_gethostbyname(name)


def getaddrinfo(host: Any, port: Any, family: int = 0, *rest: int, **named: int) -> Any:
    if not ours(host):
        return system_getaddrinfo(host, port, family, *rest, **named)
    found: list[Any] = []
    for kind, what in ((A, socket.AF_INET), (AAAA, socket.AF_INET6)):
        if family in (0, what):
            try:
                found += [found for text in addresses(host, kind) for found in system_getaddrinfo(text, port, what, *rest, **named)]
            except socket.gaierror as error:
                last = error
    if not found:
        raise last
    return found


socket.gethostbyname, socket.getaddrinfo = gethostbyname, getaddrinfo

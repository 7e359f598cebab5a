"""A zone of answers by name in; a real DNS server (RFC 1035, UDP, loopback), and every question it was asked, out."""

import contextlib
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from tests.hostile.names.sitecustomize import AAAA, CNAME, A, packed, unpacked

# Records: "A 127.66.0.1", "AAAA ::1", "CNAME other.test"; or NXDOMAIN, SERVFAIL, SILENT; "SLOW 3" (seconds) before others.
Answer = Sequence[str] | Callable[[int], Sequence[str]]  # or made from how often the name was asked before
KINDS = {"A": A, "AAAA": AAAA, "CNAME": CNAME}
CODES = {"SERVFAIL": 2, "NXDOMAIN": 3}


@dataclass
class Names:
    """A running name server: change `zone` at any time; names that are not there do not exist."""

    zone: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    at: str = ""  # address:port

    def answer(self, packet: bytes) -> bytes | None:
        """The answer to one question, by and by; None for none at all."""
        name, end = unpacked(packet, 12)
        kind = struct.unpack("!H", packet[end : end + 2])[0]
        known = self.zone.get(name, ("NXDOMAIN",))
        records = known(self.asked.count(name)) if callable(known) else known
        self.asked.append(name)
        code, found = 0, b""
        count = 0
        for what, _, text in (record.partition(" ") for record in records):
            if what == "SILENT":
                return None
            if what == "SLOW":
                time.sleep(float(text))
            elif what in CODES:
                code = CODES[what]
            elif KINDS[what] in (kind, CNAME):
                data = packed(text) if what == "CNAME" else ip_address(text).packed
                found += packed(name) + struct.pack("!HHIH", KINDS[what], 1, 0, len(data)) + data
                count += 1
        return packet[:2] + struct.pack("!5H", 0x8180 | code, 1, count, 0, 0) + packet[12 : end + 4] + found


@contextlib.contextmanager
def naming(zone: Mapping[str, Answer]) -> Iterator[Names]:
    """Serve a zone from a free port until the end of the block."""
    names = Names(dict(zone))

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            packet, udp = self.request
            if answer := names.answer(packet):
                with contextlib.suppress(OSError):
                    udp.sendto(answer, self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        names.at = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield names
        finally:
            server.shutdown()
            thread.join()

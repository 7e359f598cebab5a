"""Scrapy's reactor, whose connections break off when the head of an answer (status line and headers) is too long."""

# mypy: allow-untyped-calls

import re
from typing import Any

from twisted.internet import asyncioreactor, main
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from zope.interface import implementer

LONGEST = 1 << 16  # bytes; Apache httpd and nginx send 8 KiB or less. Twisted reads on for as long as they come
END = re.compile(rb"\r?\n\r?\n")
INTERIM = re.compile(rb"HTTP/1\.\d 1\d\d")  # any number of these may come before the answer: RFC 9110 section 15.2
REQUEST = re.compile(rb"[A-Z]{3,7} ")


class HeadTooLongError(Exception):
    """An outlet sends headers without end."""


@implementer(ITCPTransport)
class Bounded(ProtocolWrapper):
    """A connection on which a request is answered by no more than `LONGEST` bytes of head. What is not plain HTTP passes."""

    head: bytearray | None = None  # so far, of the answer that is awaited
    left = LONGEST

    def makeConnection(self, transport: Any) -> None:  # noqa: N802  # Twisted's name
        """As the base class does; what it provides is declared once above, not each time: 3 % of an unchanged crawl."""
        Protocol.makeConnection(self, transport)
        self.factory.registerProtocol(self)
        self.wrappedProtocol.makeConnection(self)  # type: ignore[call-arg, misc]  # zope leaves out self

    def request(self, request: Any) -> Any:
        """Twisted's agent asks the protocol that a TLS one holds; that is this."""
        return self.wrappedProtocol.request(request)

    def write(self, data: bytes) -> None:
        if REQUEST.match(data):
            self.head, self.left = bytearray(), LONGEST
        super().write(data)

    def writeSequence(self, data: list[bytes]) -> None:  # noqa: N802  # Twisted's name
        self.write(b"".join(data))

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        if self.head is not None:
            self.head, self.left = self.ended(self.head, data), self.left - len(data)
            if self.head is not None and self.left < 0:
                self.abortConnection()
                return
        super().dataReceived(data)

    @staticmethod
    def ended(head: bytearray, data: bytes) -> bytearray | None:
        """The head with what came now; None at its end."""
        start = max(0, len(head) - 3)
        head += data
        while found := END.search(head, start):
            if not INTERIM.match(head):
                return None
            del head[: found.end()]
            start = 0
        return head

    def connectionLost(self, reason: Any = main.CONNECTION_LOST) -> None:  # noqa: N802  # Twisted's name
        if self.left < 0:
            reason = Failure(HeadTooLongError(f"the headers of the answer are longer than {LONGEST >> 10} KiB"))
        super().connectionLost(reason)


class BoundedFactory(WrappingFactory[Bounded]):
    """Wraps a factory: its protocols are `Bounded`."""

    protocol = Bounded


class Reactor(asyncioreactor.AsyncioSelectorReactor):
    """Every TCP connection is `Bounded`; of a TLS one this sees only what is encrypted, so crawler.tls bounds what is in it."""

    def connectTCP(self, host: str, port: int, factory: Any, *rest: Any, **named: Any) -> Any:  # noqa: N802
        return super().connectTCP(host, port, BoundedFactory(factory), *rest, **named)


def install() -> None:
    """Make a `Reactor` the process's reactor, as Scrapy asks for."""
    main.installReactor(Reactor())

"""A host in; TLS connections to it that are refused unless its certificate names it out.

Twisted (26.4 to 26.10) logs a certificate whose names it cannot read, or that has none, and goes on.
"""

# mypy: allow-untyped-calls

from typing import Any

from OpenSSL.crypto import X509
from OpenSSL.SSL import VERIFY_FAIL_IF_NO_PEER_CERT, VERIFY_PEER, Connection
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.protocol import Factory
from twisted.web.client import BrowserLikePolicyForHTTPS
from zope.interface import implementer

from crawler.guard import literal
from crawler.reactor import Bounded, BoundedFactory


class Policy(BrowserLikePolicyForHTTPS):
    """The system's authorities and Twisted's protocol versions; the host's name is checked here (RFC 9525)."""

    def __init__(self, **_: Any) -> None:  # Scrapy passes a TLS method
        super().__init__()

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:  # noqa: N802  # Twisted's name
        return Named(super().creatorForNetloc(hostname, port), hostname.decode("ascii"))


@implementer(IOpenSSLClientConnectionCreator)
class Named:
    """Connections to one host."""

    def __init__(self, inner: Any, host: str) -> None:
        self.inner, self.host = inner, host

    def clientConnectionForTLS(self, protocol: Any) -> Connection:  # noqa: N802  # Twisted's name
        protocol.wrappedProtocol = Bounded(BoundedFactory(Factory()), protocol.wrappedProtocol)
        connection: Connection = self.inner.clientConnectionForTLS(protocol)
        connection.set_verify(VERIFY_PEER | VERIFY_FAIL_IF_NO_PEER_CERT, self.names)
        return connection

    def names(self, _: Connection, shown: X509, _error: int, depth: int, good: int) -> bool:
        """Whether the chain is good so far and, at its end, the certificate names the host."""
        check = verify_certificate_ip_address if literal(self.host) else verify_certificate_hostname
        try:
            if not depth:
                check(shown.to_cryptography(), self.host)
        except (CertificateError, VerificationError):
            return False
        return bool(good)

"""A kind of certificate in; a server's TLS context that shows it, and the authority that a crawl trusts, out."""

import ssl
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

AUTHORITY = "authority.pem"
DAY = timedelta(days=1)
# what the certificate is made out to, days until its end, and who signed it
KINDS = {
    "good": ("*.tls.test", 1, "authority"),
    "self-signed": ("*.tls.test", 1, "self"),
    "wrong-host": ("other.example", 1, "authority"),
    "expired": ("*.tls.test", -1, "authority"),
    "not-yet": ("*.tls.test", 90, "authority"),
    "unknown-authority": ("*.tls.test", 1, "stranger"),
    "nameless": ("", 1, "authority"),
    "wild": ("*.test", 1, "authority"),
}


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or "no host")])


@cache
def key(_: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(name: str, until: int, signer: str, authority: bool = False) -> x509.Certificate:
    """A certificate for 60 days that ends `until` days from now."""
    end = datetime.now(UTC) + until * DAY
    own = name if signer == "self" else signer
    made = x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(own)).public_key(key(name).public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(end - 60 * DAY).not_valid_after(end)
    made = made.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if name:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(key(own), hashes.SHA256())


@cache
def contexts(place: Path) -> dict[str, ssl.SSLContext]:
    """A server's context for every kind; AUTHORITY is written to `place`."""
    trusted = certificate("authority", 30, "self", authority=True)
    (place / AUTHORITY).write_bytes(trusted.public_bytes(Encoding.PEM))
    made = {}
    for kind, (name, until, signer) in KINDS.items():
        private = key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (place / f"{kind}.pem").write_bytes(certificate(name, until, signer).public_bytes(Encoding.PEM) + private)
        made[kind] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made[kind].load_cert_chain(place / f"{kind}.pem")
    return made

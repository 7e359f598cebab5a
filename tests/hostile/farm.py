"""Names of behaviours and their addresses in; a farm of them in a process of its own, and everything it was asked, out."""

import contextlib
import multiprocessing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tests.hostile.certificates import contexts
from tests.hostile.families import BEHAVIOURS
from tests.hostile.server import CANARY, Asked, Farm, Host, good_routes, serving


@dataclass(frozen=True)
class Running:
    """A running farm: one port on all addresses."""

    port: int
    connection: Connection

    def begin(self, crawl: int) -> None:
        """From now on it answers as in that crawl."""
        self.connection.send(crawl)
        self.connection.recv()

    def asked(self) -> list[Asked]:
        """Every request so far."""
        self.connection.send(None)
        asked: list[Asked] = self.connection.recv()
        return asked


def known(farm: Farm, addresses: Mapping[str, str], place: Path) -> None:
    """Write down who is where."""
    canary, secret = f"http://{CANARY}:{farm.port}", str(place / "secret.txt")
    farm.hosts |= {at: Host(name, at, farm.port, canary, farm, secret_path=secret) for name, at in addresses.items()}


def serve(connection: Connection, addresses: Mapping[str, str], place: Path) -> None:
    """The farm's process: send the port, then take the number of a crawl, or None for what was asked, until the end."""
    farm = Farm()
    secure = {name: BEHAVIOURS[name].certificate for name in addresses if name in BEHAVIOURS}
    farm.tls = {addresses[name]: contexts(place)[kind] for name, kind in secure.items() if kind}
    with serving(farm, list(addresses.values())), contextlib.suppress(EOFError):
        known(farm, addresses, place)
        for at, host in farm.hosts.items():
            good = host.name.removeprefix("good-")
            farm.routes[at] = good_routes(host, int(good)) if good != host.name else BEHAVIOURS[host.name].routes(host)
        connection.send(farm.port)
        while True:
            crawl = connection.recv()
            farm.crawl = crawl or farm.crawl
            connection.send(crawl or farm.asked)


@contextlib.contextmanager
def running(addresses: Mapping[str, str], place: Path) -> Iterator[Running]:
    """Run the farm until the end of the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, dict(addresses), place), daemon=True)
    process.start()
    theirs.close()
    try:
        yield Running(ours.recv(), ours)
    finally:
        ours.close()
        process.join(30)
        process.kill()

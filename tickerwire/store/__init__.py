"""All SQL of Tickerwire: `Archive` reads, `Store` writes, `exclusive` keeps writers apart."""

from typing import TYPE_CHECKING, Any

from tickerwire.store.archive import Archive, behind
from tickerwire.store.lock import exclusive, outbox_lock, service_lock, write_lock

if TYPE_CHECKING:
    from tickerwire.store.store import Store

__all__ = ["Archive", "Store", "behind", "exclusive", "outbox_lock", "service_lock", "write_lock"]


def __getattr__(name: str) -> Any:
    """Import the writing half when it is first asked for: sqlite-utils takes half a second, which readers need not pay."""
    if name != "Store":
        raise AttributeError(name)
    from tickerwire.store.store import Store  # noqa: PLC0415

    return Store

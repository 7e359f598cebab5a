"""All SQL of Tickerwire: `Archive` reads, `Store` writes, `exclusive` keeps writers apart."""

from tickerwire.store.archive import Archive
from tickerwire.store.lock import exclusive, service_lock, write_lock
from tickerwire.store.store import Store

__all__ = ["Archive", "Store", "exclusive", "service_lock", "write_lock"]

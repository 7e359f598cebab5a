"""What spiders hand to the pipeline: one item per finished outlet and one per fetched article page, never one per entry."""

from dataclasses import dataclass

from tickerwire.config import Outlet
from tickerwire.model import OutletOutcome, PageTask
from tickerwire.store.pages import PageRead


@dataclass(frozen=True, slots=True)
class OutletCrawled:
    """All sources of one outlet have answered or failed."""

    outlet: Outlet
    outcome: OutletOutcome


@dataclass(frozen=True, slots=True)
class PageCrawled:
    """One article page has been read, or cannot be."""

    task: PageTask
    read: PageRead

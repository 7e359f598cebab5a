"""A directory of three TOML files in; one checked, frozen `Config`, or every complaint at once, out."""

from tickerwire.config.load import load
from tickerwire.config.model import (
    Config,
    CrawlSettings,
    Expect,
    FeedSpec,
    Outlet,
    Publish,
    Retention,
    Serve,
    Site,
    Source,
    StoreSettings,
)
from tickerwire.config.schema import schemas, write_schemas

__all__ = [
    "Config",
    "CrawlSettings",
    "Expect",
    "FeedSpec",
    "Outlet",
    "Publish",
    "Retention",
    "Serve",
    "Site",
    "Source",
    "StoreSettings",
    "load",
    "schemas",
    "write_schemas",
]

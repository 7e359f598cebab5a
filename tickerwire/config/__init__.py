"""A directory of three TOML files in; one checked, frozen `Config`, or every complaint at once, out."""

from tickerwire.config.load import load
from tickerwire.config.model import Config, FeedSpec, Outlet, PageRules, Site, Source, Webhook, schemas, write_schemas

__all__ = ["Config", "FeedSpec", "Outlet", "PageRules", "Site", "Source", "Webhook", "load", "schemas", "write_schemas"]

"""settings.toml, where each has its reason, in; Scrapy's settings for every crawl, as a module, out."""

from tickerwire.tables import table

globals().update(table("crawler", "settings"))
DOWNLOAD_HANDLERS = dict.fromkeys(("file", "data", "ftp", "s3"))  # None, which TOML lacks: an outlet may name http and https only

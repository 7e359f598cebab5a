"""An article page as fetched in; what the page said of title, authors, dates, body, each with its origin, out."""

from crawler.extract.page import Page, extract, read_page

__all__ = ["Page", "extract", "read_page"]

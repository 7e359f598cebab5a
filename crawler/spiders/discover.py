"""The address of an outlet in; what each source it offers would give, read as a crawl would read it, out."""

from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.discover import Home, look
from crawler.run import Run, plain_headers
from crawler.spiders.feed import failing
from crawler.work import SourceRead
from crawler.workers import WorkerKilled
from tickerwire.config import Source
from tickerwire.store.rows import stamp_or_none

SHOWN, SITEMAPS, MOST = 5, 2, 12  # articles shown; children asked for of one index; addresses asked for in all


class DiscoverSpider(Spider):
    """Asks the given address, then the sources found there, a dozen addresses at most; stores nothing."""

    name = "discover"

    def __init__(self, run: Run, url: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.run, self.url, self.asked = run, url, {url}
        self.home = Home()
        self.tried: list[dict[str, Any]] = []

    async def start(self) -> AsyncIterator[Any]:
        yield self.ask(Source(kind="feed", url=self.url), home=True)

    def ask(self, source: Source, home: bool = False, root: Source | None = None) -> Request:
        self.asked.add(source.url)
        meta = {"outlet": self.run.outlets[0], "source": source, "home": home, "root": root or source}
        return Request(source.url, callback=self.parse, errback=self.failed, meta=meta)

    async def parse(self, response: Response) -> AsyncIterator[Any]:
        source, root = response.meta["source"], response.meta["root"]
        if response.status != 200:
            self.note(root, SourceRead(error=f"answered HTTP {response.status}"))
            return
        read = await self.run.read(response, source)
        if response.meta["home"] and read.error:
            as_map = source.model_copy(update={"kind": "sitemap"})
            read, root = await self.run.read(response, as_map), as_map
            if read.error:
                async for request in self.explore(response):
                    yield request
                return
        for url in sorted(read.follow, key=lambda url: "news" not in url)[:SITEMAPS]:
            if url not in self.asked and len(self.asked) < MOST:
                yield self.ask(root.model_copy(update={"kind": "sitemap", "url": url}), root=root)
        if not read.follow:
            self.note(root, read)

    async def explore(self, response: Response) -> AsyncIterator[Request]:
        """Ask for what the page at the given address offers; its own lists are read at once."""
        headers = plain_headers(response)
        try:
            self.home = await self.run.workers.run(look, response.body, response.url, headers.get("content-type", ""))
        except WorkerKilled as error:
            self.home = Home(reason=f"reading the page was stopped: {error}")
        for source in self.home.sources:
            if source.kind == "listing":
                self.note(source, await self.run.read(response, source))
            elif source.url not in self.asked:
                yield self.ask(source)

    def failed(self, failure: Failure) -> None:
        self.note(failure.request.meta["root"], SourceRead(error=failing(failure)))  # type: ignore[attr-defined]

    def note(self, source: Source, read: SourceRead) -> None:
        """Keep what came of one source, as JSON-ready values."""
        entries = [found.entry for found in read.entries]
        dated = [entry.published for entry in entries if entry.published]
        shown = [{"date": stamp_or_none(one.published), "title": one.title, "link": one.link} for one in entries[:SHOWN]]
        said = {
            "source": source.model_dump(include={"kind", "url", "links"}, exclude_defaults=True),
            "entries": len(entries),
            "titled": sum(bool(entry.title) for entry in entries),
            "dated": len(dated),
            "newest": stamp_or_none(max(dated, default=None)),
        }
        self.tried.append(said | {"error": read.error, "title": read.title, "articles": shown})

"""A request for /search, the configuration and the archive in; the articles that match now, as a page, JSON Feed or RSS, out."""

import hashlib
import json
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from syndicate.channel import FORMATS, channel
from syndicate.item import Item, Unfit, fitted, headline_only, item
from syndicate.kinds import LIVES, POLICIES, SHARED, unchanged
from syndicate.pages import search_page
from syndicate.render import RENDERERS
from tickerwire.config import Config, FeedSpec
from tickerwire.config.doubts import of_a_query
from tickerwire.errors import QueryError, StoreError
from tickerwire.query import Folded, Query, compile_query, forget
from tickerwire.query.ast import All, affirmed
from tickerwire.query.impossible import possible
from tickerwire.store import Archive
from tickerwire.store.embargo import released

FORMS = ("html", "json", "rss")
AT_ONCE = 2  # searches; others wait for their turn
ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results, newest first, and the query; whether there are `more`, whether time was up before all was looked at; what is
    wrong with the query and at which of its characters, from 1; what of it may not do what it looks like."""

    items: tuple[Item, ...] = ()
    query: Query = field(default_factory=All)
    more: bool = False
    cut: bool = False
    error: str = ""
    position: int = 0
    doubts: tuple[str, ...] = ()


class Search:
    """The endpoint. A search takes as long as `[search] seconds` at most, and few run at once: strangers write the queries."""

    def __init__(self, config: Config) -> None:
        self.config, self.limits = config, config.search
        self.root = urlsplit(config.site.base_url).path.rstrip("/") + "/"
        self.turns = threading.BoundedSemaphore(AT_ONCE)

    async def answer(self, request: Request) -> Response:
        """400 for a query that cannot be read or a format there is none of, 404 beyond the last page allowed, 503 when busy."""
        asked = request.query_params
        text, how, number = asked.get("q", "").strip(), asked.get("format", "html"), asked.get("page", "1")
        page = int(number) if re.fullmatch(r"[1-9]\d{0,3}", number, re.ASCII) else 0
        if how not in FORMS:
            raise HTTPException(400, f"format {how[:20]!r} is none of {', '.join(FORMS)}")
        if not 0 < page <= self.limits.pages:
            raise HTTPException(404)
        found = await run_in_threadpool(self.found, text, page) if text else Found()
        body, headers = self.rendered(text, page, how, found), ALWAYS | (SHARED if how == "json" else {})
        headers["ETag"] = tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        headers["Cache-Control"] = "no-store" if found.error or found.cut else LIVES["feed"]
        headers["Content-Security-Policy"] = POLICIES["page" if how == "html" else "feed"]
        headers["Vary"] = "Sec-Fetch-Dest"  # a person who opens the RSS is to see a page, as with every feed
        if not found.error and unchanged(request.headers.get("if-none-match", ""), None, tag, 0):
            return Response(status_code=304, headers=headers)
        opened = how == "rss" and request.headers.get("sec-fetch-dest") == "document"
        told = "application/json" if found.error else "application/xml" if opened else ""
        kind = "text/html" if how == "html" else told or FORMATS[how][2]
        return Response(body, 400 if found.error else 200, headers, f"{kind}; charset=utf-8")

    def found(self, text: str, page: int) -> Found:
        """Page `page` (from 1) of what matches now."""
        if not self.turns.acquire(timeout=self.limits.seconds):
            raise HTTPException(503, headers={"Retry-After": "5"})
        try:
            query = possible(text, self.config.words)
            now, end, size = datetime.now(UTC), time.monotonic() + self.limits.seconds, self.limits.results
            belongs, kept, cut = compile_query(query), list[Item](), False
            with Archive.open(self.config.database) as archive:
                for article in released(archive.candidates(affirmed(query), now), self.config.embargoes, now):
                    if cut := time.monotonic() > end:
                        break
                    outlet = self.config.by_id.get(article.outlet)
                    # words that may not be shown are not to be guessed either
                    told = replace(article, summary="", text="") if headline_only(article, outlet) else article
                    if belongs(Folded(told), now):
                        with suppress(Unfit):
                            kept.append(item(article, outlet))
                    if len(kept) > page * size:
                        break
        except QueryError as error:
            return Found(error=str(error), position=error.position + 1)
        except StoreError as error:
            raise HTTPException(503, headers={"Retry-After": "30"}) from error
        finally:
            self.turns.release()
            forget()
        shown, more = fitted(kept[(page - 1) * size : page * size]), len(kept) > page * size and page < self.limits.pages
        return Found(shown, query, more, cut, doubts=tuple(of_a_query(text, query, self.config, now)))

    def rendered(self, text: str, page: int, how: str, found: Found) -> bytes:
        """One page of results in the format asked for."""
        if how == "html":
            return search_page(self.config, self.root, {"text": text, "page": page, "found": found})
        if found.error:
            return json.dumps({"error": found.error, "position": found.position}, ensure_ascii=False).encode()
        site, description = self.config.site, f"Articles that match: {text}"[:500]
        spec = FeedSpec(id="search", title=f"{text} – {site.title}"[:200], query="*", description=description)
        paths = {kind: f"search?{urlencode({'q': text})}" + (f"&format={kind}" if kind != "html" else "") for kind in FORMS}
        results = replace(channel(spec, site, "", found.items), paths=paths, home=f"{site.base_url}/{paths['html']}")
        body = RENDERERS[how](results, found.items)
        if how == "json" and found.more:
            following = f"{results.address('json')}&page={page + 1}"
            body = json.dumps(json.loads(body) | {"next_url": following}, ensure_ascii=False).encode()
        return body

"""A request for /oembed (oembed.com) and the published tree in; how to show one of our feeds' pages on another site, as JSON, out."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from syndicate.channel import PATHS
from syndicate.files import Tree
from syndicate.kinds import LIVES, POLICIES, SHARED
from syndicate.pages import oembed

HEADERS = SHARED | {
    "Cache-Control": LIVES["feed"],
    "Content-Security-Policy": POLICIES["data"],
    "X-Content-Type-Options": "nosniff",
}


class Embeds:
    """The endpoint over `tree`, for the pages of feeds below `base` that are published as a ticker. Nothing is fetched."""

    def __init__(self, tree: Tree, base: str) -> None:
        self.tree, self.base = tree, base
        host = re.escape(base.partition("://")[2])
        self.page = re.compile(rf"(?i:https?://{host})/feeds/([a-z][a-z0-9-]{{0,63}})/?(?:[?#].*)?")

    async def answer(self, request: Request) -> JSONResponse:
        """404 for any other address, 501 for another format than JSON: what the specification asks for."""
        asked = request.query_params
        if asked.get("format", "json") != "json":
            raise HTTPException(501)
        page = self.page.fullmatch(asked.get("url", ""))
        stored = self.tree.find(PATHS["ticker"].format(page[1])) if page else None
        if page is None or stored is None:
            raise HTTPException(404)
        width, height = (_pixels(asked.get(name, "")) for name in ("maxwidth", "maxheight"))
        return JSONResponse(oembed(stored.variants["identity"].body, page[1], self.base, width, height), headers=HEADERS)


def _pixels(text: str) -> int:
    """At most 99,999; that, too, when `text` is no number of pixels, as if nothing had been said."""
    return int(text) if re.fullmatch(r"0*[1-9]\d{0,4}", text, re.ASCII) else 99_999

"""Values and stored articles other tests build on: one configuration, articles by hand, the hostile ones, and a crawl's commit."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from tickerwire.config import Config, FeedSpec, Outlet, Site, Source
from tickerwire.config.model import Publish
from tickerwire.model import Article, Enclosure, Entry, Identified, OutletOutcome, SourceOutcome
from tickerwire.store import Store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def article(number: int, **said: Any) -> Article:
    """Article `number`, the higher the newer, with whatever `said` changes."""
    date = said.pop("date", NOW - timedelta(hours=1000 - number))
    link = f"https://harbour.example/{number}"
    values: dict[str, Any] = {
        "id": number,
        "outlet": "harbour",
        "guid": f"tag:news.example.org,2026:harbour/{number:04x}",
        "source_guid": f"g{number}",
        "url": link,
        "link": link,
        "title": f"Ferry {number} leaves on time",
        "authors": (),
        "published": date,
        "updated": None,
        "first_seen": date,
        "position": date,
        "changed_at": date,
        "language": "en",
        "section": "",
        "tags": (),
        "image": "",
        "enclosures": (),
        "summary": f"The morning boat was full, says report {number}.",
        "text": "",
        "content_html": "",
        "revision": 1,
        "story": 0,
        "desk": "",
        "pinned": False,
        "urgent": False,
        "page": "none",
        "provenance": {},
    }
    return Article(**(values | said))


def outlet(name: str = "harbour", **said: Any) -> Outlet:
    source = Source(kind="feed", url=f"https://{name}.example/feed?key=secret")
    values: dict[str, Any] = {"id": name, "name": f"{name.title()} & Sons", "homepage": f"https://{name}.example/"}
    return Outlet(**(values | {"sources": (source,), "republish": "full"} | said))


def feed(**said: Any) -> FeedSpec:
    return FeedSpec(**({"id": "world", "title": "World & more", "query": "*", "description": "All of it."} | said))


def config(state: Path, *feeds: FeedSpec, **said: Any) -> Config:
    values: dict[str, Any] = {
        "site": Site(title="Sample News", base_url="https://news.example.org", contact="mailto:desk@news.example.org"),
        "publish": Publish(directory="public", hub="https://hub.example.org/"),
        "outlets": (outlet(), outlet("quay", republish="excerpt"), outlet("mole", republish="headline")),
        "feeds": feeds or (feed(),),
        "directory": state / "config",
        "state": state,
    }
    return Config(**(values | said))


PLAIN_SET = (
    article(
        9,
        title="Brücke über den Hafen: \u201eendlich\u201c & <offen>",
        authors=("Ada Lind", "Bo Ek"),
        language="de",
        section="Harbour",
        tags=("bridges", "Harbour", "tolls & fees"),
        image="https://harbour.example/bridge.jpg",
        enclosures=(Enclosure("https://harbour.example/talk.mp3", "audio/mpeg", 1234),),
        content_html='<p>Open <a href="https://harbour.example/x?a=1&amp;b=2">at last</a> ]]&gt; &amp; free.</p>',
        revision=2,
        changed_at=NOW - timedelta(hours=2),
    ),
    article(8, outlet="quay", image="https://quay.example/crane.png", content_html="<p>never shown</p>"),
    article(7, outlet="mole", published=None, authors=("Cy Mole",), image="https://mole.example/secret.png"),
    article(6, outlet="gone-outlet", title="تأخر القارب صباح اليوم", language="ar"),
    article(5, title="船は定刻に出発した 🚢", language="ja", summary=""),
)

NESTED = "<" * 200 + "b>" * 200
HOSTILE = (
    article(40, title="bell \x07 and nul \x00 and \x9f", summary="\x0b\x0c\x1b[31mred", authors=("\x00",)),
    article(39, title="lone \ud800 surrogate \udfff", summary="\ufffe\uffff\U0001fffe", tags=("\ud801", "ok")),
    article(38, title="ends ]]> early", summary="<![CDATA[ ]]>", content_html="<p>]]&gt; ]]></p>"),
    article(37, title="long " * 60_000, summary="word " * 60_000, text="x" * 300_000),
    article(36, authors=tuple(f"Author Number {n} of the Very Long Byline" for n in range(20))),
    article(35, published=None),
    article(34, title="<script>alert(1)</script>", summary="<img src=x onerror=alert(1)>"),
    article(33, title="&lt;b&gt;twice&lt;/b&gt; AT&amp;amp;T", summary="a <b and &lt;i&gt;c"),
    article(32, title="\u202eright to left override\u2069 مرحبا", language="not a language!"),
    article(31, title="", summary="", text=""),
    article(30, title="👩‍👩‍👧‍👦" * 100, tags=(*(f"tag {n}" for n in range(300)), "", " ", "tag 1")),
    article(29, url='https://harbour.example/a b"<c>|d{e}?q=ü', link="javascript:alert(1)"),
    article(28, image="javascript:alert(1)", enclosures=(Enclosure("data:text/html,x", "text/html"),)),
    article(
        27,
        enclosures=(Enclosure("https://x.example/v", "video/mp4; x=\x00y", -5), Enclosure("https://x.example/w", "")),
    ),
    article(26, title=NESTED, summary=NESTED, content_html="<p>\x00 \ufffe control</p>"),
    article(25, content_html="<p>" + "long " * 100_000 + "</p>"),
    article(24, title="line\nbreak\r\nand\u2028separator\ttab", section="  spaced   out  "),
)


def commit(store: Store, title: str, date: datetime, **said: Any) -> int:
    """Store one article of the outlet "harbour" as a crawl would, and return its id; the same link again edits it."""
    link = said.pop("link", f"https://harbour.example/{title.replace(' ', '-')}")
    entry = Entry(**{"link": link, "title": title, "published": date, "language": "en", "summary": f"{title}."} | said)
    found = Identified(entry, sha256(link.encode()).hexdigest()[:16], link, (f"u:{link}",))
    source = SourceOutcome("https://harbour.example/feed", "feed", "ok", 200, entries=(found,))
    outcome = OutletOutcome("harbour", date, date, (source,), date + timedelta(hours=1), date)
    store.commit_outlets([(outcome, False)], "news.example.org,2026")
    return max(each.id for each in store.export() if each.link == link)

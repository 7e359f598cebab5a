"""Nothing in; a small site's configuration, headlines and status, as the page and component tests show them, out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from syndicate.item import Item
from tickerwire.config import Config, FeedSpec, Outlet, Site, Source

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)

HEADLINES = (
    ("Harbour Courier", "en", "Ferry crews agree to end the longest strike in the port's history"),
    ("The Meridian", "en", "Flood barrier holds as the river reaches its highest mark in ninety years"),
    ("Gazette du Lac", "fr", "Les vendanges commencent avec trois semaines d’avance sur le calendrier"),
    ("صدى المدينة", "ar", "افتتاح خط القطار الجديد بين المدينتين بعد أربع سنوات من العمل"),
    ("Morgenblatt", "de", "Bundesrat vertagt Entscheidung über das Netzausbaubeschleunigungsgesetz"),
    ("North Shore Radio", "en", "Volunteers count more puffins than in any spring since 1998"),
    ("港湾新聞", "ja", "海底ケーブルの修復が完了し、島の通信が三日ぶりに回復"),
    ("The Meridian", "en", "A telescope in the desert sees first light"),
    ("Harbour Courier", "en", "Council votes to open the old customs house as a public library"),
    ("Market Street Journal", "en", "Grain prices ease as the last ships clear the strait"),
    ("پیک شمال", "fa", "کتابخانهٔ ملی صد هزار برگ از نسخه‌های خطی را رایگان منتشر کرد"),
    ("Gazette du Lac", "fr", "Un glacier recule de quarante mètres en un seul été"),
)

SUMMARIES = (
    "After eleven weeks without a crossing, both sides signed shortly before dawn; the first boat is to leave on Monday.",
    "Engineers say the gates took a load they were never tested for. The water is expected to fall by the weekend.",
    "",
)


def items(count: int = 12, **changes: object) -> list[Item]:
    """`count` items, newest first, the newest at 11:57 on NOON's day."""
    return [_item(number, **changes) for number in range(count)]


def headlines(count: int = 50) -> list[Item]:
    """As many of the fifty of headlines.tsv, newest first, ids, times and addresses as uneven as outlets make them: for sizes."""
    rows = [line.split("\t") for line in (Path(__file__).parent / "headlines.tsv").read_text(encoding="utf-8").splitlines()]
    bare: dict[str, object] = {"authors": (), "summary": "", "urgent": False}
    made = []
    for number, (outlet, language, url, title) in enumerate(rows[:count]):
        date = NOON - timedelta(seconds=130 + 401 * number + 97 * number % 311)
        about = {"id": 90_210 - 3 * number - number % 2, "date": date, "updated": date, "outlet_name": outlet, "language": language}
        made.append(_item(number, title=title, url=url, **bare, **about))
    return made


def _item(number: int, **changes: object) -> Item:
    outlet, language, title = HEADLINES[number % len(HEADLINES)]
    date = NOON - timedelta(minutes=3 + 17 * number)
    values: dict[str, object] = {
        "id": 9000 - number,
        "guid": f"tag:news.example.org,2026:sample/{number}",
        "url": f"https://outlet.example/{number}?a=1&b=2",
        "title": title,
        "authors": ("A. Writer",),
        "date": date,
        "updated": date,
        "summary": SUMMARIES[number % 3] if language == "en" else "",
        "content_html": "",
        "language": language,
        "tags": (),
        "image": "",
        "enclosures": (),
        "urgent": number == 4,
        "outlet": "sample",
        "outlet_name": outlet,
        "outlet_url": "https://outlet.example/",
    }
    return Item(**(values | changes))  # type: ignore[arg-type]


def config(base_url: str = "https://news.example.org") -> Config:
    """A site of four feeds; the last has no ticker."""
    feeds = (
        FeedSpec(id="world", title="World", query="*", description="Everything our outlets report, as it comes in."),
        FeedSpec(id="harbour", title="Harbour and coast", query="title:harbour", description="Ships, tides and weather."),
        FeedSpec(id="science", title="Science", query="title:science", formats=("rss", "json", "ticker")),
        FeedSpec(id="markets", title="Markets", query="title:prices", description="Prices only.", formats=("rss",)),
    )
    site = Site(title="The Evening Wire", base_url=base_url, contact="mailto:desk@news.example.org")
    outlets = (Outlet(id="sample", name="Sample", sources=(Source(kind="feed", url="https://outlet.example/rss"),)),)
    return Config(site=site, outlets=outlets, feeds=feeds, directory=Path("/nowhere"), state=Path("/nowhere"))


def status() -> dict[str, Any]:
    """A status document with an outlet in every state, and one feed that is kept."""
    reasons = {
        "ok": "",
        "late": "it was due 40 minutes ago",
        "silent": "nothing new for four days",
        "failing": "3 failed in a row: https://a-rather-long-name.outlet.example/feeds/all/latest.rss: answered HTTP 503",
        "gone": "its server answered 410; it is asked again on 2026-12-29",
        "never": "",
    }
    outlets = [
        {
            "id": f"outlet-that-is-{state}",
            "state": state,
            "reason": reason,
            "last_success": None if state == "never" else "2026-11-22T11:57:00Z",
            "last_new_article": None if state == "never" else "2026-11-22T11:40:00Z",
            "articles": 1234,
        }
        for state, reason in reasons.items()
    ]
    feeds = [
        {"id": feed.id, "items": 24, "published_at": "2026-11-22T11:58:00Z", "stale": feed.id == "science", "reason": ""}
        for feed in config().feeds
    ]
    run = {"state": "done", "last_crawl": "2026-11-22T11:57:00Z", "next_due": "2026-11-22T12:12:00Z"}
    return {"version": "0.1.0", "time": "2026-11-22T12:00:00Z", "run": run, "outlets": outlets, "hosts": [], "feeds": feeds}

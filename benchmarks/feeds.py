"""Nothing in; what reading a feed costs by feedparser alone and with the fast path before it, as a printed table, out.

    .venv/bin/python -m benchmarks.feeds

CPU milliseconds a document, the best of three rounds, both ways in turn: one large feed as WordPress writes it, and tests/feeds.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from crawler.read import fast
from crawler.read.item import Unreadable
from crawler.read.xml import read_xml, tolerant

URL, MEDIA = "https://outlet.example/feed/", "application/rss+xml; charset=UTF-8"
PURL, DC = "http://purl.org/rss/1.0/modules", 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
NAMES = f'{DC} xmlns:content="{PURL}/content/" xmlns:sy="{PURL}/syndication/" xmlns:slash="{PURL}/slash/"'
ITEM = (
    "<item><title>Story {0} &#8211; it&#8217;s news</title><link>https://outlet.example/{0}/</link><slash:comments>3</slash:comments>"
    "<comments>https://outlet.example/{0}/#respond</comments><dc:creator><![CDATA[Ann Lee]]></dc:creator><category>News</category>"
    "<pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><guid isPermaLink='false'>https://outlet.example/?p={0}</guid>"
    "<description><![CDATA[<p>Short … [&#8230;]</p>]]></description><content:encoded><![CDATA[{1}]]></content:encoded></item>"
)
BODY = "<p>The council — <a href='https://outlet.example/c'>elected in May</a> — voted “no” on the harbour again.</p>\n" * 30


def wordpress(items: int) -> bytes:
    head = (
        "<title>Outlet</title><language>en-US</language>"
        "<sy:updatePeriod>hourly</sy:updatePeriod><image><url>https://outlet.example/i.png</url><title>Outlet</title></image>"
    )
    made = "".join(ITEM.format(number, BODY) for number in range(items))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" {NAMES}><channel>{head}{made}</channel></rss>'.encode()


def cost(read: Callable[[bytes, str, str], object], bodies: list[bytes]) -> float:
    """CPU milliseconds a document."""
    begun = time.process_time()
    for body in bodies:
        with suppress(Unreadable):
            read(body, URL, MEDIA)
    return (time.process_time() - begun) * 1000 / len(bodies)


def main() -> None:
    feeds = [body for path in sorted(Path("tests/feeds").glob("*.xml")) if (body := path.read_bytes().strip())]
    for name, bodies in {"WordPress, 30 items": [wordpress(30)] * 10, "tests/feeds": feeds}.items():
        both = [(cost(tolerant, bodies), cost(read_xml, bodies)) for _ in range(3)]
        slow, quick = (min(times) for times in zip(*both, strict=True))
        share = f"{sum(fast.read(body, URL, MEDIA) is not None for body in bodies)} of {len(bodies)} by the fast path"
        print(f"{name:20} feedparser {slow:6.2f} ms, now {quick:6.2f} ms, {slow / quick:4.1f} times; {share}")


if __name__ == "__main__":
    main()

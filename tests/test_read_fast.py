"""The fast path against feedparser: wherever it answers at all, it gives the very same items; and it answers for the usual feed."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.read import fast
from crawler.read.item import Item, Unreadable
from crawler.read.xml import read_xml as reading
from crawler.read.xml import tolerant

URL, TYPE = "https://outlet.example/feed/", "application/rss+xml; charset=UTF-8"
NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
TITLES = ["Plain", "AT&amp;T", "AT&amp;amp;T", "<![CDATA[A <b>bold</b> &amp; new]]>", "&lt;i&gt;Odd&lt;/i&gt;", " padded\n\ttwice ", "", "Café Ærø 東京 😀",
          "&#8217;tis", "&#x92;tis", "5 &lt; 6", "Ã©tÃ©", "été", "a<!-- c -->b", "<![CDATA[one]]> two <![CDATA[three]]>"]  # fmt: skip
RSS_PARTS = [
    "<link>https://outlet.example/1</link>", "<link>/1</link>", "<link>https://outlet.example/?a=1&amp;b=2</link>",
    "<link>https://outlet.example/?a=1&amp;amp;b=2</link>", "<link> https://outlet.example/ö </link>", "<link><![CDATA[https://outlet.example/2]]></link>",
    "<link>https:///outlet.example/x</link>", "<link>HTTPS://Outlet.example/x?</link>", "<link/>",
    "<guid>https://outlet.example/g</guid>", "<guid>17</guid>", "<guid isPermaLink='false'>17</guid>", "<guid isPermaLink='true'>https://outlet.example/t</guid>",
    "<guid isPermaLink='False'>x</guid>", "<guid isPermaLink=''>https://outlet.example/g</guid>", "<guid/>",
    "<description>Short</description>", "<description><![CDATA[<p>Long &nbsp; <a href='/x'>x</a></p>]]></description>", "<description/>",
    "<description><p>inline</p></description>", "<description type='html'>x</description>",
    "<content:encoded><![CDATA[<p>Body</p>]]></content:encoded>", "<content:encoded/>", "<content:encoded>a</content:encoded><content:encoded>b</content:encoded>",
    "<content:encoded><![CDATA[<p>Body</p>]]></content:encoded><description>Short</description>", "<body xmlns='http://www.w3.org/1999/xhtml'><p>x</p></body>",
    "<pubDate>Mon, 23 Nov 2026 08:00:00 +0100</pubDate>", "<pubDate> 2026-11-23 </pubDate>", "<pubDate/>", "<dc:date>2026-11-23T08:00:00Z</dc:date>",
    "<atom:updated>2026-11-23T08:00:00Z</atom:updated>", "<pubDate>x</pubDate><pubDate>y</pubDate>",
    "<dc:creator>Ann Lee</dc:creator>", "<author>ann@outlet.example (Ann Lee)</author>", "<author>ann@outlet.example</author>",
    "<dc:creator>Ann Lee</dc:creator><dc:creator>Bo Li</dc:creator>", "<dc:creator/>", "<author><name>Ann</name></author>", "<dc:contributor>Z</dc:contributor>",
    "<category>News</category><category>News</category>", "<category domain='https://x.example/tags'>Ports</category>", "<category/>",
    "<category domain='d'>A</category><category domain='d'>A</category><category>A</category>", "<category domain=''>B</category>", "<dc:subject>S</dc:subject>",
    "<enclosure url='https://outlet.example/a.mp3' length='12' type='audio/mpeg'/>", "<enclosure url='/a.jpg' type='image/jpeg'/>", "<enclosure url='' type='x/y'/>",
    "<enclosure url='https://outlet.example/b'/>", "<media:content url='https://outlet.example/m.jpg' medium='image'/>",
    "<media:content url='https://outlet.example/m.jpg'><media:title>T</media:title></media:content>", "<media:thumbnail url='https://outlet.example/t.jpg' width='9'/>",
    "<media:thumbnail>https://outlet.example/t.jpg</media:thumbnail>", "<media:group><media:content url='https://outlet.example/g.jpg'/></media:group>",
    "<itunes:image href='https://outlet.example/i.jpg'/>", "<itunes:author>P</itunes:author>", "<comments>https://outlet.example/1#c</comments>",
    "<slash:comments>3</slash:comments>", "<wfw:commentRss>https://outlet.example/1/feed</wfw:commentRss>", "<source url='https://w.example/f'>Wire</source>",
    "<atom:link rel='related' href='https://r.example/'/>", "<post-id xmlns='com-wordpress:feed-additions:1'>7</post-id>", "<x:y xmlns:x='urn:x'>z</x:y>",
    "<language>fr</language>", "<title>Second</title>", "<media:title>Media</media:title>", "<link>https://a.example/</link><link>https://b.example/</link>",
]  # fmt: skip
CHANNEL_PARTS = [
    "<language>en-US</language>", "<language>pt_BR</language>", "<ttl>60</ttl>", "<ttl> 5 </ttl><ttl>6</ttl>", "<sy:updatePeriod>hourly</sy:updatePeriod>",
    "<sy:updatePeriod> daily </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", "<image><url>https://o.example/i.png</url><title>Other</title></image>",
    "<textInput><title>T</title></textInput>", "<atom:link href='https://outlet.example/feed/' rel='self'/>", "<managingEditor>ed@outlet.example (Ed)</managingEditor>",
    "<webMaster>w</webMaster>", "<copyright>C</copyright>", "<itunes:author>I</itunes:author>", "<dc:creator>Feed Author</dc:creator>", "<dc:language>de</dc:language>",
    "<lastBuildDate>Mon, 23 Nov 2026 08:00:00 GMT</lastBuildDate>", "<skipHours><hour>3</hour></skipHours>", "<cloud domain='x'/>",
]  # fmt: skip
ATOM_PARTS = [
    "<link href='https://outlet.example/1'/>", "<link rel='alternate' type='text/html' href='https://outlet.example/1'/>", "<link href='/rel'/>", "<link/>",
    "<link rel='alternate' type='application/json' href='https://outlet.example/j'/>", "<link rel='self' href='https://outlet.example/s'/>",
    "<link rel='enclosure' href='https://outlet.example/a.mp3' type='audio/mpeg' length='5'/>", "<link rel='enclosure' href='https://outlet.example/a.mp3'/>",
    "<link href='https://a.example/'/><link href='https://b.example/'/>", "<id>tag:outlet.example,2026:1</id>", "<id>https://outlet.example/1</id>", "<id> 7 </id>",
    "<published>2026-11-23T08:00:00Z</published>", "<updated>2026-11-23T08:00:00+01:00</updated>", "<summary>Short</summary>", "<summary type='html'>&lt;p&gt;x&lt;/p&gt;</summary>",
    "<summary type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>x</p></div></summary>", "<content type='html'>&lt;p&gt;Body&lt;/p&gt;</content>",
    "<content type='text'>Body</content>", "<content>Body</content>", "<content type='text/html'>x</content>", "<content type='image/png'>aGk=</content>",
    "<content src='https://outlet.example/c'/>", "<content type='html'/>", "<content type='html'>a</content><summary>b</summary>", "<summary/>",
    "<author><name>Ann Lee</name></author>", "<author><name>Ann</name><email>ann@o.example</email></author>", "<author><name>Ann</name><uri>https://a.example</uri></author>",
    "<author><name>Ann Lee</name></author><author><name>Bo Li</name></author>", "<author/>", "<contributor><name>C</name></contributor>",
    "<category term='t'/>", "<category term='t' label='L'/>", "<category term='t' scheme='s'/><category term='t' scheme='s'/>", "<category label='L'/>", "<category term=''/>",
    "<title>Second</title>", "<rights>R</rights>", "<source><title>Src</title><id>x</id></source>", "<x:y xmlns:x='urn:x'>z</x:y>", "<summary xml:lang='fr'>x</summary>",
    "<link href='https://outlet.example/?a=1&amp;b=2'/>", "<updated/>", "<content type='html' xml:base='https://b.example/'>x</content>",
]  # fmt: skip
ATOM_FEED_PARTS = [
    "<author><name>Feed Author</name></author>", "<author><name>Ed</name><email>e@o.example</email></author>", "<subtitle>S</subtitle>", "<generator uri='u'>G</generator>",
    "<icon>/i.ico</icon>", "<title type='html'>A &amp;amp; B</title>", "<link rel='self' href='/feed'/>", "<rights type='html'>r</rights>", "<logo>l</logo>",
]  # fmt: skip


def rss(
    item: str, channel: str = "", title: str = "Feed", head: str = '<?xml version="1.0" encoding="UTF-8"?>'
) -> bytes:
    entry = (
        f"<item><title>Story</title>{item}</item><item><title>Other</title><link>https://outlet.example/o</link></item>"
    )
    return f'{head}<rss version="2.0" {NAMESPACES}><channel><title>{title}</title>{channel}{entry}</channel></rss>'.encode()


def atom(entry: str, feed: str = "", attributes: str = "") -> bytes:
    title = "" if "<title" in feed else "<title>Feed</title>"
    told = f"<entry><title>Story</title>{entry}</entry>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}>{title}{feed}{told}</feed>'.encode()


def corpus() -> list[bytes]:
    usual = "<link>https://outlet.example/1</link><guid>https://outlet.example/1</guid><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate>"
    made = [rss(part) for part in RSS_PARTS] + [rss(usual, part) for part in CHANNEL_PARTS]
    made += [rss(f"{usual}<description>{title}</description>", title=title) for title in TITLES]
    made += [
        rss("", title="F").replace(b"<title>Story</title>", f"<title>{title}</title>".encode()) for title in TITLES
    ]
    made += [rss(one + two) for one, two in zip(RSS_PARTS, RSS_PARTS[7:], strict=False)]
    made += [atom(part) for part in ATOM_PARTS] + [atom(ATOM_PARTS[0], part) for part in ATOM_FEED_PARTS]
    made += [atom(one + two) for one, two in zip(ATOM_PARTS, ATOM_PARTS[5:], strict=False)]
    made += [
        atom(f"<summary>{html.escape(title)}</summary>", attributes=f' xml:lang="{lang}"')
        for title, lang in zip(TITLES, ["en", "de-AT", "pt_BR", ""] * 4, strict=False)
    ]
    base = rss(usual + "<description>Größe</description>")
    made += [
        base.replace(b'version="2.0"', b'version="0.92"'),
        base.replace(b"UTF-8", b"ISO-8859-1"),
        base.decode().encode("utf-16"),
        base[:-30],
        base[:-80],
    ]
    made += [
        base.replace(b"UTF-8", b"iso-8859-1").decode().encode("latin-1"),
        b"\xef\xbb\xbf" + base,
        base.replace(b"<channel>", b"<channel xml:lang='fr'>"),
    ]
    made += [
        base.replace(b"<rss", b"<!DOCTYPE rss><rss"),
        base.replace(b"<rss", b'<!DOCTYPE rss [<!ENTITY e "x">]><rss'),
        base.replace(b"Feed<", b"&nbsp;<"),
    ]
    made += [
        base.replace(b"Feed<", b"Fe\x00ed<"),
        base.replace(b"Feed<", b"&#1;<"),
        base.replace(b"Feed<", b"a & b<"),
        base.replace(b"dc:", b"d:").replace(b"xmlns:dc", b"xmlns:d"),
    ]
    made += [
        base.replace(b"<rss", b"<?xml-stylesheet href='x'?><rss"),
        base.replace(b"</rss>", b"</rss>\n<!-- served -->"),
        base.replace(b"<item>", b"<item rdf:about='x'>", 1),
    ]
    made += [
        base.replace(b"</channel>", b"</channel><channel><title>2</title></channel>"),
        base.replace(b"</channel></rss>", b"</channel><item><title>late</title></item></rss>"),
    ]
    feeds = [path.read_bytes() for path in sorted(Path(__file__).with_name("feeds").glob("*.xml"))]
    return made + [body for body in feeds if body.strip()]


CORPUS = corpus()


def answer(body: bytes, read: object) -> tuple[str, int, list[Item | str]] | str:
    try:
        return read(body.lstrip(), URL, TYPE)  # type: ignore[operator,no-any-return]
    except Unreadable as reason:
        return str(reason)


def test_the_corpus_is_large_and_both_ways_are_taken() -> None:
    taken = sum(fast.read(body, URL, TYPE) is not None for body in CORPUS)
    assert len(set(CORPUS)) >= 300
    assert 130 <= taken <= len(CORPUS) - 60, taken


@pytest.mark.parametrize(
    "body", CORPUS, ids=lambda body: re.sub(rb"\W+", b"-", body[-160:-20]).decode("ascii", "ignore")
)
def test_both_ways_give_the_same(body: bytes) -> None:
    assert answer(body, reading) == answer(body, tolerant)


WORDPRESS = (
    "<link>https://outlet.example/2026/story/</link><comments>https://outlet.example/2026/story/#respond</comments>"
    "<dc:creator><![CDATA[Ann Lee]]></dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><category><![CDATA[News]]></category>"
    "<guid isPermaLink='false'>https://outlet.example/?p=1</guid><description><![CDATA[<p>Short &#8230;</p>]]></description>"
    "<content:encoded><![CDATA[<p>Body</p>]]></content:encoded><wfw:commentRss>https://outlet.example/f</wfw:commentRss><slash:comments>0</slash:comments>"
    "<media:thumbnail url='https://outlet.example/t.jpg'/><enclosure url='https://outlet.example/a.mp3' length='1' type='audio/mpeg'/>"
)


@pytest.mark.parametrize("body", [rss(WORDPRESS, "<language>en-US</language>" + CHANNEL_PARTS[5]), atom("".join(ATOM_PARTS[i] for i in (1, 6, 9, 12, 13, 14, 17, 26, 33)))])  # fmt: skip
def test_the_usual_feed_is_read_fast(body: bytes) -> None:
    assert fast.read(body, URL, TYPE) is not None


@given(
    st.lists(st.sampled_from(RSS_PARTS), max_size=8),
    st.lists(st.sampled_from(CHANNEL_PARTS), max_size=3),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30),
)
@settings(max_examples=400, deadline=None)
def test_generated_rss_is_read_alike(items: list[str], channel: list[str], title: str) -> None:
    body = rss(
        "".join(items) + f"<description>{html.escape(title)}</description>", "".join(channel), html.escape(title)
    )
    assert answer(body, reading) == answer(body, tolerant)


@given(
    st.lists(st.sampled_from(ATOM_PARTS), max_size=8),
    st.lists(st.sampled_from(ATOM_FEED_PARTS), max_size=3),
    st.text(max_size=20),
)
@settings(max_examples=400, deadline=None)
def test_generated_atom_is_read_alike(entry: list[str], feed: list[str], text: str) -> None:
    said = "".join(sign for sign in text if sign.isprintable())
    body = atom("".join(entry) + f"<summary type='html'>{html.escape(said)}</summary>", "".join(feed))
    assert answer(body, reading) == answer(body, tolerant)


@given(st.sampled_from(CORPUS), st.data())
@settings(max_examples=400, deadline=None)
def test_damaged_documents_are_read_alike(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, max(0, len(body) - 1)))
    damage = data.draw(st.sampled_from([b"", b"<", b"&", b"\xe9", b"\x96", b"&#150;", b"]]>", b"<b>", b'"']))
    hurt = body[:at] + damage + body[at + data.draw(st.integers(0, 3)) :]
    assert answer(hurt, reading) == answer(hurt, tolerant)

"""The fast path against feedparser: wherever it answers at all, it gives the very same items; and it answers for the usual feed."""

import html
import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from crawler.read import fast
from crawler.read.item import Item, Unreadable
from crawler.read.xml import read_xml as reading, tolerant

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


def rss(item: str, channel: str = "", title: str = "Feed", head: str = '<?xml version="1.0" encoding="UTF-8"?>') -> bytes:
    entry = f"<item><title>Story</title>{item}</item><item><title>Other</title><link>https://outlet.example/o</link></item>"
    return f'{head}<rss version="2.0" {NAMESPACES}><channel><title>{title}</title>{channel}{entry}</channel></rss>'.encode()


def atom(entry: str, feed: str = "", attributes: str = "") -> bytes:
    title = "" if "<title" in feed else "<title>Feed</title>"
    told = f"<entry><title>Story</title>{entry}</entry>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}>{title}{feed}{told}</feed>'.encode()


def corpus() -> list[bytes]:
    usual = (
        "<link>https://outlet.example/1</link><guid>https://outlet.example/1</guid><pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate>"
    )
    made = [rss(part) for part in RSS_PARTS] + [rss(usual, part) for part in CHANNEL_PARTS]
    made += [rss(f"{usual}<description>{title}</description>", title=title) for title in TITLES]
    made += [rss("", title="F").replace(b"<title>Story</title>", f"<title>{title}</title>".encode()) for title in TITLES]
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


def answer(body: bytes, read: object, url: str = URL, media: str = TYPE) -> tuple[str, int, list[Item | str]] | str:
    try:
        return read(body.lstrip(), url, media)  # type: ignore[operator,no-any-return]
    except Unreadable as reason:
        return str(reason)


def test_the_corpus_is_large_and_both_ways_are_taken() -> None:
    taken = sum(fast.read(body, URL, TYPE) is not None for body in CORPUS)
    assert len(set(CORPUS)) >= 300
    assert 250 <= taken <= len(CORPUS) - 60, taken  # with the usual ones below, well over half


@pytest.mark.parametrize("body", CORPUS, ids=lambda body: re.sub(rb"\W+", b"-", body[-160:-20]).decode("ascii", "ignore"))
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
    body = rss("".join(items) + f"<description>{html.escape(title)}</description>", "".join(channel), html.escape(title))
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


# One document as each of these publishers and programs writes it, a line each.
USUAL = {
    "wordpress": '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Café News</title><atom:link href="https://o.example/feed/" rel="self" type="application/rss+xml" /><link>https://o.example/</link><description>All</description><lastBuildDate>Mon, 23 Nov 2026 08:00:00 +0000</lastBuildDate><language>en-US</language><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency><generator>https://wordpress.org/?v=6.7</generator><image><url>https://o.example/i.png</url><title>Café News</title><link>https://o.example/</link><width>32</width><height>32</height></image><site xmlns="com-wordpress:feed-additions:1">123</site><item><title>It&#8217;s news</title><link>https://o.example/1/</link><comments>https://o.example/1/#respond</comments><dc:creator><![CDATA[Ann Lee]]></dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><category><![CDATA[News]]></category><category><![CDATA[World]]></category><guid isPermaLink="false">https://o.example/?p=1</guid><description><![CDATA[<p>Short &#8230;</p>]]></description><content:encoded><![CDATA[<p>Body — long</p>]]></content:encoded><wfw:commentRss>https://o.example/1/feed/</wfw:commentRss><slash:comments>3</slash:comments><post-id xmlns="com-wordpress:feed-additions:1">7</post-id></item></channel></rss><!-- cached -->',
    "wordpress.com": '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:georss="http://www.georss.org/georss" xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>B</title><cloud domain=\'o.example\' port=\'80\' path=\'/?rsscloud=notify\' registerProcedure=\'\' protocol=\'http-post\' /><atom:link rel="search" type="application/opensearchdescription+xml" href="https://o.example/osd.xml" title="B" /><atom:link rel=\'hub\' href=\'https://o.example/?pushpress=hub\'/><item><title>T</title><link>https://o.example/2</link><dc:creator>bob</dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><guid isPermaLink="false">http://o.example/?p=2</guid><description><![CDATA[x]]></description><media:thumbnail url="https://o.example/t.jpg" /><media:content url="https://o.example/t.jpg" medium="image"><media:title type="html">t</media:title></media:content><media:content url="https://g.example/a" medium="image"><media:title type="html">bob</media:title></media:content></item></channel></rss>',
    "bbc": '<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet title="XSL_formatting" type="text/xsl" href="/rss.xsl"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title><![CDATA[BBC News]]></title><description><![CDATA[BBC]]></description><link>https://b.example/news</link><image><url>https://b.example/i.gif</url><title>BBC News</title><link>https://b.example/news</link></image><generator>RSS for Node</generator><lastBuildDate>Mon, 23 Nov 2026 08:00:00 +0000</lastBuildDate><atom:link href="https://b.example/rss.xml" rel="self" type="application/rss+xml"/><copyright><![CDATA[©]]></copyright><language><![CDATA[en-gb]]></language><ttl>15</ttl><item><title><![CDATA[A]]></title><description><![CDATA[d]]></description><link>https://b.example/news/1?at_medium=RSS&amp;at_campaign=rss</link><guid isPermaLink="false">https://b.example/news/1#0</guid><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><media:thumbnail width="240" height="135" url="https://b.example/t.jpg"/></item></channel></rss>',
    "guardian": '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>G</title><link>https://g.example/</link><description>d</description><language>en-gb</language><copyright>c</copyright><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><dc:date>2026-11-23T08:00:00Z</dc:date><dc:language>en-gb</dc:language><dc:rights>r</dc:rights><image><title>G</title><url>https://g.example/i.png</url><link>https://g.example</link></image><item><title>T – x</title><link>https://g.example/1</link><description>&lt;p&gt;S&lt;/p&gt;</description><category domain="https://g.example/a">A</category><category domain="https://g.example/b">B</category><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><guid>https://g.example/1</guid><media:content width="140" url="https://g.example/1.jpg"><media:credit scheme="urn:ebu">Photo</media:credit></media:content><media:content width="460" url="https://g.example/2.jpg"><media:credit scheme="urn:ebu">Photo</media:credit></media:content><dc:creator>Ann Lee</dc:creator><dc:date>2026-11-23T08:00:00Z</dc:date></item></channel></rss>',
    "nyt": '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:nyt="http://www.nytimes.com/namespaces/rss/2.0" version="2.0"><channel><title>N</title><link>https://n.example</link><atom:link href="https://n.example/rss" rel="self" type="application/rss+xml"/><description/><language>en-us</language><item><title>T</title><link>https://n.example/1.html</link><guid isPermaLink="true">https://n.example/1.html</guid><atom:link href="https://n.example/1.html" rel="standout"/><description>S</description><dc:creator>Ann Lee and Bo Li</dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><category domain="http://n.example/des">War</category><media:content height="1800" medium="image" url="https://n.example/i.jpg" width="1800"/><media:credit>P</media:credit><media:description>Caption</media:description></item></channel></rss>',
    "blogger": '<?xml version=\'1.0\' encoding=\'UTF-8\'?><?xml-stylesheet href="http://b.example/atom.css" type="text/css"?><feed xmlns=\'http://www.w3.org/2005/Atom\' xmlns:openSearch=\'http://a9.com/-/spec/opensearchrss/1.0/\' xmlns:blogger=\'http://schemas.google.com/blogger/2008\' xmlns:georss=\'http://www.georss.org/georss\' xmlns:gd="http://schemas.google.com/g/2005" xmlns:thr=\'http://purl.org/syndication/thread/1.0\'><id>tag:blogger.com,1999:blog-1</id><updated>2026-11-23T08:00:00.000-08:00</updated><category term="x"/><title type=\'text\'>B</title><subtitle type=\'html\'>s</subtitle><link rel=\'http://schemas.google.com/g/2005#feed\' type=\'application/atom+xml\' href=\'https://b.example/feeds/posts/default\'/><link rel=\'self\' type=\'application/atom+xml\' href=\'https://www.blogger.com/feeds/1/posts/default\'/><link rel=\'alternate\' type=\'text/html\' href=\'https://b.example/\'/><author><name>Bob</name><uri>http://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email><gd:image rel=\'http://schemas.google.com/g/2005#thumbnail\' width=\'16\' height=\'16\' src=\'https://img1.blogblog.com/img/b16-rounded.gif\'/></author><generator version=\'7.00\' uri=\'http://www.blogger.com\'>Blogger</generator><openSearch:totalResults>1</openSearch:totalResults><openSearch:startIndex>1</openSearch:startIndex><entry><id>tag:blogger.com,1999:blog-1.post-2</id><published>2026-11-23T08:00:00.000-08:00</published><updated>2026-11-23T08:00:00.000-08:00</updated><category scheme="http://www.blogger.com/atom/ns#" term="t"/><title type=\'text\'>T</title><content type=\'html\'>&lt;p&gt;x&lt;/p&gt;</content><link rel=\'replies\' type=\'application/atom+xml\' href=\'https://b.example/c\' title=\'Post Comments\'/><link rel=\'edit\' type=\'application/atom+xml\' href=\'https://www.blogger.com/2\'/><link rel=\'alternate\' type=\'text/html\' href=\'https://b.example/2.html\' title=\'T\'/><author><name>Bob</name><uri>http://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email><gd:image rel=\'http://schemas.google.com/g/2005#thumbnail\' width=\'16\' height=\'16\' src=\'https://img1.blogblog.com/img/b16-rounded.gif\'/></author><media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="https://b.example/t.jpg" height="72" width="72"/><thr:total>0</thr:total></entry></feed>',
    "github": '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" xml:lang="en-US"><id>tag:github.com,2008:https://github.com/x/y/releases</id><link type="text/html" rel="alternate" href="https://github.com/x/y/releases"/><link type="application/atom+xml" rel="self" href="https://github.com/x/y/releases.atom"/><title>Release notes from y</title><updated>2026-11-23T08:00:00Z</updated><entry><id>tag:github.com,2008:Repository/1/v1</id><updated>2026-11-23T08:00:00Z</updated><link rel="alternate" type="text/html" href="https://github.com/x/y/releases/tag/v1"/><title>v1</title><content type="html">&lt;p&gt;x&lt;/p&gt;</content><author><name>bob</name></author><media:thumbnail height="30" width="30" url="https://avatars.example/1"/></entry></feed>',
    "youtube": '<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id=1"/><id>yt:channel:1</id><yt:channelId>1</yt:channelId><title>Y</title><link rel="alternate" href="https://www.youtube.com/channel/1"/><author><name>Y</name><uri>https://www.youtube.com/channel/1</uri></author><published>2026-11-23T08:00:00+00:00</published><entry><id>yt:video:1</id><yt:videoId>1</yt:videoId><title>V</title><link rel="alternate" href="https://www.youtube.com/watch?v=1"/><author><name>Y</name><uri>https://www.youtube.com/channel/1</uri></author><published>2026-11-23T08:00:00+00:00</published><updated>2026-11-23T08:00:00+00:00</updated><media:group><media:title>V</media:title><media:content url="https://www.youtube.com/v/1?version=3" type="application/x-shockwave-flash" width="640" height="390"/><media:thumbnail url="https://i1.ytimg.com/vi/1/hq.jpg" width="480" height="360"/><media:description>D</media:description><media:community><media:starRating count="1" average="5.00" min="1" max="5"/><media:statistics views="1"/></media:community></media:group></entry></feed>',
    "reddit": '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"><category term="n" label="r/n"/><updated>2026-11-23T08:00:00+00:00</updated><icon>https://r.example/i.png/</icon><id>/r/n/.rss</id><link rel="self" href="https://r.example/r/n/.rss" type="application/atom+xml" /><link rel="alternate" href="https://r.example/r/n/" type="text/html" /><subtitle>s</subtitle><title>N</title><entry><author><name>/u/a</name><uri>https://r.example/user/a</uri></author><category term="n" label="r/n"/><content type="html">&lt;b&gt;x&lt;/b&gt;</content><id>t3_1</id><media:thumbnail url="https://r.example/t.jpg" /><link href="https://r.example/1/" /><updated>2026-11-23T08:00:00+00:00</updated><published>2026-11-23T08:00:00+00:00</published><title>T</title></entry></feed>',
    "podcast": '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>P</title><link>https://p.example</link><language>en</language><itunes:author>Ann</itunes:author><description>d</description><itunes:summary>d</itunes:summary><itunes:type>episodic</itunes:type><itunes:owner><itunes:name>Ann</itunes:name><itunes:email>a@p.example</itunes:email></itunes:owner><itunes:image href="https://p.example/i.jpg"/><itunes:category text="News"><itunes:category text="Daily News"/></itunes:category><itunes:explicit>no</itunes:explicit><googleplay:author>A</googleplay:author><podcast:locked owner="a@p.example">yes</podcast:locked><item><title>E</title><itunes:title>E</itunes:title><description><![CDATA[<p>d</p>]]></description><content:encoded><![CDATA[<p>long</p>]]></content:encoded><itunes:summary>s</itunes:summary><itunes:subtitle>u</itunes:subtitle><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><link>https://p.example/1</link><enclosure url="https://p.example/1.mp3" length="1" type="audio/mpeg"/><guid isPermaLink="false">g1</guid><itunes:duration>1800</itunes:duration><itunes:episodeType>full</itunes:episodeType><itunes:image href="https://p.example/e.jpg"/><itunes:author>Ann</itunes:author><itunes:explicit>false</itunes:explicit></item></channel></rss>',
    "rdf": '<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:syn="http://purl.org/rss/1.0/modules/syndication/" xmlns:admin="http://webns.net/mvcb/"><channel rdf:about="https://s.example/"><title>S</title><link>https://s.example/</link><description>d</description><dc:language>en-us</dc:language><dc:date>2026-11-23T08:00:00+00:00</dc:date><image rdf:resource="https://s.example/i.gif"/><textinput rdf:resource="https://s.example/s"/><items><rdf:Seq><rdf:li rdf:resource="https://s.example/1"/></rdf:Seq></items></channel><image rdf:about="https://s.example/i.gif"><title>S</title><url>https://s.example/i.gif</url><link>https://s.example/</link></image><item rdf:about="https://s.example/1"><title>T</title><link>https://s.example/1</link><description>d</description><dc:creator>bob</dc:creator><dc:date>2026-11-23T08:00:00+00:00</dc:date><dc:subject>x</dc:subject><slash:department>q</slash:department></item></rdf:RDF>',
    "googlenews": '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><generator>NFE/5.0</generator><title>"x" - Google News</title><link>https://n.example/search?q=x&amp;hl=en</link><language>en-US</language><webMaster>w@n.example</webMaster><copyright>c</copyright><lastBuildDate>Mon, 23 Nov 2026 08:00:00 +0000</lastBuildDate><description>Google News</description><item><title>T - CNN</title><link>https://n.example/rss/articles/1?oc=5</link><guid isPermaLink="false">CBM1</guid><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><description>&lt;a href="x"&gt;T&lt;/a&gt;&amp;nbsp;</description><source url="https://cnn.example">CNN</source></item></channel></rss>',
    "feedburner": '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" version="2.0"><channel><title>F</title><link>https://f.example</link><description>d</description><atom10:link xmlns:atom10="http://www.w3.org/2005/Atom" rel="self" type="application/rss+xml" href="https://feeds.f.example/f" /><feedburner:info uri="f" /><atom10:link xmlns:atom10="http://www.w3.org/2005/Atom" rel="hub" href="http://hub.example/" /><managingEditor>ed@f.example (Ed)</managingEditor><item><title>T</title><link>http://feedproxy.example/1</link><author>bob@f.example (Bob)</author><description>d</description><guid isPermaLink="false">https://f.example/1</guid><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><feedburner:origLink>https://f.example/1</feedburner:origLink></item></channel></rss>',
    "verge": '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en-US"><title type="text">The V</title><subtitle type="text">s</subtitle><updated>2026-11-23T08:00:00+00:00</updated><link rel="alternate" type="text/html" href="https://v.example" /><id>https://v.example/rss</id><link rel="self" type="application/atom+xml" href="https://v.example/rss" /><icon>https://v.example/i.png</icon><entry><author><name>Ann Lee</name></author><title type="html"><![CDATA[T]]></title><link rel="alternate" type="text/html" href="https://v.example/1" /><id>https://v.example/?p=1</id><updated>2026-11-23T08:00:00-05:00</updated><published>2026-11-23T08:00:00-05:00</published><category scheme="https://v.example" term="AI" /><summary type="html"><![CDATA[s]]></summary><content type="html"><![CDATA[<p>x</p>]]></content><link rel="replies" type="text/html" href="https://v.example/1#comments" thr:count="0" /><thr:total>0</thr:total></entry></feed>',
    "rss092": '<?xml version="1.0"?><rss version="0.92"><channel><title>O</title><link>http://o.example/</link><description>d</description><docs>http://b.example/rss092</docs><managingEditor>a@o.example</managingEditor><skipHours><hour>1</hour></skipHours><skipDays><day>Sunday</day></skipDays><textInput><title>s</title><description>q</description><name>n</name><link>http://o.example/s</link></textInput><item><title>T</title><link>http://o.example/1</link><description>x &lt;b&gt;y&lt;/b&gt;</description></item></channel></rss>',
    "substack": '<?xml version="1.0" encoding="UTF-8"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:googleplay="http://www.google.com/schemas/play-podcasts/1.0"><channel><title><![CDATA[S]]></title><description><![CDATA[d]]></description><link>https://s.example</link><image><url>https://s.example/i.png</url><title>S</title><link>https://s.example</link></image><generator>Substack</generator><lastBuildDate>Mon, 23 Nov 2026 08:00:00 +0000</lastBuildDate><atom:link href="https://s.example/feed" rel="self" type="application/rss+xml"/><copyright><![CDATA[A]]></copyright><language><![CDATA[en]]></language><webMaster><![CDATA[a@substack.com]]></webMaster><itunes:owner><itunes:email><![CDATA[a@substack.com]]></itunes:email><itunes:name><![CDATA[A]]></itunes:name></itunes:owner><itunes:author><![CDATA[A]]></itunes:author><googleplay:owner><![CDATA[a@substack.com]]></googleplay:owner><itunes:block><![CDATA[Yes]]></itunes:block><item><title><![CDATA[T]]></title><description><![CDATA[d]]></description><link>https://s.example/p/1</link><guid isPermaLink="false">https://s.example/p/1</guid><dc:creator><![CDATA[A]]></dc:creator><pubDate>Mon, 23 Nov 2026 08:00:00 +0000</pubDate><enclosure url="https://s.example/i.png" length="0" type="image/jpeg"/><content:encoded><![CDATA[<p>x</p>]]></content:encoded></item></channel></rss>',
}  # fmt: skip


@pytest.mark.parametrize("body", [text.encode() for text in USUAL.values()], ids=USUAL)
def test_the_usual_publishers_are_read_fast_and_alike(body: bytes) -> None:
    assert fast.read(body, URL, TYPE) is not None
    assert answer(body, reading) == answer(body, tolerant)


BASE = USUAL["wordpress"].encode()
ITEM = b"<item><title>It"
# What must be left to feedparser, each a way to be wrong for who does not: encodings, namespaces, spans, states of its reader.
TRICKS = {
    "two-roots": BASE + BASE,
    "item-end-in-comment": BASE + b"<!-- </item> -->",
    "utf-7": USUAL["rss092"].replace('"1.0"', '"1.0" encoding="utf-7"').encode(),
    "utf-16-in-one-line": USUAL["rss092"].replace("<docs>", "<!-- encoding='utf-16' ?> --><docs>").encode(),
    "xml-1.1": BASE.replace(b'"1.0"', b'"1.1"'),
    "unquoted-encoding": BASE.replace(b'"UTF-8"', b"UTF-8"),
    "bom-and-blank": b"\xef\xbb\xbf\n" + BASE,
    "long-attribute": BASE.replace(b"<link>", b"<link x='" + b"y" * 70_000 + b"'>", 1),
    "foreign-prefix": BASE.replace(b"xmlns:dc=", b"xmlns:d=").replace(b"dc:creator", b"d:creator"),
    "usual-prefix-foreign-space": BASE.replace(b"http://purl.org/dc/elements/1.1/", b"urn:mine"),
    "swapped-prefixes": BASE.replace(b"xmlns:dc=", b"xmlns:Q=").replace(b"xmlns:content=", b"xmlns:dc=").replace(b"Q=", b"content="),
    "prefix-bound-anew": BASE.replace(ITEM, b"<dc:x xmlns:dc='urn:x'>y</dc:x>" + ITEM),
    "prefix-in-capitals": BASE.replace(ITEM, b"<DC:date xmlns:DC='urn:x'>y</DC:date>" + ITEM),
    "unknown-default-space": BASE.replace(b"<comments>", b"<title xmlns='urn:x'>T</title><comments>", 1),
    "underscored-name": BASE.replace(b"<comments>", b"<dc_creator>Z</dc_creator><comments>", 1),
    "name-of-the-fifth-edition": BASE.replace(b"<comments>", "<\u2c7f>Z</\u2c7f><comments>".encode(), 1),
    "attribute-of-the-fifth-edition": BASE.replace(b"<comments>", "<comments \u2c7f='1'>".encode(), 1),
    "item-attributes": BASE.replace(b"<item>", b"<item href='https://o.example/other' lang='fr'>"),
    "item-base": BASE.replace(b"<item>", b"<item base='https://b.example/'>"),
    "channel-href": BASE.replace(b"<channel>", b"<channel href='https://b.example/' lastmod='x'>"),
    "channel-lang": BASE.replace(b"<channel>", b"<channel lang='fr'>"),
    "foreign-type": BASE.replace(b"<comments>", b"<atom:link atom:rel='self' href='https://b.example/'/><comments>", 1),
    "types-in-capitals": BASE.replace(b"<comments>", b"<enclosure url='u' TYPE='Image/PNG'/><comments>", 1),
    "summary-then-description": BASE.replace(b"<description>All", b"<summary>S</summary><description>All"),
    "date": BASE.replace(b"<comments>", b"<date>2026-01-01</date><comments>", 1),
    "authors": BASE.replace(b"<comments>", b"<authors>Z</authors><comments>", 1),
    "element-in-a-link": BASE.replace(b"</link><description>", b"<ttl>5</ttl></link><description>"),
    "language-in-an-unknown": BASE.replace(ITEM, b"<x><language>fr</language></x>" + ITEM),
    "text-author-then-person": BASE.replace(b"<comments>", b"<author>A</author><author><name>B</name></author><comments>", 1),
    "feed-title-in-xhtml": USUAL["github"].replace("<title>Rel", "<title type='xhtml'>A &amp;amp; Rel").encode(),
    "rss10-in-atom": USUAL["reddit"].replace("<feed ", "<feed xmlns:r='http://purl.org/rss/1.0/' ").encode(),
    "atom-in-rdf": USUAL["rdf"].replace("<rdf:RDF ", "<rdf:RDF xmlns:atom='http://www.w3.org/2005/Atom' ").encode(),
    "plain-types-in-capitals": rss("<enclosure url='https://o.example/a.jpg' type='Image/JPEG'/><media:content url='https://o.example/b' type='IMAGE/PNG'/>"),
    "base64-title": atom("", "<title type='a/b'>Zm9v</title>"),
    "entry-lang": atom("").replace(b"<entry>", b"<entry lang='fr'>"),
    "rdf-about-in-rss": rss("").replace(b"<item>", b"<item rdf:about='https://o.example/a'>").replace(b"<rss ", b"<rss xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "),
    "ttl-in-a-category": rss("", "<category><ttl>5</ttl></category>"),
    "language-in-an-editor": rss("", "<managingEditor><language>fr</language></managingEditor>"),
    "rss10-first-with-a-feed-author": atom("", ATOM_FEED_PARTS[0]).replace(b"<feed ", b"<feed xmlns:r='http://purl.org/rss/1.0/' "),
    "title-after-image": USUAL["bbc"].replace("<generator>", "<title>Second</title><generator>").encode(),
}  # fmt: skip


@pytest.mark.parametrize("url", [URL, "https://outlet.example/feed?", "https://outlet.example/f#", "http://127.0.0.1:80/a/../f"])
@pytest.mark.parametrize("body", TRICKS.values(), ids=TRICKS)
def test_tricks_change_nothing(body: bytes, url: str) -> None:
    for media in (TYPE, "text/xml", "text/html; charset=iso-8859-1", "application/xml; charset=utf-7", ""):
        assert answer(body, reading, url, media) == answer(body, tolerant, url, media)


FORMS = ["<{0}>{1}</{0}>"] * 6 + [
    "<{0} {2}>{1}</{0}>",
    "<{0} {2}/>",
    "<media:group><{0}>{1}</{0}></media:group>",
    "<foo><{0}>{1}</{0}></foo>",
]
NAMES = (
    "title link description pubDate guid category author dc:creator content:encoded content summary id updated published enclosure media:content"
    " media:thumbnail media:title media:description itunes:summary image source media:category media:keywords itunes:keywords language itunes:author"
    " itunes:image itunes:category dc:date dc:title dc:subject dc:description atom:link atom:title atom:updated atom:content comments date authors"
    " links tags body rights subtitle name url email contributor itunes:owner ttl dc:language managingEditor webMaster keywords media:credit Title"
).split()
VALUES = ["", "x", " y ", "https://outlet.example/1", "/rel?", "A &amp; B", "A &amp;amp; B", "&#xe9;", "東京", "Ann Lee", "a@o.example (Ann)", "a, b", "7", "urn:x:1",
          "https://outlet.example/;", "//o.example/p#", "?a=1&amp;copy;2", "<![CDATA[<p>x</p>]]>", "a<!-- c -->b", "Ã©", "&#150;"]  # fmt: skip
GIVEN = ["href='https://o.example/h'", "href='/h'", "url='https://o.example/u.jpg'", "url=''", "type='html'", "type='Image/JPEG'", "type='xhtml'", "type='a/b'", "rel='self'",
         "rel='Enclosure'  href='e'", "isPermaLink='false'", "isPermaLink='False'", "term='t'", "term='t' label='L'", "domain='d'", "medium='image' url='m'", "text='News'",
         "xml:lang='fr'", "lang='de'", "xml:base='http://b.example/'", "mode='escaped'", "src='s'", "wfw:x='1'", "wfw:type='html'", "foo='1'"]  # fmt: skip
PART = st.builds(str.format, st.sampled_from(FORMS), st.sampled_from(NAMES), st.sampled_from(VALUES), st.sampled_from(GIVEN))


@given(
    st.lists(PART, max_size=7).map("".join),
    st.lists(PART, max_size=4).map("".join),
    st.sampled_from(["rss", "atom", "rdf"]),
)
@settings(max_examples=800, deadline=None)
def test_any_elements_in_any_order_are_read_alike(item: str, channel: str, kind: str) -> None:
    body = {
        "rss": f"<rss version='0.92' {NAMESPACES}><channel>{channel}<item>{item}</item><item>{item}</item></channel></rss>",
        "atom": f"<a10:feed xml:lang='en_GB' {NAMESPACES} xmlns:a10='http://www.w3.org/2005/Atom'>{channel}<entry>{item}</entry></a10:feed>",
        "rdf": f"<rdf:RDF xmlns='http://purl.org/rss/1.0/' xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' {NAMESPACES}>"
        f"<channel rdf:about='x'>{channel}</channel><item rdf:about='y'>{item}</item></rdf:RDF>".replace(
            "xmlns:atom", "xmlns:atomic"
        ).replace("atom:", ""),
    }[kind].encode()
    assert answer(body, reading) == answer(body, tolerant)

"""Cleaning: whatever comes in, plain text is plain, HTML is harmless and balanced, addresses are absolute http(s)."""

import re
import time
import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings, strategies as st
from lxml import html as lxml_html

from crawler.clean import absolute, name, names, paragraphs, plain, printable, sanitised

BASE = "https://x.example/news/feed.xml"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("AT&amp;amp;T &lt;b&gt;grows&lt;/b&gt;", "AT&T grows"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("if a<b then", "if a<b then"),
        ("a <b and c", "a <b and c"),
        ("Review of <The Book>", "Review of <The Book>"),
        ("<p>One</p><p>Two</p>three<br>four", "One Two three four"),
        ("wo<b>r</b>d", "word"),
        ("keep <script>alert(1)</script>this<!-- not this -->", "keep this"),
        ("bell\x07 nul\x00 c1\x92s", "bell nul c1’s"),
        ("\u202eright\u202c \u2066left\u2069 \ud800lone \ufffe\U0001ffff", "right left lone"),
        ("cafe\u0301", "café"),
        ("  two\n\tlines\u00a0\u2028here ", "two lines here"),
        ("می‌خواهم 👨‍👩‍👧", "می‌خواهم 👨‍👩‍👧"),
        ("&#1;&#xD800;&#x80;x", "€x"),
        ("", ""),
    ],
)
def test_plain(raw: str, clean: str) -> None:
    assert plain(raw) == clean


def test_plain_is_cut_at_a_word() -> None:
    assert plain("one two three four", 12) == "one two…"
    assert plain("one two", 7) == "one two"
    assert len(plain("x" * 50, 10)) == 10


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=300, deadline=None)
def test_printable_text_is_valid_xml_in_nfc(text: str) -> None:
    clean = printable(text)
    assert unicodedata.is_normalized("NFC", clean)
    ElementTree.fromstring(f"<a>{clean.replace('&', '').replace('<', '')}</a>")
    assert printable(clean) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<p>Hi", "<p>Hi</p>"),
        ("plain & simple", "plain &amp; simple"),
        ('<a href="/a?b=1&c=2">l</a>', '<a href="https://x.example/a?b=1&amp;c=2" rel="noopener noreferrer">l</a>'),
        ('<a href="a">l</a>', '<a href="https://x.example/news/a" rel="noopener noreferrer">l</a>'),
        ('<a href="javascript:alert(1)">l</a>', "l"),
        ('<a href=" java\nscript:alert(1)">l</a>', "l"),
        ('<a href="https://ok.example/"> </a>x', "x"),
        ('<a name="top">l</a>', "l"),
        ('<p class="c" style="x" id="i" onclick="x()" dir="rtl">l</p>', '<p dir="rtl">l</p>'),
        (
            '<img src="a.jpg" alt="A" width="640" height="100%">',
            '<img src="https://x.example/news/a.jpg" alt="A" width="640">',
        ),
        ('<img src="data:image/gif;base64,R0" data-src="/lazy.jpg">', '<img src="https://x.example/lazy.jpg">'),
        ('<img src="/p.gif" width="1" height="1">', ""),
        ('<img src="/p.gif" width=1px>', ""),
        ('<img src="/p.gif" style="display: none">', ""),
        ("<img alt=none>", ""),
        ("<script>x</script><style>y</style><iframe src=//e.example></iframe><object>z</object>", ""),
        ("<form><input name=a><button>go</button></form>", "go"),
        ("<svg><a xlink:href='javascript:x'>s</a></svg><math><mi>m</mi></math>t", "t"),
        ("a</div></p><b>b", "a<b>b</b>"),
        ("<div><div>deep</div></div>", "<div><div>deep</div></div>"),
        ("nul\x00 and \u202e", "nul and"),
        ("&lt;b&gt;x&lt;/b&gt;<p>y</p>", "&lt;b&gt;x&lt;/b&gt;<p>y</p>"),
        ("", ""),
        ("<!-- c -->", ""),
    ],
)
def test_sanitise(raw: str, clean: str) -> None:
    assert sanitised(raw, BASE)[0] == clean


PARTS = """<p> </p> <b> <i> </b> <div> </div> <table> <td> </table> <a\thref='/x'> </a> <img\tsrc=x\tonerror=y> <svg> <math> <style>
</style> <script> </script> <noscript> <!-- --> <title> &lt; &amp; text \x00 javascript: <form> <mtext> </svg> <select> <template>"""
MARKUP = st.lists(st.sampled_from(re.split("[ \n]", PARTS)), max_size=14)


@given(MARKUP)
@settings(max_examples=200, deadline=None)
def test_sanitised_html_is_inert_and_balanced(parts: list[str]) -> None:
    clean = sanitised("".join(parts), BASE)[0]
    tree = lxml_html.fragment_fromstring(clean or "x", create_parent="div")
    for element in tree.iter():
        assert element.tag not in {"script", "style", "svg", "math", "form", "template", "iframe", "noscript"}
        assert not any(key.startswith("on") for key in element.attrib)
        assert element.get("href", "https://").startswith("https://")
    open_tags: list[str] = []
    for close, tag in re.findall(r"<(/?)([a-z0-9]+)", clean):
        if close:
            assert open_tags.pop() == tag
        elif tag not in {"img", "br", "hr"}:
            open_tags.append(tag)
    assert not open_tags


@pytest.mark.parametrize("bad", ["<div>", "<div><b>", "<a href=/x>", "<p><a>", "<", "<a ", "&amp;", "<!--", "a@", "a,"])
def test_hostile_text_takes_no_time(bad: str) -> None:
    began = time.process_time()
    for clean in (plain, paragraphs, names):
        clean(bad * 10_000)
    sanitised(bad * 10_000, BASE)
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("/a", "https://x.example/a"),
        ("  https://y.example/a b \n", "https://y.example/a%20b"),
        ("//y.example/a", "https://y.example/a"),
        ("HTTP://Y.example/", "http://Y.example/"),
        ("https://y.example:8080/?q=ü#f", "https://y.example:8080/?q=ü#f"),
        ('https://y.example/"><script>', "https://y.example/%22%3E%3Cscript%3E"),
        ("", ""),
        ("#top", "https://x.example/news/feed.xml#top"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://y.example/", ""),
        ("mailto:a@y.example", ""),
        ("https://user:secret@y.example/", ""),
        ("https://", ""),
        ("http://[::1", ""),
        ("https://y.example:99999/", ""),
        ("https://y.exa mple/", ""),
    ],
)
def test_absolute(raw: str, clean: str) -> None:
    assert absolute(raw, BASE) == clean


def test_a_relative_address_without_base_is_none() -> None:
    assert absolute("/a") == ""


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Ann Lee", ("Ann Lee",)),
        ("By Ann Lee and Bob Roy", ("Ann Lee", "Bob Roy")),
        ("Ann Lee, Bob van Roy &amp; Cy Day", ("Ann Lee", "Bob van Roy", "Cy Day")),
        ("Ann Lee; dpa", ("Ann Lee", "dpa")),
        ("Smith, John", ("Smith, John",)),
        ("Ministry of Health and Social Affairs", ("Ministry of Health and Social Affairs",)),
        ("ann@x.example (Ann Lee)", ("Ann Lee",)),
        ("Ann Lee <ann@x.example>", ("Ann Lee",)),
        ("ann@x.example", ()),
        ("https://social.example/ann", ()),
        ("(Image: Some Agency)", ()),
        ("123", ()),
        ("  ", ()),
    ],
)
def test_names(raw: str, clean: tuple[str, ...]) -> None:
    assert names(raw) == clean


def test_a_name_is_not_a_paragraph() -> None:
    assert name("word " * 100) == ""


def test_paragraphs_are_lines() -> None:
    html = "<p>One <b>bold</b>\nline</p><ul><li>two</li><li>three &amp; four</li></ul>tail"
    assert paragraphs(html) == "One bold line\ntwo\nthree & four\ntail"

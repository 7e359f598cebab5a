"""oEmbed answers, as sites ask for them and as WordPress filters them."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from lxml import html

from tests.conftest import EVIL
from tests.sample import items


def ask(base: str, url: str, **more: object) -> dict[str, Any]:
    asked = "".join(f"&{name}={value}" for name, value in more.items())
    with urlopen(f"{base}/oembed?url={quote(url, safe='')}{asked}") as answer:
        assert answer.headers["Content-Type"] == "application/json"
        said: dict[str, Any] = json.load(answer)
    return said


def status(address: str) -> int:
    try:
        with urlopen(address) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


KEPT = {"a": ["href"], "blockquote": [], "iframe": "src width height frameborder marginwidth marginheight scrolling title".split()}
TAG = re.compile(r"<(/?)(\w+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")


def kses(text: str) -> str:
    """Tags WordPress does not know in an answer of a site it does not know are taken out, their text stays; so with attributes."""

    def kept(tag: re.Match[str]) -> str:
        closing, name, rest = tag.groups()
        if name not in KEPT:
            return ""
        found = re.findall(r"([\w-]+)=(\"[^\"]*\"|'[^']*')", rest)
        return f"<{closing}{name}{''.join(f' {key}={value}' for key, value in found if key in KEPT[name])}>"

    return TAG.sub(kept, text)


def filtered(text: str) -> str:
    """What WordPress makes of an answer's html (the rules documented for its filter of oEmbed results); "" when it refuses."""
    found = re.search(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", kses(text), re.DOTALL)
    if not found:
        return ""
    quotation, frame = found[1] or "", found[2].replace(' src="', ' data-secret="s" src="')
    frame = re.sub(r'( src="[^"]*)', r"\1#?secret=s", frame)
    if quotation:
        frame = frame.replace("<iframe", '<iframe style="position: absolute; visibility: hidden;"')
        quotation = quotation.replace("<blockquote", '<blockquote data-secret="s" class="wp-embedded-content"')
    return quotation + frame.replace("<iframe", '<iframe class="wp-embedded-content" sandbox="allow-scripts" security="restricted"')


def test_the_answer_is_what_the_specification_asks_for(base: str) -> None:
    said = ask(base, f"{base}/feeds/world/", format="json")
    assert said["version"] == "1.0"
    assert (said["type"], said["title"], said["width"], said["height"]) == ("rich", "World", 600, 400)
    assert (said["provider_name"], said["provider_url"]) == (base.partition("://")[2], base)
    with urlopen(f"{base}/oembed?url={base}/feeds/world/") as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=300"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, (600, 400)),
        ({"maxwidth": 320}, (320, 400)),
        ({"maxwidth": 480, "maxheight": 200}, (480, 200)),
        ({"maxwidth": 5000, "maxheight": 5000}, (600, 400)),
        ({"maxwidth": 0, "maxheight": -1}, (600, 400)),
        ({"maxwidth": "%D9%A3", "maxheight": "1e2"}, (600, 400)),
        ({"maxwidth": "9" * 5000}, (600, 400)),
        ({"maxwidth": "%22onload=1"}, (600, 400)),
    ],
)
def test_there_is_never_more_than_there_is_room_for(base: str, asked: dict[str, object], given: tuple[int, int]) -> None:
    said = ask(base, f"{base}/feeds/world/", **asked)
    frame = html.fromstring(f"<div>{said['html']}</div>").find("iframe")
    assert (said["width"], said["height"]) == given == (int(frame.get("width")), int(frame.get("height")))


@pytest.mark.parametrize("end", ["/feeds/world", "/feeds/world/", "/feeds/world/#embed", "/feeds/world/?utm_source=x"])
def test_a_page_is_known_however_it_was_copied(base: str, end: str) -> None:
    assert ask(base, base + end)["title"] == "World"


@pytest.mark.parametrize(
    "url",
    ["", "BASE/", "BASE/feeds/none/", "BASE/feeds/markets/", "BASE/embed/world/", "BASE/feeds/../ticker/world/", "BASE/feeds/world/x",
     "https://elsewhere.example/feeds/world/", "https://elsewhere.example/?BASE/feeds/world/", "BASE.evil.example/feeds/world/",
     "BASE/feeds/world%00/", "javascript:BASE/feeds/world/", "BASE/feeds/world/\nx"],
)  # fmt: skip
def test_no_other_address_is_answered(base: str, url: str) -> None:
    assert status(f"{base}/oembed?url={quote(url.replace('BASE', base), safe='')}") == 404


def test_only_json_is_offered(base: str) -> None:
    assert status(f"{base}/oembed?url={base}/feeds/world/&format=xml") == 501
    assert status(f"{base}/oembed") == 404


def test_the_page_of_a_feed_leads_to_its_answer(base: str) -> None:
    with urlopen(f"{base}/feeds/world/") as answer:
        page = answer.read()
    assert page.index(b"json+oembed") < page.index(b"</head>") < 150_000, "WordPress reads no further"
    found = html.fromstring(page).xpath("//link[@type='application/json+oembed']/@href")
    assert found == [f"{base}/oembed?url={quote(base + '/feeds/world/', safe='')}&format=json"]
    with urlopen(found[0] + "&maxwidth=300") as answer:
        assert json.load(answer)["width"] == 300
    with urlopen(f"{base}/feeds/markets/") as answer:
        assert b"oembed" not in answer.read(), "a feed without ticker has none"


@pytest.mark.parametrize("feed", ["world", "harbour"])
def test_wordpress_itself_finds_the_answer_and_filters_it_by_these_rules(
    base: str, wordpress: Callable[..., list[Any]], feed: str
) -> None:
    made, other, alone = wordpress("oembed", f"{base}/feeds/{feed}/", f"{base}/feeds/markets/", f"{base}/")
    assert (other, alone) == (False, False), "these stay addresses"
    own = html.fromstring(f"<div>{made}</div>")
    answer = ask(base, f"{base}/feeds/{feed}/", maxwidth=500, maxheight=750)  # what it asks for when its theme says nothing
    ours = html.fromstring(f"<div>{filtered(answer['html'])}</div>")
    (quotation, frame), (said, shown) = own, ours
    assert [link.get("href") for link in quotation] == [link.get("href") for link in said.iter("a")]
    # It takes line ends out, too: what is on lines of its own still has blanks around it.
    assert quotation.text_content() == said.text_content().replace("\n", "")
    assert quotation.text_content().startswith(f"{frame.get('title')} · ")
    secret = frame.get("data-secret")
    assert frame.get("src") == f"{base}/embed/{feed}/#?secret={secret}"
    same = ("title", "width", "height", "frameborder", "sandbox", "security", "class")
    assert [frame.get(name) for name in same] == [shown.get(name) for name in same]
    assert "position: absolute" in frame.get("style"), "hidden until a script of the frame answers"


@pytest.mark.parametrize("feed", ["world", "harbour"])
def test_wordpress_keeps_quotation_and_frame(base: str, feed: str) -> None:
    said = ask(base, f"{base}/feeds/{feed}/")
    kept = html.fromstring(f"<div>{filtered(said['html'])}</div>")
    quotation, frame = kept
    assert (quotation.tag, frame.tag) == ("blockquote", "iframe")
    assert {each.tag for each in kept.iterdescendants()} == {"a", "blockquote", "iframe"}
    links = quotation.xpath(".//a/@href")
    assert links == [f"{base}/feeds/{feed}/", *(item.url for item in items(5))]
    assert frame.get("src") == f"{base}/embed/{feed}/#?secret=s"
    assert (frame.get("sandbox"), frame.get("width"), frame.get("height")) == ("allow-scripts", "600", "400")
    assert frame.get("title") == said["title"]
    title = items(1)[0].title if feed == "world" else EVIL
    assert quotation.xpath("string(.//a[2])") == title[:200]


def test_the_quotation_is_read_and_its_links_work_under_wordpress(
    chromium: Any, base: str, another_site: Callable[[dict[str, str]], str]
) -> None:
    kept = filtered(ask(base, f"{base}/feeds/world/")["html"])
    view = chromium.new_page()
    view.goto(another_site({"post": kept, "frame": re.sub('style="[^"]*"', "", kept)}) + "/post")
    assert view.get_by_role("link").count() == 6
    view.get_by_role("link", name="World", exact=True).click()
    view.wait_for_url(f"{base}/feeds/world/")
    view.go_back()
    view.goto(view.url.replace("/post", "/frame"))
    inside = view.frame_locator("iframe")
    inside.locator("li").first.wait_for()
    assert inside.locator("li").count() == 24, "in the frame WordPress allows, every headline can be read"
    assert "Ferry crews" in inside.locator("li").first.inner_text()
    view.close()

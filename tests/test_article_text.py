"""An article's text: what belongs to it stays, wherever the page has it, and counts, pointers and forms that stand in it go."""

import pytest

from crawler.extract import extract
from tests.test_extract import ARTICLE, BODY, HEADLINE, PARAGRAPHS, URL, ld, site


@pytest.mark.parametrize(
    "count",
    [
        '<p><span class="share-count">420</span>{}</p>',
        '<p><a class="social" href="#"><span>420</span></a>{}</p>',
        '<p><span class="shares">420 Shares</span>{}</p>',
        '<p><i class="count">1,2K</i>{}</p>',
        "<p><span>420</span>{}</p>",
        "<p><b>420</b>{}</p>",
        '<div class="share"><span class="count">420</span></div><p>{}</p>',
        '<div class="social-count">420</div><p>{}</p>',
        '<p><small class="view-counter">420</small>{}</p>',
    ],
)
def test_share_counts_are_taken_out(count: str) -> None:
    page = site(ld(**ARTICLE), article="".join(f"<p>{text}</p>" for text in PARAGRAPHS[:2]) + count.format(PARAGRAPHS[2]))
    assert extract(page, URL).text.split("\n") == PARAGRAPHS[:3]


@pytest.mark.parametrize(
    "start",
    [
        "3D printing",
        "<b>3</b>D printing",
        "40Under40 winners",
        "1MDB, the fund",
        "<span>1</span>MDB, the fund",
        "20th century boats",
        "<span>20</span>th century boats",
        "737 MAX jets",
        "<b>737</b> MAX jets",
        '<span class="dropcap">4</span>Chan users',
        "<strong>12</strong> boats",
        "50Cent songs",
    ],
)
def test_numbers_that_belong_to_the_text_stay(start: str) -> None:
    rest = PARAGRAPHS[2][0].lower() + PARAGRAPHS[2][1:]
    page = site(ld(**ARTICLE), article=f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><p>{start} {rest}</p>")
    words = start
    for tag in ("b", "span", "strong"):
        words = words.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    words = words.replace('<span class="dropcap">', "")
    assert extract(page, URL).text.split("\n")[2] == f"{words} {rest}"


def test_a_body_cut_short_is_taken_from_json_ld_unless_it_is_paid_for() -> None:
    told = {"articleBody": "\n\n".join(PARAGRAPHS)}
    short = f"<p>{PARAGRAPHS[0]}</p>"
    assert extract(site(ld(**ARTICLE, **told), article=short), URL).text.split("\n") == PARAGRAPHS
    paid = site(ld(**ARTICLE, **told, isAccessibleForFree=False), article=short)
    assert extract(paid, URL).text == PARAGRAPHS[0]


SHARING = '<div class="share-buttons"><a href="#">Share</a></div>'


@pytest.mark.parametrize(
    ("opening", "page", "kept"),
    [
        ("420Iran has continued to ship oil, say three harbour masters who watched it all week.", SHARING, False),
        ("12Talks went on into the night, and nobody on either side would say what was agreed.", SHARING, False),
        ("420A strong earthquake shook the harbour on Sunday, and the night boat came in late.", SHARING, False),
        ("420Iran has continued to ship oil, say three harbour masters who watched it all week.", "", True),
        ("5G masts are to be built on the harbour wall, the council decided on Monday evening.", SHARING, True),
        ("20th century boats met in the harbour on Sunday, and half the town came out to look.", SHARING, True),
        ("40Under40 is the name of the prize that the harbour's youngest pilot won this week.", SHARING, True),
        ("50Cent sang at the harbour on Sunday. 50Cent was late, and nobody minded in the least.", SHARING, True),
        ("737 MAX aircraft fly over the harbour again, and the gulls have not got used to them.", SHARING, True),
        ("1984 was the year in which the harbour froze, as the older fishermen like to recall.", SHARING, True),
    ],
)
def test_a_count_glued_to_a_paragraphs_own_text_goes_and_nothing_else_does(opening: str, page: str, kept: bool) -> None:
    rest = "".join(f"<p>Paragraph {n} tells at some length what happened in the harbour that day.</p>" for n in range(6))
    html = f"<html><body>{page}<article><h1>Harbour news</h1><p>{opening}</p>{rest}</article></body></html>"
    found = extract(html, "https://one.example/news/1")
    first = found.text.split("\n")[0] if found.text.split("\n")[0] != "Harbour news" else found.text.split("\n")[1]
    assert first == (opening if kept else opening.lstrip("0123456789"))
    assert (opening in found.content_html) is kept


QUOTE = "Captain Mara Quist said that the crew had missed the crossing"
AGAIN = f"{PARAGRAPHS[0]} {QUOTE}, and nobody doubted it."


@pytest.mark.parametrize(
    ("aside", "kept"),
    [
        pytest.param(f"<blockquote><p>{QUOTE}</p></blockquote>", False, id="said-again"),
        pytest.param(f"<blockquote>“{QUOTE}”<cite>M. Q.</cite></blockquote>", True, id="said-with-more"),
        pytest.param(f'<p class="pullquote">{QUOTE}</p>', False, id="pull-quote-paragraph"),
        pytest.param(f"<blockquote><p>{PARAGRAPHS[1]}</p></blockquote>", True, id="a-quotation"),
        pytest.param('<p>Read also: <a href="/x">Mayor opens the new fish market</a></p>', False, id="pointer"),
        pytest.param('<p><a href="/x">Mayor opens the new fish market</a></p>', False, id="pointer-without-a-word"),
        pytest.param('<p>The plan is <a href="/x">on the shelf of the harbour library</a></p>', True, id="a-sentence-with-a-link"),
        pytest.param("<div><h4>Never miss a boat</h4><p>Our letter, weekly.</p><form><input></form></div>", False, id="sign-up"),
        pytest.param(f"<form><p>{PARAGRAPHS[1]}</p></form>", False, id="form"),
    ],
)
def test_what_stands_in_the_text_and_is_none_of_it_goes(aside: str, kept: bool) -> None:
    page = site(ld(**ARTICLE), article=f"<p>{AGAIN}</p><p>{PARAGRAPHS[2]}</p>{aside}<p>{PARAGRAPHS[3]}</p>")
    found = extract(page, URL).text.split("\n")
    assert [found[0], found[1], found[-1]] == [AGAIN, PARAGRAPHS[2], PARAGRAPHS[3]]
    assert (len(found) > 3) is kept


def test_a_post_of_links_alone_keeps_one() -> None:
    links = "".join(f'<p><a href="/{n}">{text}</a></p>' for n, text in enumerate(PARAGRAPHS))
    assert extract(f"<html><body><article>{links}</article></body></html>", URL).text == PARAGRAPHS[0]


SUMMARY = "A short word on why the boat is back, on what it cost and on who pays, for those with no time to read on."


@pytest.mark.parametrize(
    ("head", "before", "kept"),
    [
        pytest.param("", f'<div class="article__intro"><p>{SUMMARY}</p></div>', True, id="named"),
        pytest.param(f'<meta name="description" content="{SUMMARY}">', f'<p class="x1">{SUMMARY}</p>', True, id="described"),
        pytest.param("", f'<p class="x1">{SUMMARY}</p>', False, id="neither"),
        pytest.param("", f'<figure><p class="lead">{SUMMARY}</p></figure>', False, id="caption"),
        pytest.param("", '<p class="lead">Too short.</p>', False, id="short"),
        pytest.param("", f'<p class="leading-6">{SUMMARY}</p>', False, id="another-word"),
    ],
)
def test_the_summary_above_the_text_is_its_first_paragraph(head: str, before: str, kept: bool) -> None:
    body = f"<h1>{HEADLINE}</h1>{before}<div class='article-body'>{BODY}</div>"
    found = extract(f"<html><head>{head}</head><body>{body}</body></html>", URL)
    assert found.text.split("\n") == [SUMMARY] * kept + PARAGRAPHS
    assert found.content_html.startswith(f"<p>{SUMMARY if kept else PARAGRAPHS[0]}</p>")

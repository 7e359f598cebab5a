"""One article in nine kinds of WordPress theme, with and without JSON-LD and OpenGraph: the article comes out, nothing else does."""

from datetime import datetime, timedelta

import pytest

from crawler.extract import extract
from tests.made_pages import SITE, URL, article, clutter, made, templates

THEMES = [(theme, "ar" if theme == "mirrored" else "en") for theme in templates("themes")]
PAGES = [*THEMES, ("newspaper", "de"), ("blocks", "de"), ("classic", "ar"), ("minimal", "ar")]
UNTIMED = {"minimal"}  # shows a day and no more


@pytest.mark.parametrize("og", [True, False], ids=["og", "no-og"])
@pytest.mark.parametrize("ld", [True, False], ids=["ld", "no-ld"])
@pytest.mark.parametrize(("theme", "language"), PAGES)
def test_the_article_comes_out_of_any_theme_and_nothing_else_does(theme: str, language: str, ld: bool, og: bool) -> None:
    told, page = article(language), made("themes", theme, language, ld, og)
    assert all(label in page for label in (told["bio"], told["others"][0][1], told["about"], "420"))
    found = extract(page, URL)
    assert found.text.split("\n") == told["paragraphs"]
    assert len(told["paragraphs"]) == 13
    assert [text for text in clutter(told) if text in found.text + found.content_html] == []
    assert found.content_html.count("<p>") == 13
    assert found.title == told["title"]
    assert found.authors == (told["author"],)
    assert found.language == language
    stated, when = datetime.fromisoformat(told["published"]), found.published
    if ld or og or theme not in UNTIMED:
        assert when == stated
        assert when.utcoffset() == stated.utcoffset()
    else:
        assert when is None or abs(when - stated) < timedelta(days=1)
    if ld or og:
        assert found.image == f"{SITE}/wp-content/uploads/lead.jpg"


def test_there_are_eight_themes_and_a_mirrored_one() -> None:
    assert len(THEMES) >= 9
    assert "mirrored" in templates("themes")

"""What an outlet's pages and titles repeat is learnt over a real crawl, taken out, told, and put back when the operator says so."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from crawler.boilerplate import restored, without
from crawler.extract.page import read_page
from tests.archive import NOW
from tests.loopback import Answer, loopback
from tests.test_crawl import Command, configure, crawl, outlet
from tests.test_stories import WORDS
from tickerwire.config import PageRules
from tickerwire.store import Store
from tickerwire.store.learned import ends, key, known, lines, note, note_titles, prune, repeats, trimmed

BOX = "Jane Doe is the harbour correspondent of this paper and has written {} articles about ferries."
PLEA = "We depend on readers like you: please support our work with a small monthly gift today."
OWN = [f"Paragraph {n} of this article alone says: " + " ".join(Random(n).choices(WORDS, k=30)) + "." for n in range(200)]


def text(number: int, *more: str) -> str:
    return "\n".join([*OWN[number * 5 : number * 5 + 5], *more])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "t.db") as opened:
        yield opened


def learnt(store: Store, *texts: str) -> set[str]:
    with store.transaction() as db:
        for one in texts:
            note(db, "one", lines(one), NOW)
        return set(known(db, "one", "page").values())


def test_a_line_on_a_quarter_of_the_pages_is_boilerplate(store: Store) -> None:
    assert learnt(store, *[text(n, PLEA, *OWN[100 + n * 3 : 103 + n * 3]) for n in range(3)]) == set()
    assert learnt(store, text(3, PLEA, *OWN[120:123])) == {PLEA}, "in the middle of four pages"


def test_an_authors_box_at_the_end_of_a_tenth_of_the_pages_is_boilerplate(store: Store) -> None:
    texts = [text(n % 30, *([BOX.format(300 + n)] if n % 10 == 0 else [])) + f"\nLine {chr(97 + n)} of its own" for n in range(25)]
    texts += [text(n % 30) + f"\nEnd {WORDS[n]}" for n in range(25)]
    boxes = [f"{text(n % 30)}\n{BOX.format(300 + n)}" for n in range(5)]
    assert learnt(store, *texts) <= {BOX.format(300 + n) for n in range(50)}
    assert any(said.startswith("Jane Doe") for said in learnt(store, *boxes)), "its number may differ"


def test_headings_that_every_article_has_stay(store: Store) -> None:
    told = [f"{OWN[n * 6]}\n{OWN[n * 6 + 1]}\nWhy it matters\n" + "\n".join(OWN[n * 6 + 2 : n * 6 + 6]) for n in range(12)]
    assert learnt(store, *told) == set()


def test_a_background_paragraph_in_a_running_story_stays(store: Store) -> None:
    told = [text(n, *([PLEA] if n % 6 == 0 else []), *OWN[100 + n * 3 : 103 + n * 3]) for n in range(30)]
    assert learnt(store, *told) == set(), "five of thirty, in the middle"


def test_what_stands_on_one_page_is_never_boilerplate() -> None:
    assert not any(repeats("page", times, times, 1.0) for times in range(1, 4))
    assert not repeats("title", 4, 4, 1.0)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Ferry late | Example News", {" | Example News", "Ferry late | "}),
        ("News: Ferry - late – Example", {"News: Ferry - ", " – Example"}),
        ("Ferry-boat late", set()),
        ("Ferry|Harbour", {"|Harbour", "Ferry|"}),
    ],
)
def test_ends_of_titles(title: str, found: set[str]) -> None:
    assert {said for _, said in ends(title).values()} == found


def test_a_title_is_never_made_empty() -> None:
    assert trimmed(" | Example", [" | Example"]) == " | Example"
    assert trimmed("Live | Ferry | Example", [" | Example", "Live | "]) == "Ferry"


def test_a_prefix_of_few_of_many_titles_is_no_boilerplate(store: Store) -> None:
    with store.transaction() as db:
        assert not note_titles(db, "one", [*["Opinion | " + word for word in WORDS[:8]], *WORDS[8:30]], NOW)
        assert note_titles(db, "one", [f"{word} | Example" for word in WORDS] * 2, NOW)
        assert set(known(db, "one", "title").values()) == {" | Example"}


def test_what_is_taken_out_can_be_put_back_to_the_byte() -> None:
    said = "One.\nSupport us now.\nTwo.\nAbout Jane (7 articles)"
    html = "<p>One.</p><div><p>Support us now.</p></div><p>Two.</p><ul><li>About Jane (7 articles)</li></ul>"
    (short, markup), gone = without((said, html), {key("support US now."), key("About Jane (348 articles)")})
    assert (short, markup) == ("One.\nTwo.", "<p>One.</p><p>Two.</p>")
    assert restored((short, markup), gone) == (said, html)
    assert without(("Support us now.", "<p>Support us now.</p>"), {key("Support us now.")})[1] == [], "never all of it"


def test_what_was_seen_once_is_forgotten_and_what_is_learnt_is_not(store: Store) -> None:
    learnt(store, *[text(n, PLEA) for n in range(4)])
    with store.transaction() as db:
        prune(db, NOW + timedelta(days=200))
        left = db.execute("select said from learned where key != 0").fetchall()
    assert [row[0] for row in left] == [PLEA]


def page(number: int) -> bytes:
    body = "".join(f"<p>{line}</p>" for line in text(number).split("\n"))
    return f"""<html><head><title>Ferry {number} leaves | Example News</title></head><body><h1>Ferry {number} leaves</h1><article>
        <p>{PLEA}</p>{body}<p>{BOX.format(300 + number)}</p></article></body></html>""".encode()


def feed(*numbers: int, port: int) -> Answer:
    items = "".join(
        f"<item><title>Ferry {n} leaves | Example News</title><link>http://127.0.0.1:{port}/{n}</link>"
        f"<pubDate>Mon, 23 Nov 2026 0{n}:00:00 +0000</pubDate></item>"
        for n in numbers
    )
    return Answer(f"<rss version='2.0'><channel><title>x</title>{items}</channel></rss>".encode())


def test_a_crawl_learns_what_pages_repeat_cleans_what_it_stored_and_forgets_on_demand(tickerwire: Command, tmp_path: Path) -> None:
    pages = {f"/{n}": Answer(page(n), headers={"Content-Type": "text/html"}) for n in range(9)}
    with loopback(pages) as host:
        host.answers["/feed.xml"] = feed(*range(6), port=host.port)
        configure(tmp_path, outlet("one", host.url("/feed.xml"), full_text=True))
        crawl(tickerwire)
        host.answers["/feed.xml"] = feed(*range(9), port=host.port)
        crawl(tickerwire)
        told = exported(tickerwire)
        assert [one["title"] for one in told] == [f"Ferry {n} leaves" for n in range(9)]
        assert [one["text"] for one in told] == [text(n) for n in range(9)]
        assert all(PLEA not in one["content_html"] and "Jane Doe" not in one["content_html"] for one in told)
        assert {str(one["revision"]) for one in told} == {"1"}, "cleaning is no edit"

        report = json.loads(tickerwire("outlets", "learned", "one", "--json").stdout)
        assert {(one["kind"], one["said"].split()[0]) for one in report} == {("page", "We"), ("page", "Jane"), ("title", "|")}
        plea = next(one["key"] for one in report if one["said"] == PLEA)
        tickerwire("outlets", "learned", "one", "--keep", str(plea))
        assert [one["text"] for one in exported(tickerwire)] == [f"{PLEA}\n{text(n)}" for n in range(9)]
        assert f"<p>{PLEA}</p>" in exported(tickerwire)[0]["content_html"]
        tickerwire("outlets", "learned", "one", "--remove", str(plea))
        assert [one["text"] for one in exported(tickerwire)] == [text(n) for n in range(9)]
        suffix = next(one["key"] for one in report if one["kind"] == "title")
        tickerwire("outlets", "learned", "one", "--keep", str(suffix))
        assert exported(tickerwire)[0]["title"] == "Ferry 0 leaves | Example News"
        wrong = tickerwire("outlets", "learned", "one", "--keep", "17")
        assert (wrong.returncode, "17" in wrong.stderr) == (2, True)


def exported(tickerwire: Command) -> list[dict[str, str]]:
    lines = tickerwire("articles", "export", "--jsonl").stdout.splitlines()
    return sorted(map(json.loads, lines), key=lambda one: one["link"])


def test_the_operators_rules_for_pages() -> None:
    html = """<html><body><div id="by"><span>By Ann Lee</span></div><div class="story"><p>First.</p><p class="ad">Buy!</p>
        <p>Second.</p></div><div class="story"><p>Third.</p></div></body></html>"""
    rules = PageRules(body="div.story", byline="#by span", strip=("p.ad", "//aside"))
    read = read_page(html.encode(), "https://x.example/1", "text/html", NOW, "UTC", rules)
    assert (read.text, read.authors) == ("First.\nSecond.\nThird.", ("Ann Lee",))
    assert read.content_html.count("<p>") == 3
    assert (read.provenance["text"], read.provenance["authors"]) == ("rules", "rules")


def test_operators_affixes_leave_titles_and_a_bad_selector_is_told(tickerwire: Command, tmp_path: Path) -> None:
    with loopback({"/0": Answer(page(0), headers={"Content-Type": "text/html"})}) as host:
        host.answers["/feed.xml"] = feed(0, port=host.port)
        told = outlet("one", host.url("/feed.xml"), full_text=True)
        configure(tmp_path, told + '[outlet.page]\ntitle_suffix = [" | Example News"]\nbody = "p::nothing("\n')
        crawl(tickerwire)
        (one,) = exported(tickerwire)
        assert one["title"] == "Ferry 0 leaves"
        shown = Store.open(tmp_path / "var/tickerwire.db").read("select error from pages")[0]["error"]
        assert "body = 'p::nothing('" in shown

"""/search over a real socket: what it finds, marks, pages and refuses, as a page, JSON Feed and RSS; the order of what is found."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings, strategies as st
from lxml import etree, html

from syndicate.web import WebServer, site
from tests.archive import NOW, article, commit, config, outlet
from tests.conftest import SHARED
from tests.served import Answer, Ask, asker
from tests.test_query import LETTERS
from tests.test_select import commit_of
from tickerwire.config import Config
from tickerwire.config.model import SearchSettings
from tickerwire.errors import QueryError
from tickerwire.query import Folded, compile_query, forget, matches, parse
from tickerwire.query.ast import Term
from tickerwire.query.highlight import highlighted
from tickerwire.query.parse import read_once
from tickerwire.query.pattern import compiled
from tickerwire.store import Store
from tickerwire.store.archive import MANY


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Config:
    made = config(tmp_path_factory.mktemp("search"), search=SearchSettings(results=3, pages=3))
    with Store.open(made.database) as store:
        for number in range(1, 12):
            commit(store, f"Ferry {number} & boat", NOW - timedelta(hours=number), summary=f"The ferry, number {number}.")
        hidden = commit(store, "Ferry of the night", NOW)
        store.set_desk(hidden, NOW, "ann", desk="hidden")
        commit(store, "東京タワーの夜", NOW - timedelta(days=2))
    return made


@pytest.fixture(scope="module")
def ask(installed: Config) -> Iterator[Ask]:
    with WebServer() as server:
        server.serve(site(installed))
        yield asker(server.port)


def page(answer: Answer) -> html.HtmlElement:
    return html.fromstring(answer[2].decode())


def titles(answer: Answer) -> list[str]:
    return [found.text_content() for found in page(answer).iter("h3")]


def feed(ask: Ask, path: str) -> dict[str, Any]:
    status, headers, body = ask(path)
    assert (status, headers["Content-Type"]) == (200, "application/feed+json; charset=utf-8")
    said: dict[str, Any] = json.loads(body)
    return said


def test_pages_of_results_newest_first_with_marks(ask: Ask) -> None:
    answer = ask("/search?q=ferry")
    assert (answer[0], answer[1]["X-Robots-Tag"]) == (200, "noindex")
    assert titles(answer) == [f"Ferry {n} & boat" for n in (1, 2, 3)]
    assert [mark.text for mark in page(answer).iter("mark")] == ["Ferry", "ferry"] * 3
    older = page(answer).xpath("//a[@rel='next']/@href")
    assert older == ["/search?q=ferry&page=2"]
    last = ask("/search?q=ferry&page=3")
    assert titles(last) == [f"Ferry {n} & boat" for n in (7, 8, 9)]
    assert not page(last).xpath("//a[@rel='next']"), "the operator's limit"
    assert page(last).xpath("//a[@rel='prev']/@href") == ["/search?q=ferry&page=2"]


def test_a_search_can_be_subscribed_to_from_its_page(ask: Ask) -> None:
    answer = page(ask("/search?q=%22ferry%22+boat"))
    links = answer.xpath("//section[@class='subscribe']//a/@href")
    assert links == [f"/search?q=%22ferry%22+boat&format={kind}" for kind in ("rss", "json")]
    assert answer.xpath("//link[@rel='alternate']/@href") == links
    copied = answer.xpath("//section[@class='subscribe']//button/@data-text")
    assert copied == ["https://news.example.org/search?q=%22ferry%22+boat&format=rss"]
    assert len(feed(ask, copied[0].removeprefix("https://news.example.org").replace("rss", "json"))["items"]) == 3
    assert not page(ask("/search?q=%22ferry")).xpath("//section[@class='subscribe']"), (
        "nothing comes of a query that cannot be read"
    )


def test_a_format_there_is_none_of_is_named_beside_those_there_are(ask: Ask) -> None:
    answer = ask("/search?q=ferry&format=%3Cb%3E")
    assert (answer[0], "format '<b>' is none of html, json, rss" in page(answer).text_content()) == (400, True)


@pytest.mark.parametrize("number", ["0", "4", "-1", "x", "1e9", "²"])
def test_pages_there_are_none_of(ask: Ask, number: str) -> None:
    assert ask(f"/search?q=ferry&page={quote(number)}")[0] == 404


def test_without_a_question_there_is_a_form(ask: Ask) -> None:
    answer = ask("/search")
    assert (answer[0], titles(answer)) == (200, [])
    assert page(answer).xpath("//form/@action") == ["/search"]
    assert "script-src 'self'" in answer[1]["Content-Security-Policy"]


@pytest.mark.parametrize("query", ['"ferry', "(ferry", "ferry AND", "nofield:x", "/(/", "ferry)", "age:soon", "lang:en lang:de"])
def test_what_cannot_be_read_is_told(ask: Ask, query: str) -> None:
    status, headers, body = ask(f"/search?q={quote(query)}")
    assert (status, headers["Cache-Control"]) == (400, "no-store")
    assert page((status, headers, body)).xpath("string(//*[@id='wrong'])")
    for kind in ("json", "rss"):
        status, headers, body = ask(f"/search?q={quote(query)}&format={kind}")
        assert status == 400
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        said = json.loads(body)
        assert said["error"].endswith(")")
        assert f"(character {said['position']}, " in said["error"]


def test_what_may_not_do_what_it_looks_like_is_told(ask: Ask) -> None:
    answer = ask(f"/search?q={quote('ferry or outlet:harbor')}")
    said = page(answer).xpath("string(//section)")
    assert (answer[0], "write OR" in said, "no outlet has the id harbor; did you mean" in said) == (200, True, True)
    assert "Note:" not in page(ask("/search?q=ferry")).xpath("string(//section)")


def test_nothing_typed_becomes_markup(ask: Ask) -> None:
    typed = "\"><script>alert(1)</script>'"
    for text in (f'"{typed[1:]}"', f"title:{typed}", typed):
        answer = ask(f"/search?q={quote(text)}")
        assert [script.get("src").partition("?")[0] for script in page(answer).iter("script")] == ["/assets/page.js"], text


def test_random_questions_never_fail(ask: Ask) -> None:
    chance, letters = Random(7), '"()/:*-<>@.,\\ abferry東あا\u0301\x00\n\ud800AND OR NOT title:'
    for _ in range(300):
        text = "".join(chance.choices(letters, k=chance.randint(1, 20)))
        status = ask(f"/search?q={quote(text, errors='surrogatepass')}&format={chance.choice(['html', 'json', 'rss'])}")[0]
        assert status in (200, 400), text


def test_json_feed_pages_and_validators(ask: Ask) -> None:
    said = feed(ask, "/search?q=ferry&format=json")
    assert [one["title"] for one in said["items"]] == [f"Ferry {n} & boat" for n in (1, 2, 3)]
    assert said["feed_url"] == "https://news.example.org/search?q=ferry&format=json"
    assert said["next_url"] == "https://news.example.org/search?q=ferry&format=json&page=2"
    assert "next_url" not in feed(ask, "/search?q=ferry&format=json&page=3")
    tag = ask("/search?q=ferry&format=json")[1]["ETag"]
    assert ask("/search?q=ferry&format=json", If_None_Match=tag)[0] == 304
    assert ask("/search?q=boat&format=json", If_None_Match=tag)[0] == 200
    assert ask("/search?q=ferry&format=atom")[0] == 400


def test_rss_can_be_subscribed_to(ask: Ask, tmp_path: Path) -> None:
    status, headers, body = ask("/search?q=ferry+OR+%22the+ferry%22&format=rss")
    assert (status, headers["Content-Type"]) == (200, "application/rss+xml; charset=utf-8")
    assert len(etree.fromstring(body).findall("channel/item")) == 3
    checker = SHARED / "tools/feedcheck.py"
    if checker.exists():
        (tmp_path / "search.rss").write_bytes(body)
        done = subprocess.run([sys.executable, checker, tmp_path / "search.rss"], capture_output=True, text=True, check=False)
        assert (done.returncode, re.findall(r"^[EW]\b.*", done.stdout, re.MULTILINE)) == (0, []), done.stdout


def test_a_search_opened_as_a_feed_by_a_person_is_a_page(ask: Ask) -> None:
    reader, person = ask("/search?q=ferry&format=rss"), ask("/search?q=ferry&format=rss", Sec_Fetch_Dest="document")
    assert person[1]["Content-Type"] == "application/xml; charset=utf-8"
    assert person[2] == reader[2]
    assert person[1]["Vary"] == reader[1]["Vary"] == "Sec-Fetch-Dest"
    assert person[1]["Content-Security-Policy"] == "default-src 'none'; style-src 'self'; sandbox"
    assert b"assets/feed.css" in person[2]
    json_feed = ask("/search?q=ferry&format=json", Sec_Fetch_Dest="document")
    assert json_feed[1]["Content-Type"] == "application/feed+json; charset=utf-8"


def test_one_search_takes_no_longer_than_allowed_and_says_so(installed: Config) -> None:
    hasty = installed.model_copy(update={"search": SearchSettings(seconds=1e-9)})
    with WebServer() as server:
        server.serve(site(hasty))
        answer = asker(server.port)("/search?q=ferry")
    assert (answer[0], answer[1]["Cache-Control"], titles(answer)) == (200, "no-store", [])
    assert "took too long" in answer[2].decode()


def test_head_is_answered_like_get_without_a_body(ask: Ask) -> None:
    for path in (
        "/search?q=ferry",
        "/search?q=ferry&format=json",
        "/search?q=ferry&format=rss",
        "/search?q=(",
        "/search?q=ferry&page=9",
    ):
        got, head = ask(path), ask(path, method="HEAD")
        assert (head[0], head[2]) == (got[0], b"")
        assert {**head[1], "date": ""} == {**got[1], "date": ""}
    assert ask("/search?q=ferry", method="POST")[0] == 405


def test_what_may_not_be_shown_cannot_be_guessed(tmp_path: Path) -> None:
    """Neither found by its words, nor missed by their absence; what publishers reserve counts as an outlet's policy does."""
    made = config(tmp_path, outlets=(outlet(), outlet("quay", republish="excerpt"), outlet("mole", republish="headline")))
    with Store.open(made.database) as store:
        for name in ("harbour", "quay", "mole", "gone"):
            commit_of(store, name, 1)
        commit(store, "Ferry that is reserved", NOW, summary="Said, too.", provenance={"optout": "nosnippet"})
        commit(store, "Ferry that is shortened", NOW, summary="Said, too.", provenance={"optout": "max-snippet:50"})

    with WebServer() as server:
        server.serve(site(made))
        ask = asker(server.port)

        def found(query: str) -> list[str]:
            said = feed(ask, f"/search?q={quote(query)}&format=json")["items"]
            return sorted(one["url"].removeprefix("https://").split("/")[0] + one["title"][10:20] for one in said)

        every = found("ferry")
        assert len(every) == 6
        shown = [one for one in every if not one.startswith(("gone", "mole")) and "reserv" not in one]
        assert len(shown) == 3
        for query in ("said", "body:said", "sai*", "/SA.D/", 'body:"said"', "ferry (said OR nothing)"):
            assert found(query) == shown, query
        for query in ("NOT said", "ferry -body:said", "ferry NOT /said/"):
            assert found(query) == [one for one in every if one not in shown], query


def test_nothing_of_a_strangers_query_is_kept(ask: Ask) -> None:
    for number in range(30):
        assert ask(f"/search?q=/f(er|{number})+ry/+OR+x{number}")[0] == 200
    assert max(cache.cache_info().currsize for cache in (read_once, compile_query, compiled)) < 30


def test_an_operator_may_have_no_search(installed: Config) -> None:
    with WebServer() as server:
        server.serve(site(installed.model_copy(update={"search": SearchSettings(enabled=False)})))
        assert asker(server.port)("/search?q=ferry")[0] == 404


def test_before_the_first_crawl(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with WebServer() as server:
        server.serve(site(config(tmp_path)))
        answer = asker(server.port)("/search?q=ferry")
    assert (answer[0], answer[1]["Retry-After"]) == (503, "30")
    (told,) = caplog.records
    assert told.getMessage() == "/search cannot be answered"
    assert str(config(tmp_path).database) in str(told.exc_info and told.exc_info[1]), (
        "the operator reads why, the stranger does not"
    )
    assert str(tmp_path).encode() not in answer[2]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("ferry", "The Férry, the ferryman", ["Férry"]),
        ("ferr*", "The ferry, the ferryman", ["ferr", "ferr"]),
        ('"on time"', "On-time is not in time", ["On-time"]),
        ("late OR -ferry", "A late ferry", ["late"]),
        ("title:late body:ferry", "A late ferry", ["late"]),
        ("/f.rr[a-z]/", "ferry and fErrt", ["ferry", "fErrt"]),
        (r"/\d+ ทม/", "ก 12 ทม 345 ทม", ["12 ทม", "345 ทม"]),
        ("タワー", "東京タワーの夜", ["タワー"]),
        ("カメラ", "新型ｶﾒﾗとカメラ", ["ｶﾒﾗ", "カメラ"]),
        ("ガス", "都市ｶﾞｽ", ["ｶﾞｽ"]),
        ("東京2020", "東京2020大会、東京20201", ["東京2020"]),
        ("2020東京", "祝2020東京大会", ["2020東京"]),
        ("น้ำท่วม", "ภาวะน้ำท่วมกรุงเทพฯ", ["น้ำท่วม"]),
        ("बाढ़", "दिल्ली में बाढ़, बाढ", ["बाढ़", "बाढ"]),
        ("मुंबई", "मुंबई में भूकंप", ["मुंबई"]),
        ("ממשלה", "הַמֶּמְשָׁלָה או מֶמְשָׁלָה", ["מֶמְשָׁלָה"]),
        ("الأمم", "الأُمَم المُتَّحِدة", ["الأُمَم"]),
        ("القاهرة", "في القـــاهرة", ["القـــاهرة"]),
        ("صه", "צה״ל صَهْ", ["صَهْ"]),
        ("αθηνα", "Στην ΑΘΉΝΑ", ["ΑΘΉΝΑ"]),
        ("οδος", "ΟΔΟΣ, οδός", ["ΟΔΟΣ", "οδός"]),
        ("strasse", "Straße STRASSE", ["Straße", "STRASSE"]),
        ("office", "the o\ufb03ce", ["o\ufb03ce"]),
        ("cooperate", "co\u00adoperate", ["co\u00adoperate"]),
        ("한국", "한국 \u1112\u1161\u11ab\u1100\u116e\u11a8", ["한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"]),
        ("o'neill", "Bo O’Neill's", ["O’Neill"]),
        ("viet nam", "Việt Nam 🚢", ["Việt", "Nam"]),
        ("*", "A late ferry", []),
    ],
)
def test_marks(query: str, text: str, marked: list[str]) -> None:
    pieces = highlighted(parse(query), text, ("anywhere", "title"))
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, hit in pieces if hit] == marked


@given(st.text(LETTERS, max_size=24), st.text(LETTERS, min_size=1, max_size=5), st.booleans())
@settings(deadline=None, max_examples=500)
def test_a_text_is_marked_exactly_where_the_filter_finds_something(value: str, written: str, prefix: bool) -> None:
    try:
        query = parse(written.strip().replace(" ", "-") + "*" if prefix else f'"{written}"')
    except QueryError:
        assume(False)
    assume(isinstance(query, Term))
    pieces = highlighted(query, value, ("anywhere",))
    assert "".join(piece for piece, _ in pieces) == value
    hits = [piece for piece, hit in pieces if hit]
    assert bool(hits) == matches(query, article(1, title=value, summary=""), NOW)
    assert not hits or matches(query, article(1, title=value if len(hits) == 1 else " ".join(hits), summary=""), NOW)


def rain(store: Store, positions: Sequence[datetime]) -> None:
    """Articles of these positions, stored in this order, which the index has under that word."""
    commit(store, "Rain", positions[0])
    kept = [row["name"] for row in store.read("pragma table_info(articles)") if row["name"] not in ("id", "guid", "position")]
    made = [(n, f"g{n}", position.strftime("%Y-%m-%dT%H:%M:%SZ")) for n, position in enumerate(positions[1:], 2)]
    with store.transaction() as db:
        others = ", ".join(kept)
        db.conn.executemany(
            f"insert into articles (id, guid, position, {others}) select ?, ?, ?, {others} from articles where id = 1", made
        )
        db.conn.executemany(
            "insert into articles_index (rowid, title, facts) values (?, 'rain', 'outlet:harbour')", [one[:1] for one in made]
        )


@pytest.mark.parametrize("disorder", [0, 40, 100_000], ids=["in order", "some late", "no order"])
def test_what_the_index_finds_comes_in_the_order_of_positions(tmp_path: Path, disorder: int) -> None:
    chance, count = Random(3), MANY + 300
    with Store.open(tmp_path / "t.db") as store:
        late = (NOW - timedelta(minutes=count - n + chance.uniform(0, disorder)) for n in range(2, count))
        rain(store, [NOW - timedelta(days=400), *late])
        with store.transaction() as db:
            db.execute("update articles set story = id - id % 10 where id > 10 and id % 10 > 0 and id % 10 < (id / 10) % 7")
        asked = {"rain": count, "rain age:<1d": 24 * 60 + 1, "rain outlet:harbour": count, "rain outlet:quay": 0}
        asked |= {"ra*": count, "/^rain.*t/": 0, "a* b* c* d* ra*": 0, "-(a* OR b* OR c* OR d* OR e*)": count}
        asked |= {"story:size>1 rai*": count, "rain story:size>3": count, "story:size>3": count, "story:size>6 rain": 1}
        asked |= {
            "story:size>5 OR outlet:quay": count,
            "-(story:size<5)": count,
            "story:size>6 OR story:size>7": 1,
            "story:size>1 OR rain": count,
        }
        folded = [Folded(one) for one in store.export()]
        for text, most in asked.items():
            query = parse(text)
            belongs = compile_query(query)
            found = [(one.position, one.id) for one in store.candidates(query, NOW) if belongs(Folded(one), NOW)]
            every = [(one.article.position, one.article.id) for one in folded if belongs(one, NOW)]
            assert found == sorted(every, reverse=True), text
            assert len(found) <= most


def test_what_is_stored_while_a_search_runs_stands_at_no_wrong_place(tmp_path: Path) -> None:
    with Store.open(tmp_path / "t.db") as store:
        rain(store, [NOW - timedelta(minutes=500 - n) for n in range(500)])  # more than are looked at before the index is asked
        found = []
        for one in store.candidates(parse("rain /ai/"), NOW):
            found.append((one.position, one.id))
            if len(found) == 10:
                commit(store, "Rain again", NOW + timedelta(hours=1))
                store.connection.execute("update articles set position = '2026-01-01T00:00:00Z' where id = ?", found[0][1:])
        assert found == sorted(set(found), reverse=True)
        assert sorted(article for _, article in found) == [*range(1, 501)], "each once"


def test_a_candidate_is_given_before_the_next_is_looked_at(tmp_path: Path) -> None:
    """Hundreds of regular expressions over sixty articles at once would take longer than a search may."""
    with Store.open(tmp_path / "t.db") as store:
        rain(store, [NOW - timedelta(minutes=90 - n) for n in range(90)])
        given = store.candidates(parse("rain /ai/"), NOW)
        forget()
        assert (next(given).id, compiled.cache_info().currsize) == (90, 0)
        assert (next(given).id, compiled.cache_info().currsize) == (89, 1)
        assert [one.id for one in given] == [*range(88, 0, -1)]

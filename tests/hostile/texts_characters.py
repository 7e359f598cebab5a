"""Nothing in; outlets whose characters or dates no program expects out."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from tests.hostile.behaviour import FEED, Aftermath, Behaviour, Check, Route, results
from tests.hostile.published import appears, inert
from tests.hostile.server import Asked, Host, Reply
from tests.hostile.texts_scripts import KNOWN, item, jsonfeed, xml

OK = results("ok", "ok", "ok")
CODES = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0xAD,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFDD0,
    0xFDEF,
]
CODES += [0xFEFF, *range(0xFFF9, 0x10000), 0x1FFFE, 0x10FFFF, 0xD800, 0xDFFF, 0xE0001, 0xE000]
NEVER = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffd-\uffff\U0001fffe\U0010ffff]"
)
MARKS = "".join(map(chr, range(0x300, 0x370)))


def texts(name: str, does: str, correct: str, make: Callable[[Host], Reply], *checks: Check, **keys: Any) -> Behaviour:
    """An outlet whose document is made anew for each crawl; whatever it holds is published in a feed of its own. `page` answers
    for its article pages."""
    page = keys.pop("page", None)

    def routes(host: Host) -> Mapping[str, Route]:
        feed: Route = lambda _: make(host)  # noqa: E731
        return {FEED: feed, "*": page} if page else {FEED: feed}

    outlet, threat = {"republish": "full", "full_text": bool(page)}, keys.pop("threat", "Texts")
    return Behaviour(name, threat, does, correct, routes, (OK, inert, unedited, *checks), outlet=outlet, feed=True, **keys)


def unedited(after: Aftermath) -> Iterable[str]:
    """Reading the same again is no edit."""
    yield from (f"{row['title'][:60]!r} has revision {row['revision']}" for row in after.rows if row["revision"] != 1)


def titled(expected: Iterable[str]) -> Check:
    """Exactly these titles are stored and published, in any order."""
    wanted = sorted(expected)

    def check(after: Aftermath) -> Iterable[str]:
        found = sorted(row["title"] for row in after.rows)
        yield from (f"stored {a!r}, expected {b!r}" for a, b in zip(found, wanted, strict=False) if a != b)
        if len(found) != len(wanted):
            yield f"{len(found)} articles, expected {len(wanted)}"
        yield from appears(len(wanted))(after)

    return check


def clean(after: Aftermath) -> Iterable[str]:
    """No character in any published file that XML forbids, that steers a terminal or turns the direction of writing."""
    for kind in (
        "feeds/{}.rss",
        "feeds/{}.atom",
        "feeds/{}.json",
        "feeds/{}/index.html",
        "embed/{}/index.html",
        "ticker/{}.json",
    ):
        text = after.published[kind.format(after.name)]
        texts = re.findall(r'"((?:[^"\\]|\\.)*)"', text) if kind.endswith("json") else [text.replace("\n", "").replace("\t", "")]
        decoded = [json.loads(f'"{one}"') for one in texts] if kind.endswith("json") else texts
        yield from (f"{kind} holds U+{ord(found[0]):04X}" for one in decoded if (found := NEVER.search(re.sub(r"[\t\n]", "", one))))


def cleaned(code: int) -> str:
    """What becomes of "x", this character, "y": control characters go or are what windows-1252 means by them, blanks are one blank."""
    sign = chr(code)
    if 0x80 <= code < 0xA0:
        sign = bytes([code]).decode("cp1252", "ignore")
    if code in (0x0B, 0x0C) or (sign.isspace() and code not in range(0x1C, 0x20)):
        sign = " "
    return unicodedata.normalize("NFC", f"{code:04X} x{NEVER.sub('', sign)}y")


def every_sign(host: Host) -> Reply:
    """Every odd character in titles and texts of a JSON Feed, lone surrogates as escapes."""
    return jsonfeed(
        host,
        (
            {"title": f"{code:04X} x{chr(code)}y", "content_html": f"<p>x{chr(code)}y</p>", "tags": [f"t{chr(code)}"]}
            for code in CODES
        ),
    )


def referred(host: Host) -> Reply:
    """References to characters that do not exist, in HTML inside XML."""
    items = (f"&amp;#{what};" for what in BAD_REFERENCES)
    return xml(
        host,
        *(item(n, host, f"<description>&lt;p&gt;x{one}y&lt;/p&gt;</description>", f"R{n} x{one}y") for n, one in enumerate(items)),
    )


BAD_REFERENCES = (
    "0",
    "x0",
    "x1F",
    "27",
    "x1b",
    "127",
    "x110000",
    "xD800",
    "xDFFF",
    "xFFFE",
    "xFFFFFFFF",
    "99999999999",
    "x202E",
    "-1",
    "x",
    "",
    "9" * 5000,
)


def referring(asked: Asked) -> Reply:
    """An article page with one of these references in its title, its head, its links and every paragraph."""
    one = f"&#{BAD_REFERENCES[int(asked.path.rpartition('/')[2])]};"
    head = f"<title>P{one} &amp;</title><meta name=author content='Ann{one} Lee'><link rel=canonical href='/{one}'>"
    told = f"<p>The council{one} met again on Tuesday and put off its decision. <a href='/x{one}'>More{one}</a>"
    told += f"<img src='/i{one}.jpg'></p>"
    return Reply(f"{head}<article><h1>P{one}</h1>{told * 9}</article>".encode(), headers={"Content-Type": "text/html"})


def read_whole(after: Aftermath) -> Iterable[str]:
    """Every page gave its text and nothing of what it must not hold."""
    for row in after.rows:
        if row["page"] != "done" or row["text"].count("met again on Tuesday") != 9:
            yield f"{row['title']}: page {row['page']}, text {row['text'][:80]!r}"


def without_controls(count: int) -> Check:
    def check(after: Aftermath) -> Iterable[str]:
        if len(after.rows) != count:
            yield f"{len(after.rows)} articles, expected {count}"
        for row in after.rows:
            yield from (
                f"{key} {row[key]!r}"
                for key in ("title", "summary", "text", "content_html")
                if NEVER.search(row[key].replace("\n", ""))
            )
        yield from clean(after)
        yield from appears(count)(after)

    return check


def raw(host: Host) -> Reply:
    """The bytes of all control characters between two honest items: no XML at all."""
    controls = "".join(map(chr, [*range(1, 0x20), 0x7F, *range(0x80, 0xA0), 0xFFFE]))
    return xml(
        host,
        item(1, host, "", "Before"),
        item(2, host, f"<description>x{controls}y</description>", f"Mid{controls}dle"),
        item(3, host, "", "After"),
    )


def three(after: Aftermath) -> Iterable[str]:
    titles = [re.sub(r"\W|\d", "", row["title"])[:3] for row in after.rows]
    if sorted(titles) != ["Aft", "Bef", "Mid"]:
        yield f"stored {titles}"


def wide(host: Host) -> Reply:
    """Texts far too long, of one letter, of marks, and of names."""
    long = {
        "title": "W" * 300_000,
        "authors": [{"name": "Ann Lee " * 40_000}],
        "tags": ["t" * 30_000] * 60,
        "content_text": "x",
    }
    marks = {
        "title": "Zalgo " + ("e" + MARKS * 20) * 9,
        "content_text": "a" + MARKS * 300,
        "authors": [{"name": "Z" + MARKS * 20}],
    }
    many = {
        "title": "Many",
        "authors": [{"name": f"Name{chr(65 + n // 26)}{chr(65 + n % 26)} Lee"} for n in range(200)],
        "tags": [f"t{n}" for n in range(900)],
    }
    return jsonfeed(
        host, (long, marks, many, {"title": "Plain", "authors": [{"name": "Ann Lee"}] * 20}, {"title": "\u0301" * 5000})
    )


def bounded(after: Aftermath) -> Iterable[str]:
    for row in after.rows:
        authors, tags = json.loads(row["authors"]), json.loads(row["tags"])
        sizes = (
            len(row["title"]),
            len(authors),
            max(map(len, authors), default=0),
            len(tags),
            max(map(len, tags), default=0),
        )
        if any(size > limit for size, limit in zip(sizes, (1000, 50, 120, 50, 100), strict=True)):
            yield f"{row['title'][:20]!r}: title, authors, name, tags, tag are {sizes}"
    if [len(json.loads(row["authors"])) for row in after.rows if row["title"] == "Plain"] != [1]:
        yield "twenty times the same author is not one"
    longest = max(len(one["title"]) for one in json.loads(after.published[f"feeds/{after.name}.json"])["items"])
    if longest > 300:
        yield f"a published title has {longest} characters"


def names(host: Host) -> Reply:
    """By-lines that turn round what stands beside them, or are none."""
    people = (
        "\u202eeeL nnA",
        "עדה לאבלייס",
        "\u2067Ann Lee",
        "Ann\u200b Lee",
        "A\nnn\r\nLee",
        "<b>Ann</b> Lee",
        "Ann Lee\0",
        "\u061cAnn Lee",
        "ann@x.example (Ann Lee)",
        "Ann Lee\u2028Bob",
    )
    return jsonfeed(host, ({"title": f"N{n}", "authors": [{"name": one}]} for n, one in enumerate(people)))


def twins(host: Host) -> Reply:
    """One title, composed and decomposed in turn, here and in the next crawl."""
    forms: list[Literal["NFC", "NFD"]] = ["NFC", "NFD"] if host.farm.crawl % 2 else ["NFD", "NFC"]
    return xml(host, *(item(n, host, "", unicodedata.normalize(form, f"Café Ångström {n}")) for n, form in enumerate(forms)))


def charset(name: str, does: str, encoding: str, declared: str, header: str = "", title: str = "", seen: str = "") -> Behaviour:
    """A feed written in one charset that says it is another; the title as a reader should see it is `seen`, or `title`."""

    def make(host: Host) -> Reply:
        said = f' encoding="{declared}"' if declared else ""
        body = (
            f'<?xml version="1.0"{said}?><rss version="2.0"><channel><title>{host.farm.crawl}</title><link>{host.url("/")}</link>'
        )
        text = f"{body}<description>D</description>{item(1, host, '', title)}{item(2, host, '', 'Plain')}</channel></rss>"
        return Reply(
            text.encode(encoding),
            headers={"Content-Type": f"text/xml; charset={header}"} if header else {"Content-Type": "application/xml"},
        )

    return texts(name, does, "reads every title as it was meant", make, titled((seen or title, "Plain")), clean)


CHARACTERS: list[Behaviour] = [
    texts(
        "signs",
        "puts every control character, lone surrogates and overrides into JSON",
        "drops what may not be, keeps the rest",
        every_sign,
        titled(map(cleaned, CODES)),
        clean,
    ),
    texts(
        "signs-raw",
        "puts the bytes of all control characters between two items",
        "keeps all three",
        raw,
        three,
        without_controls(3),
    ),
    texts(
        "references",
        "refers to characters that do not exist",
        "keeps the articles without them",
        referred,
        without_controls(len(BAD_REFERENCES)),
    ),
    texts(
        "references-pages",
        "refers on its article pages to characters that do not exist",
        "reads the pages without them",
        lambda host: xml(host, *(item(n, host, "", f"P{n}") for n in range(len(BAD_REFERENCES)))),
        read_whole,
        without_controls(len(BAD_REFERENCES)),
        page=referring,
    ),
    texts(
        "names-odd",
        "has by-lines with overrides, blanks, tags and addresses",
        "keeps the names",
        names,
        without_controls(10),
    ),
    texts(
        "wide",
        "has texts of 300 kB, 200 authors, and marks by the thousand",
        "cuts them",
        wide,
        bounded,
        without_controls(5),
        threat="Sizes",
    ),
    texts(
        "twins",
        "writes its titles composed and decomposed in turn",
        "knows them for the same",
        twins,
        titled(f"Café Ångström {n}" for n in range(2)),
    ),
    texts(
        "scripts",
        "writes in every script, in emoji and in full width",
        "leaves all as it is",
        lambda host: xml(host, *(item(n, host, "", title) for n, title in enumerate(KNOWN["samples"]))),
        titled(unicodedata.normalize("NFC", title.replace("\u2067 ", "")) for title in KNOWN["samples"]),
    ),
    charset("charset-1252", "says UTF-8 and is windows-1252", "cp1252", "utf-8", "utf-8", "Café “Ünïversal” – naïve"),
    charset(
        "charset-utf8",
        "says windows-1252 and is UTF-8",
        "utf-8",
        "windows-1252",
        "windows-1252",
        "Café “Ünïversal” – naïve",
    ),
    charset("charset-utf16", "is UTF-16 without a mark or word", "utf-16-le", "", "", "Café Москва"),
    charset("charset-utf16-mark", "is UTF-16 and says UTF-8", "utf-16", "utf-8", "utf-8", "Café Москва"),
    charset("charset-gb", "is GB 18030 and says GB 2312", "gb18030", "gb2312", "", "新闻今天 㐀 镕"),
    charset(
        "charset-sjis",
        "is Shift_JIS and says it in the header only",
        "shift_jis",
        "",
        "shift_jis",
        "東京の今日のニュース",
    ),
    charset("charset-twice", "is UTF-8 encoded twice", "utf-8", "utf-8", "utf-8", "CafÃ© naÃ¯ve", "Café naïve"),
    charset("charset-unknown", "names a charset nobody knows", "utf-8", "x-klingon", "x-klingon", "Café Москва"),
]

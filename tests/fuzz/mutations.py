"""A seeded `random.Random` in; odd characters and texts, and mutations of what it is given, out."""

import string
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from random import Random

from tests.conftest import ROOT

CASES = Path(__file__).parent / "cases"
LONGEST = 60_000  # bytes of one input: what is slow in proportion is bounded elsewhere, what is worse shows by then
# Controls, C1, blanks of all kinds, joiners, bidi, surrogates, non-characters, letters whose case or width changes, digits that
# are not ASCII, scripts without spaces, right to left, marks, an emoji of several code points.
STRANGE = [
    *"\0\t\n\r\x0b\x0c\x1b\x1f\x7f\x80\x85\x92\x9f\xa0\xad\u0301\u0600\u180e\u200b\u200d\u200e\u2028\u2029\u202e\u2066\u2069\u3000",
    *"\ud800\udbff\udc00\udfff\ufdd0\ufeff\ufffd\ufffe\uffff\U0001fffe\U000e0001\U0010ffff\ue000ßİıſŁøﬁＡ１．。٣²½Ⅷ東あ゙กำ한कि्שׁـمé",
    "👩‍👩‍👧‍👦", "<", ">", "&", '"', "'", "]]>", "<![CDATA[", "<!--", "&amp;amp;lt;b&gt;", "&#0;", "&#xd800;", "&#x1f;", "&#99999999;", "%00", "%",
    "\\", "javascript:", " ", "  ", "--", "://", "{", "}", "\u0344" * 3,
]  # fmt: skip
Make = Callable[[Random], bytes]


def encoded(text: str) -> bytes:
    """`text` as a case file holds it: lone surrogates too."""
    return text.encode("utf-8", "surrogatepass")


def decoded(data: bytes) -> str:
    """What `encoded` was given; other bytes as lone surrogates."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """The kept cases of `target` and, for documents, the feeds of the reader's own tests."""
    found = [path.read_bytes() for path in sorted((CASES / target).glob("*"))]
    if target == "source":
        feeds = [path for path in sorted((ROOT / "tests/feeds").iterdir()) if path.suffix != ".expected"]
        found += [b"feed text/xml\n" + path.read_bytes()[:LONGEST] for path in feeds]
    return tuple(found)


def one(random: Random, text: str) -> str:
    """One of the blank-separated words of `text`."""
    return random.choice(text.split())


def character(random: Random) -> str:
    """Any code point, most often one that somebody treats specially."""
    kind = random.random()
    if kind < 0.4:
        return random.choice(string.printable)
    if kind < 0.8:
        return str(random.choice(STRANGE))
    return chr(random.randrange(0x3000 if kind < 0.93 else 0x110000))


def text(random: Random, longest: int = 30) -> str:
    return "".join([character(random) for _ in range(random.randrange(longest + 1))])


def mutated(random: Random, data: bytes, others: Sequence[bytes], words: Sequence[str]) -> bytes:
    """`data` after one to six random edits: cuts, copies, foreign pieces, `words`, flipped bytes, one piece many times."""
    made = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 3, 6))):
        at = random.randrange(len(made) + 1)
        end = min(len(made), at + int(2 ** random.uniform(0, 9)))
        kind = random.randrange(8)
        if kind == 0:
            del made[at:end]
        elif kind == 1:
            made[at:at] = made[at:end]
        elif kind == 2 and others:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            made[at : random.choice((at, end))] = other[start : start + int(2 ** random.uniform(0, 11))]
        elif kind == 3 and made:
            made[at % len(made)] = random.randrange(256)
        elif kind == 4:
            made[at:at] = (made[at:end] or b"<") * int(2 ** random.uniform(0, 7 if random.random() < 0.9 else 12))
        elif kind == 5:
            del made[at if random.random() < 0.3 else len(made) :]
        else:
            made[at : random.choice((at, end))] = encoded(random.choice(words) if words else character(random))
    return bytes(made[:LONGEST])

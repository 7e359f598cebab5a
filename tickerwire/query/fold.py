"""Any text in; out the same text without case, accents or width, and the words it is made of, for every script.

Two texts are the same word when their foldings are equal. Filters, the full-text index and search all fold with this one
function, so what one of them finds the others find.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby, islice

# Marks that a reader may leave out: accents of Latin, Greek and Cyrillic, Hebrew points, Arabic vowel signs and tatweel, the dot below
# of Devanagari, variation selectors. Marks of other scripts (Indic vowels, Thai vowels and tones, kana voicing) tell words apart.
_ACCENTS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff\u093c\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef"
)
# Characters that show nothing (category Cf): soft hyphens, joiners, directions, byte order marks.
_INVISIBLE = (
    "\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Scripts written without spaces: Han, Hiragana, Katakana, Bopomofo, Thai, Lao, Khmer, Burmese, Tai Lue, Tai Tham.
SPACELESS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3041-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U0001aff0-\U0001b16f\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u1780-\u17ff\u19e0-\u19ff\u1950-\u19df\u1a20-\u1aaf"
)
# Letters that Unicode does not take apart though readers type the plain one, or, in Arabic script, what their keyboard has for it: the
# yeh, kaf and heh of Persian and Urdu, alef without its wasla. The apostrophes are letters only by category.
_WRITTEN = "øłđħŧıð\u02bb\u02bc\u0901\u0629\u0649\u0671\u06a9\u06c1\u06c3\u06cc\u06d5"
_PLAIN = "oldhtid''\u0902\u0647\u064a\u0627\u0643\u0647\u0647\u064a\u0647"
_LETTERS = {"æ": "ae", "œ": "oe", "þ": "th"} | dict(zip(_WRITTEN, _PLAIN, strict=True))
_LETTER = re.compile(f"[{''.join(_LETTERS)}]")
_DIGIT = re.compile(r"[^\D0-9]")
_DROPPED = re.compile(f"[{_ACCENTS}{_INVISIBLE}]+")
_ANY_SPACELESS = re.compile(f"[{SPACELESS}]")
_SEAM = re.compile(f"(?<=[{SPACELESS}])(?=[^\\W{SPACELESS}])|(?<=[^\\W{SPACELESS}])(?=[{SPACELESS}])")
_BLANKS = bytes(byte if byte > 127 or chr(byte).isalnum() or chr(byte) == "_" else 32 for byte in range(256))
_OTHER_GAP = re.compile(r"[^\w\x00-\x7f]+")
_MANY_MARKS = re.compile(r"[^\w\x00-\u02ff]{31,}")


def fold(text: str) -> str:
    """Fold case, accents, width and compatibility forms (UAX #15 NFKC, full case folding); idempotent.

    Words that touch a script without spaces are set apart from it by a space, so that "AI" in "生成AI技術" is a word for
    every tokeniser. What is neither ASCII nor part of a word becomes a space: SQLite takes code points its Unicode 6.1 does
    not know, newer emoji among them, for letters. Lone surrogates go the same way, so the result can always be encoded.
    """
    if text.isascii():
        return text.lower()
    # Nothing reaches across a blank, and the few words of a news text that are not ASCII come again and again.
    return " ".join([word.lower() if word.isascii() else _known(word) for word in text.split(" ")])


def _known(word: str) -> str:
    return _remembered(word) if len(word) < 64 else _folded(word)


@lru_cache(maxsize=32_768)
def _remembered(word: str) -> str:
    return _folded(word)


def _folded(text: str) -> str:
    text = _few_marks(_DROPPED.sub("", text))
    text = _DROPPED.sub("", unicodedata.normalize("NFKD", text)).casefold()
    text = _LETTER.sub(lambda found: _LETTERS[found[0]], text)
    text = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    text = _OTHER_GAP.sub(_blank, _few_marks(unicodedata.normalize("NFC", text)))
    return _SEAM.sub(" ", text) if _ANY_SPACELESS.search(text) else text


def words(folded: str) -> str:
    """The words of a folded text, one space between them; a word is letters, digits, marks and underscores."""
    return b" ".join(folded.encode().translate(_BLANKS).split()).decode()  # a third of a regular expression's time


def spaceless(character: str) -> bool:
    """Whether a character belongs to a script written without spaces, where every place may be a word boundary."""
    return _ANY_SPACELESS.match(character) is not None


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


def _blank(found: re.Match[str]) -> str:
    return "".join(character if _is_mark(character) else " " for character in found[0])


def _few_marks(text: str) -> str:
    """At most 30 marks in a row (UAX #15-D3): CPython sorts such a run in quadratic time, 80,000 marks take 9 s."""
    return _MANY_MARKS.sub(_shortened, text)


def _shortened(found: re.Match[str]) -> str:
    runs = groupby(found[0], _is_mark)
    return "".join("".join(islice(run, 30 if marks else None)) for marks, run in runs)

"""A title and a text in; a sketch of both, by which near copies are found among a million, out: MinHash in bands.

Copies of a wire story begin alike, and a feed that gives an excerpt gives the beginning: so the title and the first LEAD words are
what is compared, as sets of three words in a row. Two articles that share a band of hashes are looked at; what share of all
hashes agrees is an estimate of how much of the text is the same (Broder 1997; standard error .07 at one half).
"""

from functools import cache
from typing import Any
from zlib import crc32

from tickerwire.store.stories import BANDS, HASHES, tokens

LEAD = 60  # words; excerpts of feeds have 20 to 60
FEWEST = 15  # words of text; a bare title, which columns repeat every week, tells no story
GRAM = 3  # words


def sketch(title: str, text: str) -> bytes:
    """Keys of four bytes, one for each band, then one byte of each hash; empty when there is too little text to tell anything."""
    lead = tokens(text[: LEAD * 15])[:LEAD]
    if len(lead) < FEWEST:
        return b""
    runs = (tokens(title[:300]), lead)
    grams = {"\n".join(gram) for run in runs for gram in zip(*(run[n:] for n in range(GRAM)), strict=False)}
    return hashed([crc32(gram.encode()) for gram in grams])


def hashed(grams: list[int]) -> bytes:
    """The smallest of each hash over all grams (numbers of 32 bits), as `sketch` gives them."""
    import numpy as np  # noqa: PLC0415  # a fifth of a second: only workers that read something new pay for it

    factors, addends = family()
    least = ((np.array(grams, dtype=np.uint64)[:, None] * factors + addends) >> np.uint64(32)).min(axis=0)
    # neighbours, then across: half of the hashes stand in two bands
    threes = (*least.reshape(-1, 3), *least.reshape(3, -1).T)[:BANDS]
    bands = [crc32(three.tobytes(), n) for n, three in enumerate(threes)]
    return bytes(np.array(bands, dtype="<u4").tobytes() + least.astype(np.uint8).tobytes())


@cache
def family() -> Any:
    """Odd factors and addends, one of each per hash: h(x) = (a x + b mod 2^64) >> 32 (Dietzfelbinger 1997)."""
    import numpy as np  # noqa: PLC0415

    made = np.random.Generator(np.random.PCG64(20261123)).integers(0, 2**63, (2, HASHES), dtype=np.uint64)
    return made[0] * np.uint64(2) + np.uint64(1), made[1]

"""Robots directives and headers of an answer in; the publisher's reservations that bind whoever republishes it out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from tickerwire.model import Entry

# What Google documents for robots meta tags and X-Robots-Tag; the rest (noindex, nofollow ...) binds search engines alone.
BINDING = re.compile(r"noarchive|nocache|nosnippet|noimageindex|max-snippet:\d{1,6}")


def reserved(directives: Iterable[str], headers: Mapping[str, str], page: bool = False) -> frozenset[str]:
    """The directives that bind us, and `tdm` where text and data mining is reserved (W3C TDM Reservation Protocol, section 5).

    Those of X-Robots-Tag count for an article `page` alone: on a feed they speak of the feed as a document.
    """
    header = re.sub(r":\s+(?=\d)", ":", headers.get("x-robots-tag", "").lower()) if page else ""
    said = [*directives, *re.split(r"[,\s]+", header)]
    bound = {word for word in said if BINDING.fullmatch(word)}
    tdm = headers.get("tdm-reservation", "").strip() == "1" or "tdm-reservation:1" in said
    return frozenset(bound | {"tdm"} if tdm else bound)


def opted(entry: Entry, words: Iterable[str]) -> Entry:
    """`entry` with these reservations, and those it had, in its provenance."""
    all_of = sorted({*words, *entry.provenance.get("optout", "").split()})
    return replace(entry, provenance={**entry.provenance, "optout": " ".join(all_of)}) if all_of else entry

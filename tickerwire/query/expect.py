"""A query and an example title in; whether an article of that title would pass, as far as a title can tell, out."""

from datetime import UTC, datetime

from tickerwire.model import Article
from tickerwire.query.ast import All, And, Not, Or, Phrase, Prefix, Query, Word
from tickerwire.query.match import matches

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def passes(query: Query, title: str) -> bool | None:
    """True or False where the title decides; None where it hangs on what an example does not say (outlet, language, age …)."""
    return _decide(query, _titled(title))


def _decide(query: Query, example: Article) -> bool | None:
    match query:
        case Not(part):
            inner = _decide(part, example)
            return None if inner is None else not inner
        case And(parts):
            return _join([_decide(part, example) for part in parts], False)
        case Or(parts):
            return _join([_decide(part, example) for part in parts], True)
        case All():
            return True
        case Word(field) | Phrase(field) | Prefix(field) if field in (None, "title"):
            return matches(query, example, EPOCH)
        case _:
            return None


def _join(found: list[bool | None], decisive: bool) -> bool | None:
    """Kleene's AND (`decisive` False) and OR (True): one decisive part settles it, else one unknown part leaves it open."""
    if decisive in found:
        return decisive
    return None if None in found else not decisive


def _titled(title: str) -> Article:
    """An article that consists of its title."""
    texts = dict.fromkeys(
        (
            "outlet",
            "guid",
            "source_guid",
            "url",
            "link",
            "language",
            "section",
            "image",
            "summary",
            "text",
            "content_html",
        ),
        "",
    )
    return Article(
        id=0,
        title=title,
        authors=(),
        published=None,
        updated=None,
        first_seen=EPOCH,
        position=EPOCH,
        changed_at=EPOCH,
        tags=(),
        enclosures=(),
        revision=1,
        story=0,
        desk="",
        pinned=False,
        urgent=False,
        page="none",
        provenance={},
        **texts,
    )

"""A valid configuration and the time in; what in it does nothing, or not what it looks like, as complaints, out."""

import re
from collections.abc import Iterator
from datetime import datetime

from tickerwire.config.complaints import shown
from tickerwire.config.model import Config
from tickerwire.errors import Complaint
from tickerwire.query import Exact, Query, Word, leaves
from tickerwire.query.ast import Copies, Published
from tickerwire.query.impossible import excludes


def doubts(config: Config, now: datetime) -> Iterator[Complaint]:
    """Every doubt. None of them keeps anything from running: some come with the day (`now`, aware UTC)."""
    file = str(config.directory / "feeds.toml")
    for number, feed in enumerate(config.feeds, 1):
        said = [("query", feed.query, why) for why in of_a_query(feed.query, feed.filter, config, now)]
        closed = [name for name in feed.outlets if excludes(feed.filter, Exact("outlet", name))]
        said += [("outlets", name, "the query lets nothing of it in") for name in closed]
        yield from (Complaint(file, f'feed[{number}] "{feed.id}" {key}', shown(value), why) for key, value, why in said)
    for name in sorted(config.words.keys() - {name for feed in config.feeds for name in feed.words}):
        yield Complaint(file, f"lists.{name}", shown(config.lists[name]), f"no query asks for @{name}")


def of_a_query(text: str, query: Query, config: Config, now: datetime) -> Iterator[str]:
    """The doubts about `query`, read from `text`."""
    for word in dict.fromkeys(text[slice(*leaf.span)] for leaf in leaves(query) if isinstance(leaf, Word)):
        if word in ("and", "or", "not"):
            yield f'{word} is a word to look for here; write {word.upper()}, or "{word}" if that is meant'
        elif sign := re.search(r"(?<=\w)[#+]+$|(^|(?<=:))\.(?=\w)", word):
            yield f"the {sign[0]} of {word} is not looked for; /{re.escape(word.rpartition(':')[2])}/ does"
    for leaf in leaves(query):
        if isinstance(leaf, Copies) and leaf.more and leaf.count >= len(config.outlets):
            yield f"a story has one article of an outlet at most, and there are {len(config.outlets)} outlets"
        if isinstance(leaf, Published) and leaf.first and leaf.first > now.date():
            yield f"nothing is dated {leaf.first} or later yet"

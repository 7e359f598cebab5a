"""A valid configuration and the time in; what in it does nothing, or not what it looks like, as complaints, out."""

import re
from collections.abc import Iterator
from datetime import datetime

from tickerwire.config.complaints import shown
from tickerwire.config.model import Config, FeedSpec
from tickerwire.errors import Complaint
from tickerwire.query import Exact, Query, leaves, parse
from tickerwire.query.ast import Copies, Published, Term, outlets_named
from tickerwire.query.clauses import registered, suggestion
from tickerwire.query.expect import open_to, passes, telling
from tickerwire.query.impossible import excludes, idle

# What a word holds that stands for something elsewhere: C++, "flo*", fl?od, a~2, a=b, .NET
SIGN = re.compile(r"""(?<=\w)(?:[#+]+(?="?$)|\*(?="$)|[?~^<>=|](?=\w))|(?:^|(?<=[:"]))\.(?=\w)""")


def doubts(config: Config, now: datetime, every: bool = False) -> Iterator[Complaint]:
    """What is doubtful. None of it keeps anything from running: some comes with the day (`now`, aware UTC). What costs the time of a
    whole load is told where `every` doubt is wanted."""
    file = str(config.directory / "feeds.toml")
    for number, feed in enumerate(config.feeds, 1):
        said = _of_a_feed(feed, config, now, every)
        yield from (Complaint(file, f'feed[{number}] "{feed.id}" {key}', shown(value), why) for key, value, why in said)
    for name in sorted(config.words.keys() - {name for feed in config.feeds for name in feed.words}):
        yield Complaint(file, f"lists.{name}", shown(config.lists[name]), f"no query asks for @{name}")


def _of_a_feed(feed: FeedSpec, config: Config, now: datetime, every: bool) -> Iterator[tuple[str, str, str]]:
    """Key, value and doubt."""
    query = parse(feed.query, feed.words)
    for why in (*of_a_query(feed.query, query, config, now), *dict.fromkeys(idle(feed.query, query) if every else ())):
        yield "query", feed.query, why
    for name in feed.outlets:
        if excludes(feed.filter, Exact("outlet", name)):
            yield "outlets", name, "the query lets nothing of it in"
    if feed.prefer and feed.stories == "all":
        yield "prefer", ", ".join(feed.prefer), 'without `stories = "first"` or "longest" every copy stands for itself'
    for number, one in enumerate(feed.expect, 1):
        if passes(query, title := one.in_ or one.out) is None and not open_to(query, not one.in_):
            untold = dict.fromkeys(f"`{feed.query[slice(*leaf.span)]}`" for leaf in leaves(query) if not telling(leaf))
            why = f"checks nothing: a title alone does not tell {', '.join(untold)}"
            yield f"expect[{number}].{'in' if one.in_ else 'out'}", title, why


def of_a_query(text: str, query: Query, config: Config, now: datetime) -> Iterator[str]:
    """The doubts about the clauses of `query`, read from `text`."""
    for word in dict.fromkeys(text[slice(*leaf.span)] for leaf in leaves(query) if isinstance(leaf, Term)):
        if word in ("and", "or", "not"):
            yield f'{word} is a word to look for here; write {word.upper()}, or "{word}" if that is meant'
        elif sign := SIGN.search(word):
            plain = word.rpartition(":")[2].strip('"')
            meant = plain.replace(" ", "-") if sign[0] == "*" else f"/{re.escape(plain)}/"
            yield f"the {sign[0]} of {word} is not looked for; write {meant}"
    known = [outlet.id for outlet in config.outlets]
    for name in sorted(outlets_named(query).difference(known)):
        yield f"no outlet has the id {name}{suggestion(name, known)}"
    for leaf in leaves(query):
        if isinstance(leaf, Exact) and leaf.field == "lang" and not registered(leaf.text):
            yield f"there is no language {leaf.text}; one that has a code of two letters is called by that: en, not eng"
        if isinstance(leaf, Copies) and leaf.more and leaf.count >= len(known):
            yield f"a story has one article of an outlet at most, and there are {len(known)} outlets"
        if isinstance(leaf, Published) and leaf.first and leaf.first > now.date():
            yield f"nothing is dated {leaf.first} or later yet"

"""What was published last, from which configuration and archive, in; whether publishing again could change a byte out.

An unchanged crawl is the usual case: it should not even import what renders feeds.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from tickerwire import __version__
from tickerwire.config import Config
from tickerwire.model import Article
from tickerwire.query import AgeLess, And, Not, Or, Query, leaves
from tickerwire.query.ast import uses_age
from tickerwire.store.archive import Archive

MARK = "published"
NEVER = datetime.max.replace(tzinfo=UTC, microsecond=0)
ALWAYS = datetime.min.replace(tzinfo=UTC)


def changes_at(query: Query, articles: Iterable[Article]) -> datetime:
    """When `query`, which now gives `articles`, may next give others although nothing is stored: as the first of them grows
    too old. NEVER without `age:`; ALWAYS where articles may also come in by age (`age:>`, or a negation)."""
    if not uses_age(query):
        return NEVER
    if not _only_ages_out(query):
        return ALWAYS
    ages = [leaf.age for leaf in leaves(query) if isinstance(leaf, AgeLess)]
    return min((article.position + age for article in articles for age in ages), default=NEVER)


def _only_ages_out(query: Query) -> bool:
    match query:
        case And(parts) | Or(parts):
            return all(map(_only_ages_out, parts))
        case Not(part):
            return not uses_age(part)
        case _:
            return isinstance(query, AgeLess) or not uses_age(query)


def mark(config: str, generation: int, until: datetime, **more: object) -> str:
    """What to remember after a publish of everything: good `until` then, for this configuration (its `digest`) and archive."""
    return json.dumps({"config": config, "generation": generation, "until": until.isoformat()} | more)


def fresh(config: Config, archive: Archive, now: datetime) -> bool:
    """Whether the published tree is what publishing at `now` would make. Retention's daily turn is not missed either."""
    said = json.loads(archive.setting(MARK) or "{}")
    pruned = archive.setting("pruned_at")
    return bool(
        said
        and not said.get("held")
        and said["generation"] == archive.generation()
        and now < datetime.fromisoformat(said["until"])
        and pruned
        and timedelta(0) <= now - datetime.fromisoformat(pruned) < timedelta(days=1)
        and (config.public / "index.html").is_file()
        and said["config"] == digest(config)
    )


def digest(config: Config) -> str:
    """All of the configuration that enters published bytes, and the version that makes them. As JSON a thousand feeds take 4 ms; as
    `repr`, a hundred."""
    named = [(feed.id, feed.words, feed.embargoes) for feed in config.feeds if feed.words or feed.embargoes]  # JSON leaves them out
    secret = {"outlets": {"__all__": {"headers", "proxy"}}, "feeds": {"__all__": {"webhooks"}}}
    said = config.model_dump_json(include={"site", "publish", "outlets", "feeds"}, exclude=secret, warnings=False)
    return sha256(repr((__version__, config.search.enabled, said, named)).encode(errors="backslashreplace")).hexdigest()

"""The tables of the three configuration files in; frozen values with the documented defaults, and JSON Schemas for editors, out."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from tickerwire.config import values
from tickerwire.config.values import distinct, refuse
from tickerwire.errors import UsageError
from tickerwire.query import AgeLess, Exact, Query, both, parse
from tickerwire.query.clauses import suggestion
from tickerwire.query.expect import passes
from tickerwire.query.impossible import excludes
from tickerwire.tables import table

Format = Literal["rss", "atom", "json", "ticker"]
Kind = Literal["feed", "sitemap", "listing", "api"]
Level = Literal["headline", "excerpt", "full"]
LEVELS: tuple[Level, ...] = ("headline", "excerpt", "full")  # each shows what those before it do, and more
Words: TypeAlias = Mapping[str, tuple[str, ...]]  # the lines of word lists by name

SELECTORS: dict[str, dict[str, list[str]]] = table("tickerwire.config", "selectors")


class _Table(BaseModel):
    # keys differ from field names where TOML reads better in the singular, or Python reserves the word
    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)


def _lasting(default: str, description: str) -> timedelta:
    """A field with a duration, whose schema shows the default as it would be written."""
    return Field(default=values.duration(default), json_schema_extra={"default": default}, description=description)


class Site(_Table):
    """Who publishes, and under which address."""

    title: values.Text = Field(default="News", description="Name of the site, shown on pages and in feeds")
    base_url: values.SiteUrl = Field(description="Public address the published tree is reached under")
    contact: values.Contact = Field(description="mailto: or http(s) address where crawled sites can reach you")
    language: values.Language = Field(default="en", description="Language of the site's own texts, such as en or pt-BR")
    tag_authority: values.Authority = Field(
        default="", description="AUTHORITY of tag: URIs; empty: host of base_url and year of the first run, then fixed"
    )


class StoreSettings(_Table):
    """Where articles are kept."""

    url: values.StoreUrl = Field(default="sqlite:///var/tickerwire.db", description="sqlite:/// and the path of a file")


class Publish(_Table):
    """Where the published tree is written."""

    directory: values.Text = Field(default="var/public", description="Directory of the published tree")
    hub: values.OptionalUrl = Field(default="", description="WebSub hub told of every change")


class CrawlSettings(_Table):
    """How politely and how hard outlets are crawled."""

    user_agent: values.Agent = Field(default="", description="Empty: Tickerwire/VERSION (+base_url; contact)")
    allow_networks: tuple[values.Network, ...] = Field(
        default=(), description="Networks that may be reached although they are not public, as exact CIDRs"
    )
    delay: values.Seconds = Field(default=1.0, ge=0, le=3600, description="Seconds between two requests to one host")
    soonest: values.Duration = _lasting(
        "60m", "An adaptive schedule asks no sooner, unless a document is said to be fresh for less"
    )
    latest: values.Duration = _lasting("24h", "Nor later than this")
    concurrency: values.Count = Field(default=100, ge=1, le=1000, description="Requests at once over all hosts")
    deadline: values.Count = Field(default=600, ge=1, le=86400, description="Seconds one run may take")
    workers: values.Count = Field(default=2, ge=1, le=64, description="Processes that parse what was fetched")


class Serve(_Table):
    """Where the web server listens."""

    host: values.Text = Field(default="127.0.0.1", description="Address to listen on")
    port: values.Count = Field(default=8080, ge=0, le=65535, description="TCP port; 0 takes a free one")


class SearchSettings(_Table):
    """What the archive tells whoever asks the web server."""

    enabled: bool = Field(default=True, description="Whether /search is there")
    results: values.Count = Field(default=20, ge=1, le=100, description="Articles on a page, and in the feed of a search")
    pages: values.Count = Field(default=20, ge=1, le=1000, description="Pages of one search at most")
    seconds: values.Seconds = Field(default=2.0, gt=0, le=60, description="What one search may take; then it shows what it found")


class Retention(_Table):
    """How long articles are kept."""

    articles: values.Duration = _lasting("90d", "Counted from when a source last listed the article: 30m, 12h, 90d")


class Source(_Table):
    """One address an outlet's articles are listed at. Selectors: CSS or XPath for listing, JMESPath for api."""

    kind: Kind = Field(description="How the address is read")
    url: values.HttpUrl = Field(description="Fetched exactly as written")
    links: str = Field(default="", description="listing: elements that carry or contain the link to an article")
    title: str = Field(default="", description="listing, api: the title")
    date: str = Field(default="", description="listing: the date")
    summary: str = Field(default="", description="listing, api: the summary")
    items: str = Field(default="", description="api: the list of articles in the answer")
    link: str = Field(default="", description="api: the address of an article, inside one item")
    published: str = Field(default="", description="api: the date, inside one item")
    next: str = Field(default="", description="listing: the link to the next page; api: the next page's address")
    pages: values.Count = Field(default=3, ge=1, le=50, description="Pages read at most while all on them is new; needs next")
    script: str = Field(default="", description="api: the script element that holds the JSON, where the answer is a web page")

    @model_validator(mode="after")
    def _selectors_fit(self) -> Self:
        given = {name for names in SELECTORS["taken"].values() for name in names if getattr(self, name)}
        missing = [name for name in SELECTORS["needed"].get(self.kind, ()) if name not in given]
        refuse(missing, f"kind `{self.kind}` needs {' and '.join(missing)}")
        stray = sorted(given.difference(SELECTORS["taken"].get(self.kind, ())))
        refuse(stray, f"{' and '.join(stray)} mean nothing to kind `{self.kind}`")
        return self


def _each_once(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    distinct([source.url for source in sources])
    return sources


class PageRules(_Table):
    """What no reading of an outlet's article pages can know by itself. Selectors: CSS, or XPath when they start with / or (."""

    body: str = Field(default="", description="The elements that hold the article's text")
    byline: str = Field(default="", description="The elements or attributes that name the authors")
    strip: tuple[values.Text, ...] = Field(default=(), description="Elements that are no part of the article")
    title_prefix: tuple[str, ...] = Field(default=(), description="Cut off the start of titles")
    title_suffix: tuple[str, ...] = Field(default=(), description="Cut off the end of titles")

    @property
    def title_affixes(self) -> tuple[str, ...]:
        """Both kinds."""
        return self.title_prefix + self.title_suffix


class Outlet(_Table):
    """One publisher: where it lists its articles, how often to ask, what may be republished."""

    id: values.Id = Field(description="Fixed for ever: it is part of every article's guid")
    name: values.Text = Field(description="Shown to readers")
    homepage: values.OptionalUrl = Field(default="", description="Where the outlet's name links to")
    enabled: values.Flag = Field(default=True, description="false: no longer crawled, its articles stay")
    language: values.Language = Field(default="", description="Language of articles that do not say; empty: detected")
    timezone: values.Timezone = Field(default="UTC", description="Time zone of the schedule and of dates without one")
    schedule: str = Field(default="adaptive", description='"adaptive", or a cron expression of five fields')
    full_text: values.Flag = Field(default=False, description="Fetch the article's page and extract its text")
    proxy: values.Proxy = Field(default="", repr=False, description="Proxy for all its requests; may hold ${NAME}")
    headers: values.Headers = Field(default_factory=dict, repr=False, description="Extra headers; may hold ${NAME}")
    republish: Level = Field(default="excerpt", description="What readers are shown")
    excerpt: values.Count = Field(default=300, ge=20, le=2000, description="Characters of an excerpt at most")
    images: values.Flag = Field(default=True, description="false: no picture of it is shown, those in texts neither")
    credit: str = Field(default="", description="Shown in place of the name, where the publisher asks for certain words")
    licence: values.OptionalUrl = Field(default="", description="Address of the licence its articles are under")
    embargo: values.Duration | None = Field(default=None, description="No article is shown before it is so old")
    sources: Annotated[tuple[Source, ...], AfterValidator(_each_once)] = Field(
        validation_alias="source", min_length=1, description="Where its articles are listed"
    )
    moved_from: tuple[values.Id, ...] = Field(default=(), description="Earlier ids of this outlet")
    page: PageRules = Field(default_factory=PageRules, description="How its article pages are read")

    @field_validator("schedule")
    @classmethod
    def _schedule_comes_true(cls, value: str, info: ValidationInfo) -> str:
        return values.schedule(value, info.data.get("timezone", "UTC"))


class Expect(_Table):
    """An example: a title that must pass the feed's query (`in`), or must not (`out`), and what else the query asks for."""

    in_: str = Field(default="", alias="in", description="A title that belongs in the feed")
    out: str = Field(default="", description="A title that does not")

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        refuse(bool(self.in_) == bool(self.out), "write either `in` or `out`, with a title")
        return self


class Webhook(_Table):
    """Who is told of what is new and changed in a feed: JSON, signed as Standard Webhooks has it."""

    url: values.HttpUrl = Field(repr=False, description="Where it is POSTed; may hold ${NAME}")
    secret: values.Secret = Field(repr=False, description="Signs it: ${NAME}, of 24 bytes at least")


class FeedSpec(_Table):
    """One published feed and ticker: a query over everything stored."""

    id: values.Id = Field(description="Part of the feed's address")
    title: values.Text = Field(description="Shown to readers")
    query: values.Query = Field(description="Which articles belong in it; * is all")
    description: str = Field(default="", description="One sentence for readers; empty: made from the title")
    outlets: tuple[values.Id, ...] = Field(default=(), description="Only articles of these outlets; empty: of all")
    limit: values.Count = Field(default=50, ge=1, le=500, description="Articles in it, newest first")
    stories: Literal["all", "first", "longest"] = Field(
        default="all", description="all: every copy of a story; first, longest: one item, with the copy seen first or the longest"
    )
    max_age: values.Duration | None = Field(default=None, description="Only articles younger than this")
    republish: Level | None = Field(default=None, description="It shows no more; what one of its outlets forbids is refused")
    max_share: float = Field(default=1.0, gt=0, le=1, description="Of `limit`, so large a part one outlet may have at most")
    first: Annotated[tuple[Literal["pinned", "urgent"], ...], AfterValidator(distinct)] = Field(
        default=(), description="What stands above all others, in this order"
    )
    prefer: tuple[values.Id, ...] = Field(default=(), description="Whose copy of a story stands for it, if there is one")
    formats: Annotated[tuple[Format, ...], AfterValidator(distinct)] = Field(
        default=("rss", "atom", "json", "ticker"), min_length=1, description="Files to publish"
    )
    expect: tuple[Expect, ...] = Field(default=(), description="Examples `tickerwire check` holds against the query")
    moved_from: tuple[values.Id, ...] = Field(default=(), description="Earlier ids: their addresses redirect")
    # no part of what is rendered: a feed with other webhooks is the same feed
    webhooks: tuple[Webhook, ...] = Field(default=(), repr=False, validation_alias="webhook", description="Who is told of its news")
    words: SkipJsonSchema[Words] = Field(default_factory=dict, validation_alias="@", exclude=True)  # the lists the query names
    embargoes: SkipJsonSchema[Mapping[str, timedelta]] = Field(default_factory=dict, validation_alias="@embargo", exclude=True)

    @property
    def filter(self) -> Query:
        """The query and the greatest age as nodes."""
        query = parse(self.query, self.words)
        return both(query, AgeLess(self.max_age)) if self.max_age else query

    @model_validator(mode="after")
    def _can_be_met(self, info: ValidationInfo) -> Self:
        for why in self.contradictions(parse(self.query, info.context or self.words)):
            raise ValueError(why)
        return self

    def contradictions(self, query: Query) -> Iterator[str]:
        """What else is written here that `query` cannot meet."""
        if self.max_age and excludes(query, AgeLess(self.max_age)):
            yield "max_age: the query wants nothing that is so young"
        if self.outlets and all(excludes(query, Exact("outlet", outlet)) for outlet in self.outlets):
            yield f"outlets: the query lets none of {', '.join(self.outlets)} in"
        for one in self.expect:
            if one.in_ and passes(query, one.in_) is False:
                yield f"expect: {one.in_!r} belongs in the feed, but the query keeps it out"
            if one.out and passes(query, one.out):
                yield f"expect: {one.out!r} does not belong, but the query lets it in"
            if one.in_ and any(one.in_ == other.out for other in self.expect):
                yield f"expect: {one.in_!r} cannot both belong and not belong"


class TickerwireFile(_Table):
    """Tickerwire: the installation (tickerwire.toml)."""

    site: Site
    store: StoreSettings = Field(default_factory=StoreSettings)
    publish: Publish = Field(default_factory=Publish)
    crawl: CrawlSettings = Field(default_factory=CrawlSettings)
    serve: Serve = Field(default_factory=Serve)
    search: SearchSettings = Field(default_factory=SearchSettings)
    retention: Retention = Field(default_factory=Retention)


class OutletsFile(_Table):
    """Tickerwire: the outlets (outlets.toml)."""

    outlets: tuple[Outlet, ...] = Field(default=(), validation_alias="outlet")


class FeedsFile(_Table):
    """Tickerwire: the published feeds (feeds.toml)."""

    feeds: tuple[FeedSpec, ...] = Field(default=(), validation_alias="feed")
    lists: Mapping[values.Id, values.Text] = Field(default_factory=dict, description="Files of words, for @name in queries")


class Config(TickerwireFile, OutletsFile, FeedsFile):
    """All three files, the directory they lie in, the one relative paths resolve against (both absolute), and the word lists."""

    directory: Path
    state: Path
    words: Words = Field(default_factory=dict)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.state / self.store.url.removeprefix("sqlite:///")

    @property
    def public(self) -> Path:
        """The root of the published tree."""
        return self.state / self.publish.directory

    @property
    def renamed(self) -> list[tuple[str, str]]:
        """Earlier ids of outlets, each with the present one."""
        return [(old, outlet.id) for outlet in self.outlets for old in outlet.moved_from]

    @property
    def embargoes(self) -> dict[str, timedelta]:
        """How long outlets hold their articles back, by id; those that do not are absent."""
        return {outlet.id: outlet.embargo for outlet in self.outlets if outlet.embargo}

    @cached_property
    def by_id(self) -> dict[str, Outlet]:
        """The outlets by id."""
        return {outlet.id: outlet for outlet in self.outlets}

    def outlet(self, name: str) -> Outlet:
        """The outlet with the id `name`; raises UsageError when none has it."""
        if name not in self.by_id:
            raise UsageError(f"{name}: no such outlet in {self.directory}/outlets.toml{suggestion(name, self.by_id)}")
        return self.by_id[name]


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas (draft 2020-12) by the name of the file they describe, without its suffix."""
    files: dict[str, type[BaseModel]] = {"tickerwire": TickerwireFile, "outlets": OutletsFile, "feeds": FeedsFile}
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | model.model_json_schema(by_alias=True) for name, model in files.items()}


def write_schemas(directory: Path) -> None:
    """Write NAME.schema.json for each file into `directory`, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (directory / f"{name}.schema.json").write_text(text, encoding="utf-8")

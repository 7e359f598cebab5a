"""A database file in; the same file at the newest schema out, by an append-only list of migrations."""

from sqlite_utils import Database, Migrations

from tickerwire.errors import StoreError

migrations = Migrations("tickerwire")


def _run(db: Database, script: str) -> None:
    """Not `executescript`, which commits what is open."""
    for statement in script.split(";"):
        db.execute(statement)


@migrations()
def m001_articles(db: Database) -> None:
    """Articles, what they said before, and the ledger of everything ever seen, which outlives them.

    `id` is AUTOINCREMENT: readers remember ids, so none is ever given twice.
    """
    _run(
        db,
        """
        create table articles (
            id integer primary key autoincrement,
            outlet text not null, guid text not null unique, source_guid text not null,
            url text not null, link text not null, title text not null, authors text not null,
            published text, updated text, first_seen text not null, position text not null, changed_at text not null,
            language text not null, section text not null, tags text not null, image text not null,
            enclosures text not null, summary text not null, text text not null, content_html text not null,
            revision integer not null default 1, story integer not null default 0,
            desk text not null default '', pinned integer not null default 0, urgent integer not null default 0,
            page text not null default 'none', provenance text not null,
            source text not null, entry_hash text not null, last_listed text not null
        ) strict;
        create index articles_newest on articles (position desc, id desc);
        create index articles_by_outlet on articles (outlet, position desc, id desc);
        create index articles_last_listed on articles (last_listed);
        create table revisions (
            article integer not null references articles (id) on delete cascade,
            revision integer not null, replaced_at text not null, was text not null,
            primary key (article, revision)
        ) strict, without rowid;
        create table seen (
            outlet text not null, key text not null, article integer not null, first_seen text not null,
            pruned integer not null default 0, primary key (outlet, key)
        ) strict, without rowid;
        create index seen_by_article on seen (article);
        """,
    )


@migrations()
def m002_outlets(db: Database) -> None:
    """Health and due-ness of outlets, validators of sources, robots.txt of hosts, pages still to fetch, and crawls."""
    _run(
        db,
        """
        create table outlets (
            id text primary key, schedule text not null default '', last_result text not null default '',
            last_error text not null default '', last_attempt text, last_success text, last_new_article text,
            next_due text, hold_until text, consecutive_failures integer not null default 0, http_status integer not null default 0,
            last_duration_s real not null default 0, cpu_s real not null default 0, bytes integer not null default 0
        ) strict, without rowid;
        create table sources (
            outlet text not null, url text not null, kind text not null, etag text not null default '',
            last_modified text not null default '', body_hash text not null default '', parser integer not null,
            checked_at text not null, body_at text, status integer not null, error text not null default '',
            primary key (outlet, url)
        ) strict, without rowid;
        create table hosts (
            origin text primary key, status integer not null, body text not null, fetched_at text not null
        ) strict, without rowid;
        create table pages (
            article integer primary key references articles (id) on delete cascade,
            outlet text not null, attempts integer not null default 0, next_try text not null,
            error text not null default ''
        ) strict;
        create index pages_by_outlet on pages (outlet, next_try);
        create table crawls (
            id integer primary key autoincrement, started text not null, finished text,
            state text not null, report text not null default '{}'
        ) strict;
        """,
    )


@migrations()
def m003_publishing(db: Database) -> None:
    """What was last published per feed, values fixed once (tag authority, change counter), and the full-text index.

    The index is contentless and holds folded text (`tickerwire.query.fold`) written by the store itself: triggers
    are lost by `transform()`, and SQLite alone folds fewer letters than the predicate does.
    """
    _run(
        db,
        """
        create table settings (name text primary key, value text not null) strict, without rowid;
        create table feeds (
            id text primary key, spec_hash text not null, fingerprint text not null, items text not null,
            published_at text, stale integer not null, reason text not null
        ) strict, without rowid;
        create virtual table articles_fts using fts5 (title, body, authors, tags, content='', tokenize='unicode61 remove_diacritics 0');
        """,
    )


@migrations()
def m004_manners(db: Database) -> None:
    """What was there before an outlet was first read, its rhythm, its sources' polling wishes and moves, and a receipt per host."""
    _run(
        db,
        """
        alter table articles add column backlog integer not null default 0;
        alter table outlets add column strain real not null default 0;
        alter table outlets add column rhythm text not null default '';
        alter table sources add column ttl integer not null default 0;
        alter table sources add column skip text not null default '';
        alter table sources add column moved_to text not null default '';
        alter table sources add column moved_times integer not null default 0;
        create table receipts (
            host text primary key, since text not null, last_request text not null, requests integer not null,
            bytes integer not null, not_modified integer not null, robots_refused integer not null,
            retry_after integer not null, delay_s real not null, shortest_gap_s real
        ) strict, without rowid
        """,
    )


@migrations()
def m005_items(db: Database) -> None:
    """Digests of the items a source last listed, so that those that say the same are not read again."""
    _run(db, "alter table sources add column items blob not null default x''")


@migrations()
def m006_desk(db: Database) -> None:
    """Every word of the desk on an article: who said what and when. It outlives the article, as the ledger does."""
    _run(
        db,
        """
        create table desk (
            id integer primary key autoincrement, article integer not null, at text not null, who text not null, word text not null
        ) strict;
        create index desk_by_article on desk (article)
        """,
    )


NAMES = frozenset({"m001_articles", "m002_outlets", "m003_publishing", "m004_manners", "m005_items", "m006_desk"})


def migrate(db: Database, path: str) -> None:
    """Apply what is pending. StoreError when the file was made by a newer version.

    `Migrations.apply` opens deferred transactions; it is safe here because every writer holds the write lock.
    """
    newer = sorted({step.name for step in migrations.applied(db)} - NAMES)
    if newer:
        raise StoreError(
            f"{path}: made by a newer Tickerwire (it has {', '.join(newer)}); "
            "upgrade this installation or restore a backup made before"
        )
    if migrations.pending(db):
        migrations.apply(db)

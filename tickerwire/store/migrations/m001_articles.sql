-- Articles, what they said before, and the ledger of everything ever seen, which outlives them.
--
-- `id` is AUTOINCREMENT: readers remember ids, so none is ever given twice.
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

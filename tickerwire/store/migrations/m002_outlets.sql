-- Health and due-ness of outlets, validators of sources, robots.txt of hosts, pages still to fetch, and crawls.
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

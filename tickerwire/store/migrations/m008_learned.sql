-- What repeats over an outlet's pages and titles, as counted hashes (`said` only once it is boilerplate), and what was taken out of which
-- article, so that it can be put back. A row of kind "page" or "title" and key 0 counts all; `since` is that count at first sight.
create table learned (
    outlet text not null, kind text not null, key integer not null, times integer not null, edges integer not null default 0,
    since integer not null, last_seen text not null, state text not null default '', said text not null default '',
    primary key (outlet, kind, key)
) strict, without rowid;
create table removed (
    article integer not null references articles (id) on delete cascade, field text not null, place integer not null, said text not null,
    primary key (article, field, place)
) strict, without rowid;

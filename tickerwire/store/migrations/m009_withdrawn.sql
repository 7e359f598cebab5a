-- Articles that vanished from the midst of their source's list, whose pages are asked on several days whether they are still there
-- (next_try null: it was); and everything an article ever said, by hash, so that what comes back is no new edit.
create table checks (
    article integer primary key references articles (id) on delete cascade,
    outlet text not null, since text not null, next_try text, misses integer not null default 0
) strict;
create index checks_by_outlet on checks (outlet, next_try);
create table said (
    article integer not null references articles (id) on delete cascade, hash text not null, primary key (article, hash)
) strict, without rowid;

-- What was last published per feed, values fixed once (tag authority, change counter), and the full-text index.
--
-- The index is contentless and holds folded text (`tickerwire.query.fold`) written by the store itself: triggers
-- are lost by `transform()`, and SQLite alone folds fewer letters than the predicate does.
create table settings (name text primary key, value text not null) strict, without rowid;
create table feeds (
    id text primary key, spec_hash text not null, fingerprint text not null, items text not null,
    published_at text, stale integer not null, reason text not null
) strict, without rowid;
create virtual table articles_fts using fts5 (title, body, authors, tags, content='', tokenize='unicode61 remove_diacritics 0');

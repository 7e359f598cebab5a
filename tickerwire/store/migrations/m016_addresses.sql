-- The full-text index anew, with runs of the characters of an article's addresses among its facts (`tickerwire.query.tokens`), by which
-- `url:` and `guid:` find theirs. The store fills it (`tickerwire.store.index`).
insert into articles_index (articles_index) values ('delete-all');

-- Persian, Urdu and Arabic letters, digits and Devanagari dots fold alike from now on: the index is written anew as `ingest._index` does.
insert into articles_fts (articles_fts) values ('delete-all');
insert into articles_fts (rowid, title, body, authors, tags)
select id, fold(title), fold(summary || ' ' || text),
    fold(ifnull((select group_concat(value, char(10)) from (select value from json_each(authors) order by key)), '')),
    fold(section || ifnull((select group_concat(char(10) || value, '') from (select value from json_each(tags) order by key)), ''))
from articles;

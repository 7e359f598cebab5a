-- The full-text index anew, in which words are exactly those of the predicate in every script (`tickerwire.query.tokens`), with a column of
-- facts (outlet, language, days, flags), so that it answers all of a query but addresses, regular expressions and sizes of stories. The
-- store fills it (`tickerwire.store.index`). The column most words are in stands first, where it costs nothing.
drop table articles_fts;
create virtual table articles_index using fts5 (
    body, title, authors, section, tags, facts, content='', columnsize=0, tokenize="ascii tokenchars '_|:-'"
);
-- The latest position among all articles up to each 256th id: what a search needs to know before it shows one as the newest.
create table horizons (block integer primary key, position text not null) strict;
insert into horizons select block, max(latest) over (order by block) from (
    select id >> 8 as block, max(position) as latest from articles group by id >> 8);
create trigger articles_horizon after insert on articles begin
    insert into horizons values (new.id >> 8, max(new.position, coalesce(
        (select position from horizons where block <= new.id >> 8 order by block desc limit 1), '')))
        on conflict (block) do update set position = excluded.position; update horizons set position = new.position where block > new.id >> 8 and position < new.position; end;
create trigger articles_moved after update of position on articles when new.position > old.position begin
    update horizons set position = max(position, new.position) where block >= new.id >> 8; end

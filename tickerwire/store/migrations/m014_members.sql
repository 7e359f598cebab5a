-- Which articles entered which feed: what concerns a feed is one look at an index, whatever their number. `date` is the date that readers
-- of the feed see; it is null for what only entered it, as the other copies of a story do. Feeds published before are looked at once.
create table members (feed text not null, article integer not null, date text, primary key (feed, article)) strict, without rowid;
create index members_by_article on members (article);
create index members_by_date on members (date, article) where date is not null;
alter table feeds drop column shows;
update feeds set settled = '';

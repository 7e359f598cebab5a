-- Sketches of the last days' articles, by which near copies find each other; and the members of each story that has several.
-- articles.story is 0 for the first of a story, whose id is the story's.
create table bands (
    span integer not null, key integer not null, article integer not null, primary key (span, key, article)
) strict, without rowid;
create table sketches (article integer primary key, outlet text not null, position text not null, hashes blob not null) strict;
create index articles_by_story on articles (story) where story != 0;

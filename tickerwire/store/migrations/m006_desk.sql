-- Every word of the desk on an article: who said what and when. It outlives the article, as the ledger does.
create table desk (
    id integer primary key autoincrement, article integer not null, at text not null, who text not null, word text not null
) strict;
create index desk_by_article on desk (article);

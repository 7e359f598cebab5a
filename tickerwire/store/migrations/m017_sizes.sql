-- How many copies each story has of which there are several: what `story:size>2` is narrowed by, without counting in all stories.
create table sizes (story integer primary key, copies integer not null) strict;
create index sizes_by_copies on sizes (copies);
insert into sizes select story, count(*) + 1 from articles where story != 0 group by story;
create trigger articles_copied after insert on articles when new.story != 0 begin
    insert into sizes values (new.story, 2) on conflict (story) do update set copies = copies + 1; end;
create trigger articles_retold after update of story on articles when new.story != old.story begin
    update sizes set copies = copies - 1 where story = old.story; delete from sizes where story = old.story and copies < 2; insert into sizes select new.story, 2 where new.story != 0 on conflict (story) do update set copies = copies + 1; end;
create trigger articles_uncopied after delete on articles when old.story != 0 begin
    update sizes set copies = copies - 1 where story = old.story; delete from sizes where story = old.story and copies < 2; end;

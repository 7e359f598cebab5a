-- Articles that were stored, changed or deleted since a publish last looked at them: only these are matched against the feeds. With one
-- that joins or leaves a story come all of that story. Of a feed, `settled` is what its last look depended on besides articles, `shows`
-- every article that entered it, `until` when ages may change it.
create table changes (article integer primary key) strict;
create trigger articles_stored after insert on articles begin
    insert or ignore into changes values (new.id); end;
create trigger articles_changed after update of outlet, guid, source_guid, url, link, title, authors, published, updated, first_seen,
    position, changed_at, language, section, tags, image, enclosures, summary, text, content_html, revision, desk, pinned, urgent, page,
    provenance, backlog on articles begin
    insert or ignore into changes values (new.id); end;
create trigger articles_joined after update of story on articles when new.story != 0 begin
    insert or ignore into changes select id from articles where id = new.story or (story = new.story and story != 0); end;
create trigger articles_deleted after delete on articles begin
    insert or ignore into changes values (old.id); insert or ignore into changes select id from articles where story != 0 and story in (old.story, old.id); end;
alter table feeds add column settled text not null default '';
alter table feeds add column shows text not null default '[]';
alter table feeds add column until text;

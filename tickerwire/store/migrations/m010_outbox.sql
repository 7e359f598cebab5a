-- What hubs and webhooks are still to be told, written with the published state of its feed and deleted when it was taken (`error` is
-- empty after an attempt). `target` names one of them within its feed and holds no secret. `told` are the items they know of, by id, with
-- the date of the last edit.
create table outbox (
    id integer primary key autoincrement, feed text not null, target text not null, body text not null, made text not null,
    attempts integer not null default 0, tried text, error text not null default ''
) strict;
create index outbox_by_target on outbox (feed, target, id);
alter table feeds add column told text not null default '{}';
-- A hub needs to hear of an address once: a later ping takes the place of those that wait, and their turn. The earlier row goes, so that
-- whoever is sending it just now deletes nothing but that.
create trigger outbox_ping after insert on outbox when new.target like 'hub:%' begin
    update outbox set (attempts, tried, error) = (
        select coalesce(max(attempts), 0), max(tried), coalesce(max(error), '')
        from tries where feed = new.feed and target = new.target and id < new.id and not failed
    ) where id = new.id; delete from outbox where feed = new.feed and target = new.target and id < new.id; end;
-- Taken; what was given up is shown for a month.
create trigger outbox_tried after update of tried on outbox when new.attempts > 0 begin
    delete from outbox where (id = new.id and error = '') or julianday(new.tried) - julianday(made) > 30; end;
-- Tried again a minute later for each attempt so far, an hour at most, for three days; not when the receiver wants no more (410).
create view tries as
    select *, coalesce(error like '% 410' or julianday(tried) - julianday(made) >= 3, 0) as failed,
        coalesce(strftime('%Y-%m-%dT%H:%M:%SZ', tried, min(attempts, 60) || ' minutes'), made) as next_try
    from outbox;
-- The oldest of each target decides when its turn is (`due`): what comes later never overtakes it. `name` outlives retries, and no
-- database made anew gives it again.
create view waiting as
    select *, row_number() over lane as place, first_value(next_try) over lane as due,
        'msg_' || strftime('%s', made) || '_' || id as name
    from tries where not failed window lane as (partition by feed, target order by id);
create view deliveries as
    select feed, sum(not failed) as pending, sum(failed) as failed, coalesce(
        (select error from outbox e where e.feed = t.feed and e.error != '' order by id desc limit 1), '') as last_error
    from tries t group by feed;

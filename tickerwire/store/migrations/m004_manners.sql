-- What was there before an outlet was first read, its rhythm, its sources' polling wishes and moves, and a receipt per host.
alter table articles add column backlog integer not null default 0;
alter table outlets add column strain real not null default 0;
alter table outlets add column rhythm text not null default '';
alter table sources add column ttl integer not null default 0;
alter table sources add column skip text not null default '';
alter table sources add column moved_to text not null default '';
alter table sources add column moved_times integer not null default 0;
create table receipts (
    host text primary key, since text not null, last_request text not null, requests integer not null,
    bytes integer not null, not_modified integer not null, robots_refused integer not null,
    retry_after integer not null, delay_s real not null, shortest_gap_s real
) strict, without rowid;

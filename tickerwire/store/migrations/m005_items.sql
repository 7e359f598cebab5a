-- Digests of the items a source last listed, so that those that say the same are not read again.
alter table sources add column items blob not null default x'';

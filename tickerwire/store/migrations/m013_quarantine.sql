-- Articles that a feed left out because they could not be shown, by id, with the reason.
alter table feeds add column quarantined text not null default '{}';

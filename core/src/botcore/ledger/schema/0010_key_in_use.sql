-- Which exchange key a bot signs with: its owner may take the old one from the exchange once the new one is in use.
alter table kbots.heartbeats add column key_version text not null default '';

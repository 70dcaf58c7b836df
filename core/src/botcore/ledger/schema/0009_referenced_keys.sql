-- Keys that lie in Secrets of their owners' (credentials.secretName): what the check of each found. The key itself is not
-- here, and the Secret stays its owner's.

create table kbots.referenced_keys (
    id uuid primary key, -- the Secret's uid: one that was made anew is another key
    namespace text not null,
    name text not null,
    owner text not null,
    environment text not null check (environment in ('testnet', 'live')),
    fingerprint text not null, -- of the content: tells whether it changed, and nothing else
    revision integer not null default 1 check (revision > 0),
    status text not null default 'Pending' check (status in ('Pending', 'Verified', 'Rejected')),
    reason text not null default '',
    -- Of the newest revision that was verified: a running bot goes on with it while a newer one is checked.
    account_uid text,
    permissions jsonb not null default '{}',
    verified_at timestamptz,
    created_at timestamptz not null default now()
);
create index referenced_keys_name on kbots.referenced_keys (namespace, name, created_at desc);
alter table kbots.referenced_keys enable row level security;
create policy own on kbots.referenced_keys for select to kbots_dashboard
    using (owner = (select kbots.current_owner()));
create policy all_rows on kbots.referenced_keys to kbots_operator using (true) with check (true);
grant select on kbots.referenced_keys to kbots_dashboard;
grant select, insert, update on kbots.referenced_keys to kbots_operator;
create trigger notify after insert or update on kbots.referenced_keys
    for each row execute function kbots.notify_keys();

-- As before, and for a key in a Secret.
create or replace function kbots.is_live_key(p_owner text, p_key uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog
as $$
    select exists (
        select 1 from (
            select id, owner, environment, status, account_uid, permissions from kbots.sealed_keys
            union all
            select id, owner, environment, status, account_uid, permissions from kbots.referenced_keys
        ) k
        where k.id = p_key and k.owner = p_owner and k.environment = 'live' and k.status = 'Verified'
          and k.account_uid is not null and k.permissions -> 'enableWithdrawals' = 'false'
    )
$$;

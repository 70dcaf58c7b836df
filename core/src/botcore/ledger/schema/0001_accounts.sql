-- People, sessions, sealed keys, resources. Applied as kbots_owner inside one transaction.
-- Money is numeric, instants are timestamptz, LISTEN/NOTIFY carries ids only.

create schema kbots;
grant usage on schema kbots to kbots_operator, kbots_dashboard, kbots_admin, kbots_bot;

-- One row: what sealed envelopes are bound to; backed up with the sealing key.
create table kbots.installation (
    singleton boolean primary key default true check (singleton),
    id uuid not null default gen_random_uuid(),
    created_at timestamptz not null default now()
);
insert into kbots.installation default values;
grant select on kbots.installation to kbots_operator, kbots_dashboard, kbots_admin;

create table kbots.users (
    id uuid primary key default gen_random_uuid(),
    name text not null unique check (name ~ '^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$'),
    role text not null check (role in ('admin', 'trader')),
    password_hash text,
    disabled boolean not null default false,
    created_at timestamptz not null default now()
);
grant select, insert, update on kbots.users to kbots_dashboard;
grant select (id, name, role, disabled) on kbots.users to kbots_operator;

-- One-time links: the first admin's set-up and an admin's invitations. Only the hash is stored (SEC-37, SEC-38).
create table kbots.invites (
    token_hash bytea primary key,
    role text not null check (role in ('admin', 'trader')),
    created_by uuid references kbots.users,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
grant select, insert, update on kbots.invites to kbots_dashboard;
grant select, insert on kbots.invites to kbots_admin;
grant select (id) on kbots.users to kbots_admin;

-- The row is the truth about a session; the cookie is a 256-bit token of which only SHA-256 is stored (SEC-18).
create table kbots.sessions (
    token_hash bytea primary key,
    user_id uuid not null references kbots.users,
    csrf_token text not null,
    ip text not null default '',
    device text not null default '',
    created_at timestamptz not null default now(),
    last_action_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_user on kbots.sessions (user_id);
grant select, insert, update, delete on kbots.sessions to kbots_dashboard;

-- Failed sign-ins by HMAC of the name, so that unknown names are throttled alike (SEC-13).
create table kbots.sign_in_failures (
    subject bytea primary key,
    failures integer not null,
    last_failure_at timestamptz not null
);
grant select, insert, update, delete on kbots.sign_in_failures to kbots_dashboard;

-- Insert-only by grants.
create table kbots.audit_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor text not null,
    action text not null,
    object text not null default '',
    result text not null,
    ip text not null default '',
    detail jsonb not null default '{}'
);
create index audit_log_actor on kbots.audit_log (actor, id desc);
grant insert on kbots.audit_log to kbots_dashboard, kbots_operator, kbots_admin;
grant select on kbots.audit_log to kbots_dashboard;
alter table kbots.audit_log enable row level security;

-- The user the dashboard acts for: a transaction-local setting, never trusted for bots.
create function kbots.current_owner() returns text
    language sql stable security definer set search_path = pg_catalog
as $$
    select name from kbots.users
    where id = nullif(current_setting('kbots.user_id', true), '')::uuid and not disabled
$$;

create policy insert_any on kbots.audit_log for insert
    to kbots_dashboard, kbots_operator, kbots_admin with check (true);
create policy own on kbots.audit_log for select to kbots_dashboard
    using (actor = (select kbots.current_owner()));

-- Public halves of the sealing keys; the private halves never enter the database.
create table kbots.sealing_public_keys (
    kid text primary key,
    public_key bytea not null check (length(public_key) = 32),
    created_at timestamptz not null default now(),
    retired_at timestamptz
);
grant select, insert, update on kbots.sealing_public_keys to kbots_operator;
grant select on kbots.sealing_public_keys to kbots_dashboard;

create table kbots.sealed_keys (
    id uuid primary key,
    owner text not null references kbots.users (name),
    label text not null check (length(label) between 1 and 60),
    exchange text not null check (exchange = 'binance'),
    environment text not null check (environment in ('testnet', 'live')),
    api_key_last4 text not null,
    envelope jsonb not null,
    kid text not null,
    revision integer not null default 1 check (revision > 0),
    status text not null default 'Pending' check (status in ('Pending', 'Verified', 'Rejected', 'Revoked')),
    reason text not null default '',
    account_uid text,
    permissions jsonb not null default '{}',
    verified_at timestamptz,
    created_at timestamptz not null default now(),
    unique (owner, label)
);
alter table kbots.sealed_keys enable row level security;
create policy own on kbots.sealed_keys to kbots_dashboard
    using (owner = (select kbots.current_owner()))
    with check (owner = (select kbots.current_owner()));
create policy all_rows on kbots.sealed_keys to kbots_operator using (true) with check (true);
-- The web tier can write an envelope and never read one back.
grant insert on kbots.sealed_keys to kbots_dashboard;
grant select (id, owner, label, exchange, environment, api_key_last4, kid, revision, status, reason,
              account_uid, permissions, verified_at, created_at) on kbots.sealed_keys to kbots_dashboard;
grant update (status) on kbots.sealed_keys to kbots_dashboard;
grant select, update on kbots.sealed_keys to kbots_operator;

create function kbots.notify_keys() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    perform pg_notify('kbots_keys', new.id::text);
    return null;
end
$$;
create trigger notify after insert or update on kbots.sealed_keys
    for each row execute function kbots.notify_keys();

-- The web tier may only revoke, and a revoked key stays revoked.
create function kbots.guard_sealed_key() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    if old.status = 'Revoked' and new.status <> 'Revoked' then
        raise exception 'a revoked key stays revoked' using errcode = 'KB003';
    end if;
    if session_user = 'kbots_dashboard' and new.status not in (old.status, 'Revoked') then
        raise exception 'the dashboard may only revoke a key' using errcode = 'KB003';
    end if;
    return new;
end
$$;
create trigger guard before update on kbots.sealed_keys
    for each row execute function kbots.guard_sealed_key();

-- TradingBots where there is no API server. NOTIFY is the watch.
create sequence kbots.resource_version;
grant usage on sequence kbots.resource_version to kbots_operator, kbots_dashboard, kbots_admin;
create table kbots.trading_bots (
    namespace text not null,
    name text not null,
    uid uuid not null default gen_random_uuid() unique,
    labels jsonb not null default '{}',
    annotations jsonb not null default '{}',
    finalizers text[] not null default '{}',
    spec jsonb not null,
    status jsonb not null default '{}',
    owner text generated always as (spec ->> 'owner') stored,
    generation bigint not null default 1,
    resource_version bigint not null default nextval('kbots.resource_version'),
    creation_timestamp timestamptz not null default now(),
    deletion_timestamp timestamptz,
    primary key (namespace, name)
);
create index trading_bots_owner on kbots.trading_bots (owner);
alter table kbots.trading_bots enable row level security;
create policy own on kbots.trading_bots to kbots_dashboard
    using (owner = (select kbots.current_owner()))
    with check (owner = (select kbots.current_owner()));
create policy all_rows on kbots.trading_bots to kbots_operator, kbots_admin using (true) with check (true);
grant select, insert on kbots.trading_bots to kbots_dashboard, kbots_admin;
grant update (labels, annotations, spec, deletion_timestamp) on kbots.trading_bots to kbots_dashboard, kbots_admin;
grant select on kbots.trading_bots to kbots_operator;
grant update (finalizers, status, annotations) on kbots.trading_bots to kbots_operator;
grant delete on kbots.trading_bots to kbots_operator;

-- As the API server: generation follows the spec, the resource version every change, no change is no write.
create function kbots.bump_trading_bot() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    if old.deletion_timestamp is not null then -- a deletion that has begun is not taken back
        new.deletion_timestamp := old.deletion_timestamp;
    end if;
    if (new.labels, new.annotations, new.finalizers, new.spec, new.status, new.deletion_timestamp)
        is not distinct from
       (old.labels, old.annotations, old.finalizers, old.spec, old.status, old.deletion_timestamp) then
        return null;
    end if;
    if new.spec is distinct from old.spec
        or (new.deletion_timestamp is not null and old.deletion_timestamp is null) then
        new.generation := old.generation + 1;
    end if;
    new.resource_version := nextval('kbots.resource_version');
    return new;
end
$$;
create trigger bump before update on kbots.trading_bots
    for each row execute function kbots.bump_trading_bot();

create function kbots.notify_trading_bot() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    perform pg_notify('kbots_resources', coalesce(new.namespace, old.namespace) || '/' || coalesce(new.name, old.name));
    return null;
end
$$;
create trigger notify after insert or update or delete on kbots.trading_bots
    for each row execute function kbots.notify_trading_bot();

-- Keys: replaced by a newer secret, asked again every day, and what became of each.

-- When a check last gave an answer, and when the next one is due; '-infinity' is a person's wish, for a key no bot uses too.
alter table kbots.sealed_keys add column checked_at timestamptz, add column check_due_at timestamptz;
alter table kbots.referenced_keys add column checked_at timestamptz, add column check_due_at timestamptz;
grant select (checked_at) on kbots.sealed_keys to kbots_dashboard;
-- What a check finds is the operator's to say: the web tier adds keys that nobody has checked.
revoke insert on kbots.sealed_keys from kbots_dashboard;
grant insert (id, owner, label, exchange, environment, api_key_last4, envelope, kid) on kbots.sealed_keys
    to kbots_dashboard;
create index sealed_keys_due on kbots.sealed_keys (check_due_at);
create index referenced_keys_due on kbots.referenced_keys (check_due_at);
-- Spread, so that keys which were checked at once are not all asked again at once.
update kbots.sealed_keys set checked_at = verified_at,
    check_due_at = case when status = 'Verified' then now() + random() * interval '24 hours' end;
update kbots.referenced_keys set checked_at = verified_at,
    check_due_at = case when status = 'Verified' then now() + random() * interval '24 hours' end;

-- A newer secret for a key: it waits here, sealed, while the key goes on with the one it has; once it is verified it
-- takes its place. At most one waits; what does not wait keeps no envelope.
create table kbots.key_replacements (
    key_id uuid not null references kbots.sealed_keys,
    revision integer not null check (revision > 1),
    owner text not null references kbots.users (name),
    api_key_last4 text not null,
    envelope jsonb,
    kid text not null,
    status text not null default 'Pending' check (status in ('Pending', 'Taken', 'Rejected', 'Withdrawn')),
    reason text not null default '',
    created_at timestamptz not null default now(),
    primary key (key_id, revision),
    check ((status = 'Pending') = (envelope is not null))
);
create unique index key_replacements_waiting on kbots.key_replacements (key_id) where status = 'Pending';
alter table kbots.key_replacements enable row level security;
create policy own on kbots.key_replacements for select to kbots_dashboard
    using (owner = (select kbots.current_owner()));
create policy all_rows on kbots.key_replacements to kbots_operator using (true) with check (true);
grant select (key_id, revision, owner, api_key_last4, kid, status, reason, created_at)
    on kbots.key_replacements to kbots_dashboard;
grant select, update on kbots.key_replacements to kbots_operator;

-- What became of a key, line by line: written by triggers alone, so that no program can leave one out.
create table kbots.key_events (
    id bigint generated always as identity primary key,
    key_id uuid not null references kbots.sealed_keys,
    owner text not null,
    at timestamptz not null default now(),
    kind text not null,
    revision integer not null,
    api_key_last4 text not null,
    reason text not null default ''
);
create index key_events_key on kbots.key_events (key_id, id desc);
alter table kbots.key_events enable row level security;
create policy own on kbots.key_events for select to kbots_dashboard using (owner = (select kbots.current_owner()));
create policy all_rows on kbots.key_events for select to kbots_operator, kbots_admin using (true);
grant select on kbots.key_events to kbots_dashboard, kbots_operator, kbots_admin;
insert into kbots.key_events (key_id, owner, at, kind, revision, api_key_last4)
    select id, owner, created_at, 'Added', revision, api_key_last4 from kbots.sealed_keys order by created_at;
insert into kbots.key_events (key_id, owner, at, kind, revision, api_key_last4, reason)
    select id, owner, coalesce(verified_at, now()), status, revision, api_key_last4, reason
    from kbots.sealed_keys where status <> 'Pending' order by verified_at;

create function kbots.note_key() returns trigger
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    happened text;
begin
    if tg_op = 'INSERT' then
        happened := 'Added';
    elsif new.revision <> old.revision then
        happened := 'Replaced';
    elsif new.status <> old.status or (new.status = 'Rejected' and new.reason <> old.reason) then
        happened := new.status;
    elsif new.permissions <> old.permissions then
        happened := 'PermissionsChanged';
    else
        return null;
    end if;
    insert into kbots.key_events (key_id, owner, kind, revision, api_key_last4, reason)
    values (new.id, new.owner, happened, new.revision, new.api_key_last4,
            case when happened = 'Revoked' then '' else new.reason end);
    if happened = 'Revoked' then
        update kbots.key_replacements set status = 'Withdrawn', envelope = null
        where key_id = new.id and status = 'Pending';
    end if;
    return null;
end
$$;
create trigger note after insert or update on kbots.sealed_keys
    for each row execute function kbots.note_key();

create function kbots.note_key_replacement() returns trigger
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    if new.status <> 'Taken' and (tg_op = 'INSERT' or new.status <> old.status) then
        insert into kbots.key_events (key_id, owner, kind, revision, api_key_last4, reason)
        values (new.key_id, new.owner, 'Replacement' || new.status, new.revision, new.api_key_last4, new.reason);
    end if;
    perform pg_notify('kbots_keys', new.key_id::text);
    return null;
end
$$;
create trigger note after insert or update on kbots.key_replacements
    for each row execute function kbots.note_key_replacement();

-- Stores a newer secret for a key of the acting user; one that waited before gives way. To be called after step-up
-- authentication, which the web tier checks (SEC-42). The revision is part of what the envelope is bound to, so that the
-- caller names it. KB003: nobody acts, or there is no such key to replace; a taken revision is a unique violation.
create function kbots.replace_key(p_id uuid, p_revision integer, p_last4 text, p_envelope jsonb, p_kid text)
returns void
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    me text := kbots.current_owner();
    held integer;
begin
    select revision into held from kbots.sealed_keys
    where id = p_id and owner = me and status <> 'Revoked' for update;
    if held is null then
        raise exception 'there is no such key to replace' using errcode = 'KB003';
    end if;
    if p_revision <= held then
        raise exception 'the key was replaced meanwhile' using errcode = 'unique_violation';
    end if;
    update kbots.key_replacements set status = 'Withdrawn', envelope = null
    where key_id = p_id and status = 'Pending';
    insert into kbots.key_replacements (key_id, revision, owner, api_key_last4, envelope, kid)
    values (p_id, p_revision, me, p_last4, p_envelope, p_kid);
end
$$;

-- Has a key of the acting user checked again soon: false if there is none, or it was checked within the last minute.
create function kbots.ask_key_check(p_id uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    update kbots.sealed_keys set check_due_at = '-infinity'
    where id = p_id and owner = kbots.current_owner() and status in ('Verified', 'Rejected')
      and (checked_at is null or checked_at < now() - interval '1 minute');
    return found;
end
$$;

-- Whether a bot that runs, or is to, trades on an account.
create function kbots.is_account_used(p_environment text, p_account_uid text) returns boolean
    language sql stable security definer set search_path = pg_catalog
as $$
    select exists (
        select 1 from kbots.bot_logins l
        join kbots.books b on b.id = l.book_id
        join kbots.exchange_accounts a on a.id = b.account_id
        where l.retired_at is null and a.environment = p_environment and a.account_uid = p_account_uid
    )
$$;
revoke all on function kbots.replace_key(uuid, integer, text, jsonb, text), kbots.ask_key_check(uuid),
    kbots.is_account_used(text, text) from public;
grant execute on function kbots.replace_key(uuid, integer, text, jsonb, text), kbots.ask_key_check(uuid)
    to kbots_dashboard;
grant execute on function kbots.is_account_used(text, text) to kbots_operator;

-- Who reads which lines of the audit log, what its person is told of, and lines of those who change things past the
-- dashboard.

alter table kbots.audit_log
    add column concerns text, -- whose account or bot it is about, where that is not who acted
    add column source text unique; -- names what was seen elsewhere, perhaps twice, so that it is written once
alter table kbots.audit_log
    add column person text not null generated always as (coalesce(concerns, actor)) stored,
    -- Changes of an account's security, and sign-ins from a browser that was not there before (SEC-45).
    add column tells boolean not null generated always as (
        result = 'ok' and (
            action in ('password.change', 'account.renew', 'account.renewal-link', 'account.enable', 'second-factor.on',
                       'second-factor.off', 'recovery-codes.renew', 'recovery-code.use', 'token.create', 'token.revoke',
                       'key.add', 'key.revoke', 'live.grant', 'live.revoke')
            or (action = 'sign-in' and detail ? 'device'))) stored;
create index audit_log_person on kbots.audit_log (person, id desc);
create index audit_log_tells on kbots.audit_log (person, id) where tells;

-- Where the acting person's request comes from: set with every transaction, so that functions write it, too.
alter table kbots.audit_log alter column ip set default coalesce(current_setting('kbots.ip', true), '');

create function kbots.is_admin() returns boolean
    language sql stable security definer set search_path = pg_catalog
as $$
    select exists (
        select from kbots.users
        where id = nullif(current_setting('kbots.user_id', true), '')::uuid and role = 'admin' and not disabled)
$$;
drop policy own on kbots.audit_log;
create policy readers on kbots.audit_log for select to kbots_dashboard
    using (person = (select kbots.current_owner()) or actor = (select kbots.current_owner()) or (select kbots.is_admin()));

-- The last line a person has said to have seen.
alter table kbots.users add column notices_seen bigint not null default 0;
update kbots.users set notices_seen = coalesce((select max(id) from kbots.audit_log), 0);

create function kbots.count_notices(p_name text, p_seen bigint) returns integer
    language sql stable security definer set search_path = pg_catalog
as $$
    select count(*)::integer from kbots.audit_log where person = p_name and tells and id > p_seen
$$;
revoke all on function kbots.is_admin(), kbots.count_notices(text, bigint) from public;
grant execute on function kbots.is_admin(), kbots.count_notices(text, bigint) to kbots_dashboard;

-- What the operator finds of a key; the dashboard writes its own lines, with who and from where. No account of a person
-- has an underscore in its name.
create function kbots.audit_sealed_key() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    if session_user <> 'kbots_dashboard' and (old.status, old.kid) is distinct from (new.status, new.kid) then
        insert into kbots.audit_log (actor, action, object, result, concerns, detail)
        values (session_user,
                case when old.status = new.status then 'key.rewrap'
                     when new.status = 'Verified' then 'key.verify'
                     when new.status = 'Rejected' then 'key.reject'
                     when new.status = 'Revoked' then 'key.revoke'
                     else 'key.check' end,
                new.id::text, 'ok', new.owner, jsonb_build_object('label', new.label, 'reason', new.reason));
    end if;
    return null;
end
$$;
create trigger audit after update on kbots.sealed_keys
    for each row execute function kbots.audit_sealed_key();

-- TradingBots that are changed past the dashboard where there is no API server: `kbots apply` and whoever has the rights.
create function kbots.audit_trading_bot() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
declare
    is_new boolean := tg_op = 'INSERT';
    is_end boolean := not is_new and old.deletion_timestamp is null and new.deletion_timestamp is not null;
    before jsonb := case when is_new then '{}' else old.spec end;
begin
    if session_user = 'kbots_dashboard' or (before = new.spec and not is_end) then
        return null;
    end if;
    insert into kbots.audit_log (actor, action, object, result, concerns, detail)
    select session_user, case when is_new then 'bot.create' when is_end then 'bot.delete' else 'bot.change' end,
           new.namespace || '/' || new.name, 'ok', new.owner,
           jsonb_build_object('before', coalesce(jsonb_object_agg(key, before -> key) filter (where before ? key), '{}'),
                              'after', coalesce(jsonb_object_agg(key, new.spec -> key) filter (where new.spec ? key), '{}'))
    from jsonb_object_keys(before || new.spec) as key
    where before -> key is distinct from new.spec -> key;
    return null;
end
$$;
create trigger audit after insert or update on kbots.trading_bots
    for each row execute function kbots.audit_trading_bot();

-- Live grants: a person's leave for one bot to trade real money with one key, within limits, until an instant (design §5,
-- I8). Rows are written by two functions alone; a grant is never changed, only revoked or followed by another.

create table kbots.live_grants (
    id uuid primary key default gen_random_uuid(),
    bot_uid uuid not null,
    owner text not null references kbots.users (name),
    key_id uuid not null,
    quote_asset text not null check (quote_asset ~ '^[A-Z0-9]{2,10}$'),
    symbols text[] not null check (cardinality(symbols) between 1 and 400 and array_position(symbols, null) is null),
    most_notional numeric not null check (most_notional > 0 and most_notional < 'Infinity'), -- quote asset
    expires_at timestamptz not null,
    granted_by text not null,
    granted_at timestamptz not null default now(),
    revoked_by text,
    revoked_at timestamptz,
    check ((revoked_by is null) = (revoked_at is null))
);
-- By owner, too, so that nobody can take the place of another person's grant.
create unique index live_grants_active on kbots.live_grants (bot_uid, owner) where revoked_at is null;
create index live_grants_owner on kbots.live_grants (owner, granted_at desc);
alter table kbots.live_grants enable row level security;
create policy own on kbots.live_grants for select to kbots_dashboard using (owner = (select kbots.current_owner()));
create policy all_rows on kbots.live_grants for select to kbots_operator, kbots_admin using (true);
grant select on kbots.live_grants to kbots_dashboard, kbots_operator, kbots_admin;

-- Whether a key is one of the owner's for real money, verified, and can't withdraw.
create function kbots.is_live_key(p_owner text, p_key uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog
as $$
    select exists (
        select 1 from kbots.sealed_keys
        where id = p_key and owner = p_owner and environment = 'live' and status = 'Verified'
          and account_uid is not null and permissions -> 'enableWithdrawals' = 'false'
    )
$$;

-- Grants for the acting user; a former grant for the bot gives way. To be called after step-up authentication, which the
-- web tier checks (SEC-42). KB003: nobody acts, the bot is another's, or the key may not be used.
create function kbots.grant_live(
    p_bot_uid uuid, p_key_id uuid, p_quote_asset text, p_symbols text[], p_most_notional numeric, p_expires_at timestamptz
) returns uuid
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    me text := kbots.current_owner();
    result uuid;
begin
    if me is null then
        raise exception 'only a person who is signed in grants' using errcode = 'KB003';
    end if;
    if exists (select 1 from kbots.trading_bots where uid = p_bot_uid and owner <> me)
        or exists (select 1 from kbots.bot_logins l join kbots.books b on b.id = l.book_id
                   where l.bot_uid = p_bot_uid and b.owner <> me) then
        raise exception 'the bot belongs to somebody else' using errcode = 'KB003';
    end if;
    if not kbots.is_live_key(me, p_key_id) then
        raise exception 'the key is not a verified live key of yours without withdrawals' using errcode = 'KB003';
    end if;
    if p_expires_at is null or p_expires_at <= now() or p_expires_at > now() + interval '1 year' then
        raise exception 'a grant expires in the future, within a year' using errcode = 'KB003';
    end if;
    update kbots.live_grants set revoked_by = me, revoked_at = now()
    where bot_uid = p_bot_uid and owner = me and revoked_at is null;
    insert into kbots.live_grants
        (bot_uid, owner, key_id, quote_asset, symbols, most_notional, expires_at, granted_by)
    values (p_bot_uid, me, p_key_id, p_quote_asset, p_symbols, p_most_notional, p_expires_at, me)
    returning id into result;
    insert into kbots.audit_log (actor, action, object, result, detail)
    values (me, 'live.grant', p_bot_uid::text, 'ok',
            jsonb_build_object('grant', result, 'key', p_key_id, 'symbols', p_symbols, 'quoteAsset', p_quote_asset,
                               'mostNotional', p_most_notional::text, 'expiresAt', p_expires_at));
    return result;
end
$$;

-- Revokes one of the acting user's grants, or anybody's for an administrator of the platform; false if there is none in
-- force. Stopping needs no step-up (SEC-44).
create function kbots.revoke_live_grant(p_id uuid) returns boolean
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    me text := kbots.current_owner();
    who text := coalesce(me, session_user);
    bot uuid;
begin
    update kbots.live_grants set revoked_by = who, revoked_at = now()
    where id = p_id and revoked_at is null and (owner = me or session_user = 'kbots_admin')
    returning bot_uid into bot;
    if bot is null then
        return false;
    end if;
    insert into kbots.audit_log (actor, action, object, result, detail)
    values (who, 'live.revoke', bot::text, 'ok', jsonb_build_object('grant', p_id));
    return true;
end
$$;
revoke all on function kbots.is_live_key(text, uuid), kbots.revoke_live_grant(uuid),
    kbots.grant_live(uuid, uuid, text, text[], numeric, timestamptz) from public;
grant execute on function kbots.grant_live(uuid, uuid, text, text[], numeric, timestamptz) to kbots_dashboard;
grant execute on function kbots.revoke_live_grant(uuid) to kbots_dashboard, kbots_admin;

-- The same channel as halts: to a running bot a grant that is gone is one.
create trigger notify after insert or update on kbots.live_grants
    for each row execute function kbots.notify_halts();

-- As before, and for a bot on a live account without a grant in force. Read with every renewal of the lease, so that
-- entries stop within seconds of a grant's end also while no operator runs (I10).
create or replace function kbots.my_halt() returns table (scope text, reason text)
    language sql stable security definer set search_path = pg_catalog
as $$
    with me as (
        select l.bot_uid, b.owner, a.environment
        from kbots.bot_logins l
        join kbots.books b on b.id = l.book_id
        join kbots.exchange_accounts a on a.id = b.account_id
        where l.db_role = session_user and l.retired_at is null
    ), found as (
        select h.id, h.scope, h.reason
        from kbots.halts h, me
        where h.cleared_at is null
          and (h.scope = 'all'
               or (h.scope = 'owner' and h.subject = me.owner)
               or (h.scope = 'bot' and h.subject = me.bot_uid::text))
        union all
        select null, 'grant', 'no live grant is in force'
        from me
        where me.environment = 'live' and not exists (
            select 1 from kbots.live_grants g
            where g.bot_uid = me.bot_uid and g.owner = me.owner and g.revoked_at is null
              and g.expires_at > clock_timestamp())
    )
    select f.scope, f.reason from found f order by f.id nulls last limit 1
$$;

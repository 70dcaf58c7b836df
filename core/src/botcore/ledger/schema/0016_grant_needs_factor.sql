-- As before, and only for who has a second factor (SEC-35): the web tier asks for a code, the database that there is one.
create or replace function kbots.grant_live(
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
    if not exists (select 1 from kbots.second_factors f join kbots.users u on u.id = f.user_id
                   where u.name = me and f.confirmed_at is not null) then
        raise exception 'real money needs a second factor: turn it on first' using errcode = 'KB003';
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

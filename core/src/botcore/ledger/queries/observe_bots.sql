-- What the operator wants to know about bots, read at once. A login may be retired: its account still tells whose
-- lease a next pod has to wait for. Days end at midnight UTC of the venue's clock.
select asked.bot_uid, seen.*
from unnest(%(bot_uids)s::uuid[], %(owners)s::text[], %(with_figures)s::boolean[])
    as asked (bot_uid, owner, with_figures)
cross join lateral (
    with login as (
        select l.db_role::text as role, l.retired_at is null as is_active, l.book_id, a.id as account_id,
               a.venue, a.environment, a.account_uid
        from kbots.bot_logins l
        join kbots.books b on b.id = l.book_id
        join kbots.exchange_accounts a on a.id = b.account_id
        where l.bot_uid = asked.bot_uid
        order by (l.retired_at is null) desc, l.created_at desc
        limit 1
    ),
    last_equity as (
        select e.book_id, e.equity, e.realized + e.unrealized as pnl,
               date_trunc('day', e.venue_time, 'UTC') as midnight
        from login
        join kbots.equity e on e.bot_uid = asked.bot_uid and e.book_id = login.book_id
        where asked.with_figures
        order by e.at desc
        limit 1
    )
    select u.id is not null as owner_is_known,
           coalesce(u.disabled, false) as owner_is_disabled,
           login.role, login.is_active, login.venue, login.environment, login.account_uid,
           lease.holder as lease_holder, lease.epoch as lease_epoch,
           extract(epoch from clock_timestamp() - past.expires_at)::float8 as lease_over_seconds,
           beat.state, beat.reason, beat.generation, beat.at as beat_at,
           extract(epoch from clock_timestamp() - beat.at)::float8 as beat_age,
           coalesce(beat.problems, '[]') as problems, beat.key_version,
           coalesce(halts.scopes, '{}') as halt_scopes, coalesce(halts.reasons, '{}') as halt_reasons,
           last_equity.equity, last_equity.pnl as total_pnl,
           last_equity.pnl - coalesce(yesterday.pnl, 0) as today_pnl,
           positions.open as open_positions, working.open as open_orders,
           live.id as grant_id, live.key_id as grant_key, live.quote_asset as grant_quote_asset,
           live.symbols as grant_symbols, live.most_notional as grant_most_notional,
           live.expires_at as grant_expires_at, live.revoked_at as grant_revoked_at
    from (values (1)) as one
    left join kbots.users u on u.name = asked.owner
    left join login on true
    left join kbots.leases lease on lease.account_id = login.account_id
        and lease.holder is not null and lease.expires_at > clock_timestamp()
    left join kbots.leases past on past.account_id = login.account_id and lease.account_id is null
    left join kbots.heartbeats beat on beat.bot_uid = asked.bot_uid
    left join lateral (
        select array_agg(h.scope order by h.id) as scopes, array_agg(h.reason order by h.id) as reasons
        from kbots.halts h
        where h.cleared_at is null
          and (h.scope = 'all'
               or (h.scope = 'owner' and h.subject = asked.owner)
               or (h.scope = 'bot' and h.subject = asked.bot_uid::text))
    ) halts on true
    left join last_equity on true
    left join lateral (
        select e.realized + e.unrealized as pnl
        from kbots.equity e
        where e.bot_uid = asked.bot_uid and e.book_id = last_equity.book_id
          and e.venue_time < last_equity.midnight
        order by e.at desc
        limit 1
    ) yesterday on true
    left join lateral (
        select count(*) as open
        from kbots.positions p
        where p.book_id = login.book_id and p.quantity > 0 and not p.is_dust
    ) positions on true
    left join lateral (
        select count(*) as open
        from kbots.orders o
        where o.book_id = login.book_id
          and o.status in ('PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED')
    ) working on true
    left join lateral (
        select g.id, g.key_id, g.quote_asset, g.symbols, g.most_notional, g.expires_at, g.revoked_at
        from kbots.live_grants g
        where g.bot_uid = asked.bot_uid and g.owner = asked.owner
        order by (g.revoked_at is null) desc, g.granted_at desc
        limit 1
    ) live on true
) as seen

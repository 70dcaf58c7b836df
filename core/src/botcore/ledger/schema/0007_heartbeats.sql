-- Two pods of one bot share one row: the one that waits for the lease must not speak for the one that trades.

-- True unless the row is the fresh word of another pod that holds the lease of this login's account. A holder writes
-- every five seconds; once it has been silent for ten, whoever waits may say so.
create function kbots.may_report(p_holder uuid) returns boolean
    language sql stable security definer set search_path = pg_catalog
as $$
    select not exists (
        select 1
        from kbots.heartbeats h
        join kbots.leases l on l.epoch = h.epoch
        where h.bot_uid = kbots.my_bot() and l.account_id = kbots.my_account()
          and l.holder <> p_holder and l.expires_at > clock_timestamp()
          and h.at > clock_timestamp() - interval '10 seconds')
$$;
revoke all on function kbots.may_report(uuid) from public;
grant execute on function kbots.may_report(uuid) to kbots_bot;

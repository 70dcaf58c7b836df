-- What a venue told one bot about this address it told all: after a 429 or 418 every bot of that venue and environment
-- keeps silent (TR-53, design §7). One row each, read by each bot with every look at its lease.
create table kbots.venue_pauses (
    id bigint generated always as identity unique,
    venue text not null,
    environment text not null check (environment in ('paper', 'testnet', 'live')),
    until timestamptz not null,
    bot_uid uuid not null, -- who was told
    told_at timestamptz not null default clock_timestamp(),
    primary key (venue, environment)
);
alter table kbots.venue_pauses enable row level security;
create policy all_rows on kbots.venue_pauses to kbots_operator, kbots_admin using (true) with check (true);
grant select, delete on kbots.venue_pauses to kbots_operator, kbots_admin;

create function kbots.notify_venue_pauses() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    perform pg_notify('kbots_venue_pauses', new.id::text);
    return null;
end
$$;
create trigger notify after insert or update on kbots.venue_pauses
    for each row execute function kbots.notify_venue_pauses();

-- Pauses this login's venue and environment for some seconds, at most the three days that Binance bans for. A shorter
-- pause than the one in force changes nothing and notifies nobody.
create function kbots.pause_venue(p_seconds integer) returns void
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    bot uuid := kbots.my_bot();
    ends timestamptz := clock_timestamp() + make_interval(secs => least(greatest(p_seconds, 0), 259200));
begin
    if bot is null then
        raise exception 'this login is bound to no account' using errcode = 'KB002';
    end if;
    insert into kbots.venue_pauses as p (venue, environment, until, bot_uid)
    select a.venue, a.environment, ends, bot
    from kbots.exchange_accounts a where a.id = kbots.my_account()
    on conflict (venue, environment) do update
        set until = excluded.until, bot_uid = excluded.bot_uid, told_at = clock_timestamp()
        where p.until < excluded.until;
end
$$;

-- Whole seconds left of the pause of this login's venue, rounded up; 0 when there is none. By the database's clock alone.
create function kbots.my_pause() returns integer
    language sql stable security definer set search_path = pg_catalog
as $$
    select coalesce(max(ceil(extract(epoch from p.until - clock_timestamp())))::integer, 0)
    from kbots.venue_pauses p
    join kbots.exchange_accounts a on (a.venue, a.environment) = (p.venue, p.environment)
    where a.id = kbots.my_account() and p.until > clock_timestamp()
$$;
revoke all on function kbots.pause_venue(integer), kbots.my_pause() from public;
grant execute on function kbots.pause_venue(integer), kbots.my_pause() to kbots_bot;

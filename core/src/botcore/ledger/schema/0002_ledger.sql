-- Books, leases, orders, fills, lots, equity, logs. A bot's login sees its own book's rows only (row level
-- security on session_user); leases move through SECURITY DEFINER functions alone (design §6, I1, I2).

create table kbots.exchange_accounts (
    id bigint generated always as identity primary key,
    venue text not null,
    environment text not null check (environment in ('paper', 'testnet', 'live')),
    account_uid text not null,
    unique (venue, environment, account_uid)
);

-- A book is what one owner does on one exchange account.
create table kbots.books (
    id bigint generated always as identity primary key,
    owner text not null,
    account_id bigint not null references kbots.exchange_accounts,
    created_at timestamptz not null default now(),
    unique (owner, account_id)
);

-- One Postgres login per bot, bound to one book and so to one exchange account.
create table kbots.bot_logins (
    db_role name primary key,
    bot_uid uuid not null,
    namespace text not null,
    name text not null,
    book_id bigint not null references kbots.books,
    retired_at timestamptz,
    created_at timestamptz not null default now()
);
create unique index bot_logins_active on kbots.bot_logins (bot_uid) where retired_at is null;
create index bot_logins_book on kbots.bot_logins (book_id);
grant select, insert on kbots.exchange_accounts, kbots.books, kbots.bot_logins to kbots_operator;
grant update (book_id, retired_at) on kbots.bot_logins to kbots_operator;

create function kbots.my_book() returns bigint
    language sql stable security definer set search_path = pg_catalog
as $$ select book_id from kbots.bot_logins where db_role = session_user and retired_at is null $$;

create function kbots.my_bot() returns uuid
    language sql stable security definer set search_path = pg_catalog
as $$ select bot_uid from kbots.bot_logins where db_role = session_user and retired_at is null $$;

create function kbots.my_account() returns bigint
    language sql stable security definer set search_path = pg_catalog
as $$ select account_id from kbots.books where id = kbots.my_book() $$;

-- Halt latch: outranks the resource, cleared only by a person.
create table kbots.halts (
    id bigint generated always as identity primary key,
    scope text not null check (scope in ('bot', 'owner', 'all')),
    subject text not null, -- bot uid, owner name, or *
    owner text, -- whose bots it stops; null = everyone's
    reason text not null check (length(reason) between 1 and 500),
    set_by text not null,
    set_at timestamptz not null default now(),
    cleared_by text,
    cleared_at timestamptz
);
create unique index halts_active on kbots.halts (scope, subject) where cleared_at is null;
alter table kbots.halts enable row level security;
create policy own on kbots.halts to kbots_dashboard
    using (owner = (select kbots.current_owner()) or (owner is null and scope = 'all'))
    with check (owner = (select kbots.current_owner()));
create policy all_rows on kbots.halts to kbots_operator, kbots_admin using (true) with check (true);
grant select, insert on kbots.halts to kbots_dashboard, kbots_operator, kbots_admin;
grant update (cleared_by, cleared_at) on kbots.halts to kbots_dashboard, kbots_admin;

create function kbots.notify_halts() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    perform pg_notify('kbots_halts', new.id::text);
    return null;
end
$$;
create trigger notify after insert or update on kbots.halts
    for each row execute function kbots.notify_halts();

create function kbots.my_halt() returns table (scope text, reason text)
    language sql stable security definer set search_path = pg_catalog
as $$
    select h.scope, h.reason
    from kbots.halts h
    join kbots.bot_logins l on l.db_role = session_user and l.retired_at is null
    join kbots.books b on b.id = l.book_id
    where h.cleared_at is null
      and (h.scope = 'all'
           or (h.scope = 'owner' and h.subject = b.owner)
           or (h.scope = 'bot' and h.subject = l.bot_uid::text))
    order by h.id
    limit 1
$$;

-- One lease per exchange account. TTL 30 s; a holder renews every 5 s and stops sending after 20 s (I1).
create table kbots.leases (
    account_id bigint primary key references kbots.exchange_accounts,
    holder uuid,
    epoch bigint not null default 0,
    renewed_at timestamptz not null default now(),
    expires_at timestamptz not null
);
grant select on kbots.leases to kbots_operator;

-- Takes the free or expired lease, or takes over from an earlier process of the same pod (`holder` is the
-- pod's uid, and a pod runs one process at a time). Returns the new epoch, or null while another holds it.
create function kbots.acquire_lease(p_holder uuid) returns bigint
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    account bigint := kbots.my_account();
    result bigint;
begin
    if account is null then
        raise exception 'this login is bound to no account' using errcode = 'KB002';
    end if;
    insert into kbots.leases as l (account_id, holder, epoch, expires_at)
    values (account, p_holder, 1, clock_timestamp() + interval '30 seconds')
    on conflict (account_id) do update
        set holder = p_holder, epoch = l.epoch + 1, renewed_at = clock_timestamp(),
            expires_at = clock_timestamp() + interval '30 seconds'
        where l.holder is null or l.holder = p_holder or l.expires_at <= clock_timestamp()
    returning epoch into result;
    return result;
end
$$;

-- Renews; `renewed` is false when the lease has a newer epoch or has expired. Carries the halt latch along.
create function kbots.renew_lease(p_holder uuid, p_epoch bigint)
    returns table (renewed boolean, halt_scope text, halt_reason text)
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    update kbots.leases
    set renewed_at = clock_timestamp(), expires_at = clock_timestamp() + interval '30 seconds'
    where account_id = kbots.my_account() and holder = p_holder and epoch = p_epoch
      and expires_at > clock_timestamp();
    renewed := found;
    select h.scope, h.reason into halt_scope, halt_reason from kbots.my_halt() h;
    return next;
end
$$;

create function kbots.release_lease(p_holder uuid, p_epoch bigint) returns boolean
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    update kbots.leases set holder = null, expires_at = clock_timestamp()
    where account_id = kbots.my_account() and holder = p_holder and epoch = p_epoch;
    return found;
end
$$;
-- Raises KB001 unless this login's account is leased at that epoch; holds the lease row until the transaction ends.
create function kbots.assert_lease(p_epoch bigint) returns void
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    perform 1 from kbots.leases
    where account_id = kbots.my_account() and epoch = p_epoch and holder is not null
      and expires_at > clock_timestamp()
    for share;
    if not found then
        raise exception 'the lease of this account is not held at epoch %', p_epoch using errcode = 'KB001';
    end if;
end
$$;
revoke all on function kbots.acquire_lease(uuid), kbots.renew_lease(uuid, bigint),
    kbots.release_lease(uuid, bigint), kbots.assert_lease(bigint) from public;
grant execute on function kbots.acquire_lease(uuid), kbots.renew_lease(uuid, bigint),
    kbots.release_lease(uuid, bigint), kbots.assert_lease(bigint), kbots.my_halt() to kbots_bot;

-- Every order is an intent first: the row is committed, under the lease, before anything leaves (I2).
create table kbots.orders (
    id bigint generated always as identity primary key,
    book_id bigint not null references kbots.books default kbots.my_book(),
    bot_uid uuid not null default kbots.my_bot(),
    strategy text not null,
    symbol text not null,
    client_order_id text not null check (client_order_id ~ '^[a-zA-Z0-9_-]{1,36}$'),
    epoch bigint not null,
    purpose text not null check (purpose in ('Entry', 'Exit', 'StopLoss')),
    side text not null check (side in ('BUY', 'SELL')),
    type text not null check (type in ('MARKET', 'LIMIT', 'STOP_LOSS_LIMIT')),
    quantity numeric not null check (quantity > 0),
    price numeric check (price > 0),
    stop_price numeric check (stop_price > 0),
    reserved_quote numeric not null default 0 check (reserved_quote >= 0),
    -- PENDING_NEW: journalled, answer not yet known. UNKNOWN: sent, outcome unknown (I3). Else Binance's words.
    status text not null default 'PENDING_NEW' check (status in ('PENDING_NEW', 'UNKNOWN', 'NEW',
        'PARTIALLY_FILLED', 'FILLED', 'CANCELED', 'REJECTED', 'EXPIRED', 'EXPIRED_IN_MATCH')),
    exchange_order_id bigint,
    executed_quantity numeric not null default 0,
    cumulative_quote numeric not null default 0,
    reason text not null default '',
    venue_time timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (book_id, client_order_id)
);
create index orders_bot on kbots.orders (bot_uid, id desc);
create index orders_working on kbots.orders (book_id) where status in ('PENDING_NEW', 'UNKNOWN', 'NEW', 'PARTIALLY_FILLED');

create function kbots.check_order_lease() returns trigger
    language plpgsql security definer set search_path = pg_catalog
as $$
begin
    perform kbots.assert_lease(new.epoch);
    return new;
end
$$;
create trigger lease before insert on kbots.orders
    for each row execute function kbots.check_order_lease();

create table kbots.fills (
    book_id bigint not null references kbots.books default kbots.my_book(),
    symbol text not null,
    trade_id bigint not null,
    bot_uid uuid not null default kbots.my_bot(),
    strategy text not null,
    client_order_id text not null,
    purpose text not null check (purpose in ('Entry', 'Exit', 'StopLoss')),
    side text not null check (side in ('BUY', 'SELL')),
    price numeric not null check (price > 0),
    quantity numeric not null check (quantity > 0),
    quote_quantity numeric not null,
    commission numeric not null,
    commission_asset text not null,
    realized_quote numeric, -- after fees, for a sale; null for a purchase
    venue_time timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (book_id, symbol, trade_id)
);
create index fills_bot on kbots.fills (bot_uid, venue_time desc);

-- FIFO lots per strategy (sub-book). `remaining` base asset, `unit_cost` quote asset per base asset, fees in.
create table kbots.lots (
    book_id bigint not null references kbots.books default kbots.my_book(),
    strategy text not null,
    symbol text not null,
    trade_id bigint not null,
    quantity numeric not null check (quantity > 0),
    remaining numeric not null check (remaining >= 0 and remaining <= quantity),
    unit_cost numeric not null check (unit_cost >= 0),
    opened_at timestamptz not null,
    primary key (book_id, strategy, symbol, trade_id)
);
create index lots_open on kbots.lots (book_id) where remaining > 0;

-- What lots can't tell: profit already realised, per sub-book. Quote asset.
create table kbots.positions (
    book_id bigint not null references kbots.books default kbots.my_book(),
    strategy text not null,
    symbol text not null,
    quantity numeric not null default 0,
    cost_quote numeric not null default 0,
    realized_quote numeric not null default 0,
    updated_at timestamptz not null default now(),
    primary key (book_id, strategy, symbol)
);

create table kbots.balances (
    book_id bigint not null references kbots.books default kbots.my_book(),
    asset text not null,
    free numeric not null,
    locked numeric not null,
    updated_at timestamptz not null default now(),
    primary key (book_id, asset)
);

-- One row per decision on a closed candle, written with its outcome ("why did it not trade?").
-- The key makes a second decision on the same candle impossible (TR-37).
create table kbots.decisions (
    book_id bigint not null references kbots.books default kbots.my_book(),
    strategy text not null,
    symbol text not null,
    candle_close timestamptz not null,
    bot_uid uuid not null default kbots.my_bot(),
    generation bigint not null,
    action text not null,
    reason text not null,
    price numeric not null,
    created_at timestamptz not null default now(),
    primary key (book_id, strategy, symbol, candle_close)
);
create index decisions_bot on kbots.decisions (bot_uid, created_at desc);

create table kbots.heartbeats (
    bot_uid uuid primary key default kbots.my_bot(),
    book_id bigint not null references kbots.books default kbots.my_book(),
    state text not null check (state in ('Starting', 'Recovering', 'Running', 'Paused', 'Flat', 'Fenced', 'Halted', 'Stopping')),
    reason text not null default '',
    generation bigint not null,
    epoch bigint not null,
    pid integer not null,
    venue_time timestamptz,
    at timestamptz not null default now()
);

create table kbots.equity (
    at timestamptz not null default now(),
    book_id bigint not null default kbots.my_book(),
    bot_uid uuid not null default kbots.my_bot(),
    venue_time timestamptz not null,
    equity numeric not null,
    realized numeric not null,
    unrealized numeric not null,
    exposure numeric not null
) partition by range (at);
create index equity_bot on kbots.equity (bot_uid, at desc);
create table kbots.equity_default partition of kbots.equity default;

create table kbots.bot_logs (
    at timestamptz not null default now(),
    bot_uid uuid not null default kbots.my_bot(),
    level text not null,
    event text not null,
    fields jsonb not null default '{}'
) partition by range (at);
create index bot_logs_bot on kbots.bot_logs (bot_uid, at desc);
create table kbots.bot_logs_default partition of kbots.bot_logs default;

-- Makes this month's and the next two months' partitions; rows beyond them go to the default partition.
create function kbots.ensure_partitions() returns void
    language plpgsql security definer set search_path = pg_catalog
as $$
declare
    parent text;
    month date;
begin
    foreach parent in array array['equity', 'bot_logs'] loop
        for month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', interval '1 month')::date loop
            begin
                execute format('create table if not exists kbots.%I partition of kbots.%I for values from (%L) to (%L)',
                    parent || '_' || to_char(month, 'YYYYMM'), parent, month, month + interval '1 month');
            exception when check_violation then
                -- rows of that month already lie in the default partition; they stay readable there
                null;
            end;
        end loop;
    end loop;
end
$$;
revoke all on function kbots.ensure_partitions() from public;
grant execute on function kbots.ensure_partitions() to kbots_operator;
select kbots.ensure_partitions();

-- Hints for live pages: ids only.
create function kbots.notify_bot() returns trigger
    language plpgsql set search_path = pg_catalog
as $$
begin
    perform pg_notify('kbots_bots', new.bot_uid::text || ':' || tg_argv[0]);
    return null;
end
$$;
create trigger notify after insert or update on kbots.orders for each row execute function kbots.notify_bot('orders');
create trigger notify after insert on kbots.fills for each row execute function kbots.notify_bot('fills');
create trigger notify after insert on kbots.equity for each row execute function kbots.notify_bot('equity');
create trigger notify after insert on kbots.decisions for each row execute function kbots.notify_bot('decisions');
create trigger notify after insert or update of state, reason, generation, epoch, pid on kbots.heartbeats
    for each row execute function kbots.notify_bot('heartbeat');

-- Row level security: a bot by its book, the dashboard by the acting user, the operator everything.
do $$
declare
    t text;
begin
    foreach t in array array['orders', 'fills', 'lots', 'positions', 'balances', 'decisions', 'heartbeats', 'equity'] loop
        execute format('alter table kbots.%I enable row level security', t);
        if t <> 'heartbeats' then
            execute format('create policy bot_rows on kbots.%I to kbots_bot using (book_id = (select kbots.my_book())) with check (book_id = (select kbots.my_book()))', t);
        end if;
        execute format('create policy owner_rows on kbots.%I for select to kbots_dashboard using (book_id in (select id from kbots.books))', t);
        execute format('create policy all_rows on kbots.%I for select to kbots_operator using (true)', t);
        execute format('grant select on kbots.%I to kbots_bot, kbots_dashboard, kbots_operator', t);
    end loop;
end
$$;
-- A heartbeat is the bot's, not the book's: its row follows the bot to another account.
create policy bot_rows on kbots.heartbeats to kbots_bot using (bot_uid = (select kbots.my_bot()))
    with check (bot_uid = (select kbots.my_bot()) and book_id = (select kbots.my_book()));
alter table kbots.bot_logs enable row level security;
create policy bot_rows on kbots.bot_logs to kbots_bot
    using (bot_uid = (select kbots.my_bot())) with check (bot_uid = (select kbots.my_bot()));
create policy owner_rows on kbots.bot_logs for select to kbots_dashboard
    using (bot_uid in (select bot_uid from kbots.bot_logins));
create policy all_rows on kbots.bot_logs for select to kbots_operator using (true);
grant select on kbots.bot_logs to kbots_bot, kbots_dashboard, kbots_operator;

grant insert, update on kbots.orders, kbots.lots, kbots.positions, kbots.balances, kbots.heartbeats to kbots_bot;
grant insert on kbots.fills, kbots.decisions, kbots.equity, kbots.bot_logs to kbots_bot;

-- Books and logins: the dashboard sees its user's own, a bot its own.
alter table kbots.books enable row level security;
create policy owner_rows on kbots.books for select to kbots_dashboard using (owner = (select kbots.current_owner()));
create policy bot_rows on kbots.books for select to kbots_bot using (id = (select kbots.my_book()));
create policy all_rows on kbots.books to kbots_operator using (true) with check (true);
grant select on kbots.books to kbots_dashboard, kbots_bot;
alter table kbots.bot_logins enable row level security;
create policy owner_rows on kbots.bot_logins for select to kbots_dashboard
    using (book_id in (select id from kbots.books));
create policy all_rows on kbots.bot_logins to kbots_operator using (true) with check (true);
grant select (bot_uid, namespace, name, book_id, retired_at, created_at) on kbots.bot_logins to kbots_dashboard;

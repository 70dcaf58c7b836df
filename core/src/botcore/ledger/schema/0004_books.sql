-- What a book began with, what others do on its account, and what is wrong with a bot.

-- The account's balances when the book was opened; written once (design §6).
create table kbots.opening_balances (
    book_id bigint not null references kbots.books default kbots.my_book(),
    asset text not null,
    amount numeric not null, -- free + locked, less what own fills had changed before
    venue_time timestamptz not null,
    created_at timestamptz not null default now(),
    primary key (book_id, asset)
);

-- Changes of the account that own fills do not explain. Opening + fills + adjustments = balance, per asset.
create table kbots.adjustments (
    id bigint generated always as identity primary key,
    book_id bigint not null references kbots.books default kbots.my_book(),
    bot_uid uuid not null default kbots.my_bot(),
    asset text not null,
    amount numeric not null,
    kind text not null check (kind in ('Deposit', 'Withdrawal', 'ManualTrade', 'Unknown')),
    before numeric not null, -- what the ledger said the account holds
    after numeric not null, -- what it holds
    -- Own lots written off with it, and the loss in quote asset, which counts as realised (TR-20).
    lots numeric not null default 0 check (lots >= 0),
    realized_quote numeric not null default 0,
    venue_time timestamptz not null,
    created_at timestamptz not null default now(),
    check (amount <> 0 or lots <> 0)
);
create index adjustments_book on kbots.adjustments (book_id, id desc);

-- Orders on the account that this bot did not place: shown, never touched (TR-10, TR-42).
create table kbots.external_orders (
    book_id bigint not null references kbots.books default kbots.my_book(),
    symbol text not null,
    exchange_order_id bigint not null,
    bot_uid uuid not null default kbots.my_bot(),
    client_order_id text not null,
    -- The id carries this bot's mark although its ledger does not know it: a second instance (TR-11).
    is_own_mark boolean not null,
    side text not null,
    type text not null,
    quantity numeric not null,
    price numeric,
    status text not null,
    executed_quantity numeric not null,
    venue_time timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (book_id, symbol, exchange_order_id)
);
create index external_orders_newest on kbots.external_orders (book_id, venue_time desc);

alter table kbots.fills
    add column commission_quote numeric, -- the fee's worth in quote asset; null = not valued (TR-16)
    add column doubt text not null default ''; -- why the fill is not believed as reported (TR-18)
create index fills_doubtful on kbots.fills (book_id, venue_time) where doubt <> '';

-- A remainder too small to sell is no open position (TR-21).
alter table kbots.positions add column is_dust boolean not null default false;

-- [[reason, message], ...]: why the bot is Degraded.
alter table kbots.heartbeats add column problems jsonb not null default '[]';

do $$
declare
    t text;
begin
    foreach t in array array['opening_balances', 'adjustments', 'external_orders'] loop
        execute format('alter table kbots.%I enable row level security', t);
        execute format('create policy bot_rows on kbots.%I to kbots_bot using (book_id = (select kbots.my_book())) with check (book_id = (select kbots.my_book()))', t);
        execute format('create policy owner_rows on kbots.%I for select to kbots_dashboard using (book_id in (select id from kbots.books))', t);
        execute format('create policy all_rows on kbots.%I for select to kbots_operator using (true)', t);
        execute format('grant select on kbots.%I to kbots_bot, kbots_dashboard, kbots_operator', t);
    end loop;
end
$$;
grant insert on kbots.opening_balances, kbots.adjustments, kbots.external_orders to kbots_bot;
grant update on kbots.external_orders to kbots_bot;
create trigger notify after insert on kbots.adjustments for each row execute function kbots.notify_bot('books');
create trigger notify after insert or update on kbots.external_orders
    for each row execute function kbots.notify_bot('books');

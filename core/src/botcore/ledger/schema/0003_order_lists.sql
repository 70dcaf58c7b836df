-- Order lists (OCO), limit orders that add liquidity, and targets that rest on the exchange.
alter table kbots.orders drop constraint orders_purpose_check, drop constraint orders_type_check;
alter table kbots.orders
    add constraint orders_purpose_check check (purpose in ('Entry', 'Exit', 'StopLoss', 'TakeProfit')),
    add constraint orders_type_check check (type in ('MARKET', 'LIMIT', 'LIMIT_MAKER', 'STOP_LOSS_LIMIT')),
    -- Both legs of a list carry its client id; empty where the order stands alone.
    add column list_client_order_id text not null default ''
        check (list_client_order_id ~ '^[a-zA-Z0-9_-]{0,36}$');
alter table kbots.fills drop constraint fills_purpose_check;
alter table kbots.fills
    add constraint fills_purpose_check check (purpose in ('Entry', 'Exit', 'StopLoss', 'TakeProfit'));

-- What cooldown and stop-loss guard read at every start.
create index fills_sold on kbots.fills (book_id, strategy, symbol, venue_time desc) where side = 'SELL';
create index fills_stopped on kbots.fills (book_id, venue_time desc) where purpose = 'StopLoss' and realized_quote < 0;

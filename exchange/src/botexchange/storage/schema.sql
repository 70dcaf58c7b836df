-- Amounts are integers of 1e-8; times are venue milliseconds.
CREATE TABLE IF NOT EXISTS venue (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fingerprint TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    position_ms INTEGER NOT NULL,
    ceiling_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS shocks (symbol TEXT NOT NULL, time_ms INTEGER NOT NULL, factor INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    uid INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    maker_rate INTEGER NOT NULL,
    taker_rate INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS api_keys (
    api_key TEXT PRIMARY KEY,
    uid INTEGER NOT NULL REFERENCES accounts,
    kind TEXT NOT NULL,
    secret TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS balances (
    uid INTEGER NOT NULL REFERENCES accounts,
    asset TEXT NOT NULL,
    initial INTEGER NOT NULL,
    free INTEGER NOT NULL CHECK (free >= 0),
    locked INTEGER NOT NULL CHECK (locked >= 0),
    PRIMARY KEY (uid, asset)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    type TEXT NOT NULL,
    time_in_force TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    quote_quantity INTEGER NOT NULL,
    price INTEGER NOT NULL,
    stop_price INTEGER NOT NULL,
    client_order_id TEXT NOT NULL,
    prevention TEXT NOT NULL,
    list_id INTEGER NOT NULL,
    list_client_id TEXT NOT NULL,
    status TEXT NOT NULL,
    executed INTEGER NOT NULL,
    quote_executed INTEGER NOT NULL,
    locked INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    working_ms INTEGER NOT NULL,
    expiry_reason TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_account ON orders (account, symbol, id);
CREATE INDEX IF NOT EXISTS orders_by_client_id ON orders (account, symbol, client_order_id, id);
CREATE INDEX IF NOT EXISTS orders_by_list ON orders (account, list_id) WHERE list_id >= 0;
CREATE INDEX IF NOT EXISTS orders_open ON orders (id) WHERE status IN ('NEW', 'PARTIALLY_FILLED');
CREATE TABLE IF NOT EXISTS trades (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    list_id INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    quote INTEGER NOT NULL,
    commission INTEGER NOT NULL,
    commission_asset TEXT NOT NULL,
    maker INTEGER NOT NULL,
    time_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS trades_by_account ON trades (account, symbol, id);
CREATE INDEX IF NOT EXISTS trades_by_order ON trades (order_id, id);

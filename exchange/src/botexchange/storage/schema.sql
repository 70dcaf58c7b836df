-- Amounts are integers of 1e-8; times are venue milliseconds. A document is the record as JSON; the
-- columns beside it are what it is found by.
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
    document TEXT NOT NULL
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
    client_order_id TEXT NOT NULL,
    list_id INTEGER NOT NULL,
    list_client_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    is_open INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_account ON orders (account, symbol, id);
CREATE INDEX IF NOT EXISTS orders_by_client_id ON orders (account, symbol, client_order_id, id);
CREATE INDEX IF NOT EXISTS orders_by_list ON orders (account, list_id) WHERE list_id >= 0;
CREATE INDEX IF NOT EXISTS orders_open ON orders (id) WHERE is_open;
CREATE TABLE IF NOT EXISTS trades (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS trades_by_account ON trades (account, symbol, id);
CREATE INDEX IF NOT EXISTS trades_by_order ON trades (order_id, id);
CREATE TABLE IF NOT EXISTS prevented_matches (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    taker_order_id INTEGER NOT NULL,
    maker_order_id INTEGER NOT NULL,
    document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS amendments (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    document TEXT NOT NULL
);

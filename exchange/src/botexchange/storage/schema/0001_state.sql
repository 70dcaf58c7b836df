-- The paper exchange's state, in Postgres (schema exchange) and SQLite alike. A document is the record as JSON; the
-- columns beside it are what it is found by. Times are venue milliseconds.
CREATE TABLE market (one bigint PRIMARY KEY CHECK (one = 1), fingerprint text NOT NULL);
CREATE TABLE moment (
    one bigint PRIMARY KEY CHECK (one = 1),
    sequence bigint NOT NULL,
    position_ms bigint NOT NULL,
    ceiling_ms bigint NOT NULL
);
CREATE TABLE shocks (symbol text NOT NULL, time_ms bigint NOT NULL, factor bigint NOT NULL);
CREATE TABLE accounts (uid bigint PRIMARY KEY, document text NOT NULL);
CREATE TABLE owners (uid bigint PRIMARY KEY REFERENCES accounts, name text NOT NULL UNIQUE, document text NOT NULL);
CREATE TABLE api_keys (api_key text PRIMARY KEY, uid bigint NOT NULL REFERENCES accounts, document text NOT NULL);
CREATE TABLE balances (
    uid bigint NOT NULL REFERENCES accounts,
    asset text NOT NULL,
    document text NOT NULL, -- [free, locked] in 1e-8 units; not columns, since they may pass 64 bits
    PRIMARY KEY (uid, asset)
);
CREATE TABLE orders (
    id bigint PRIMARY KEY,
    account bigint NOT NULL,
    symbol text NOT NULL,
    client_order_id text NOT NULL,
    list_id bigint NOT NULL,
    list_client_id text NOT NULL,
    created_ms bigint NOT NULL,
    is_open boolean NOT NULL,
    document text NOT NULL
);
CREATE INDEX orders_by_account ON orders (account, symbol, id);
CREATE INDEX orders_by_time ON orders (account, symbol, created_ms, id);
CREATE INDEX orders_by_client_id ON orders (account, symbol, client_order_id, id);
CREATE INDEX orders_by_list ON orders (account, list_id) WHERE list_id >= 0;
CREATE INDEX orders_open ON orders (id) WHERE is_open;
CREATE TABLE trades (
    id bigint PRIMARY KEY,
    account bigint NOT NULL,
    symbol text NOT NULL,
    order_id bigint NOT NULL,
    time_ms bigint NOT NULL,
    document text NOT NULL
);
CREATE INDEX trades_by_account ON trades (account, symbol, id);
CREATE INDEX trades_by_time ON trades (account, symbol, time_ms, id);
CREATE INDEX trades_by_order ON trades (order_id, id);
CREATE TABLE prevented_matches (
    id bigint PRIMARY KEY,
    account bigint NOT NULL,
    symbol text NOT NULL,
    taker_order_id bigint NOT NULL,
    maker_order_id bigint NOT NULL,
    document text NOT NULL
);
CREATE INDEX prevented_matches_by_account ON prevented_matches (account, symbol, id);
CREATE TABLE amendments (
    id bigint PRIMARY KEY,
    account bigint NOT NULL,
    symbol text NOT NULL,
    order_id bigint NOT NULL,
    document text NOT NULL
);
CREATE INDEX amendments_by_order ON amendments (order_id, id);

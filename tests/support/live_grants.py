"""Live keys and grants as the dashboard and the operator write them, for tests that need a bot with real money."""

import uuid
from datetime import timedelta
from decimal import Decimal

from psycopg.types.json import Jsonb

from tests.support.postgres import Database

__all__ = ["PERMISSIONS", "a_grant", "a_live_key"]

PERMISSIONS = {
    "enableReading": True,
    "enableSpotAndMarginTrading": True,
    "enableWithdrawals": False,
}


def a_live_key(
    database: Database,
    owner: str = "alice",
    *,
    environment: str = "live",
    status: str = "Verified",
    permissions: dict[str, bool] | None = None,
) -> uuid.UUID:
    """Store a key that was verified; its envelope opens nowhere."""
    key_id = uuid.uuid4()
    database.rows(
        "insert into kbots.sealed_keys (id, owner, label, exchange, environment, api_key_last4, envelope, kid,"
        " status, account_uid, permissions) values (%s, %s, %s, 'binance', %s, 'last', '{}', 'k', %s, '7', %s)"
        " returning 1",
        (
            key_id, owner, str(key_id), environment, status,
            Jsonb(PERMISSIONS if permissions is None else permissions),
        ),
    )  # fmt: skip
    return key_id


def a_grant(
    database: Database,
    user: uuid.UUID,
    bot_uid: uuid.UUID,
    key_id: uuid.UUID,
    *,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    most_notional: str = "1000",
    lasts: timedelta = timedelta(days=30),
    quote_asset: str = "USDT",
) -> uuid.UUID:
    """Grant as the dashboard does for a person who has just proved who he is."""
    with database.connect("kbots_dashboard") as connection:
        connection.execute(
            "insert into kbots.second_factors (user_id, sealed_secret, confirmed_at)"
            " select id, '', now() from kbots.users where id = %s on conflict do nothing",
            [user],
        )
        connection.execute("select set_config('kbots.user_id', %s, false)", [str(user)])
        row = connection.execute(
            "select kbots.grant_live(%s, %s, %s, %s, %s, now() + %s)",
            [
                bot_uid, key_id, quote_asset, list(symbols), Decimal(most_notional),
                lasts,
            ],
        ).fetchone()  # fmt: skip
    assert row is not None
    return uuid.UUID(str(row[0]))

"""Stores with an account that trades."""

from botcore.ledger.roles import EXCHANGE
from botexchange.ports import ApiKey, HistoryQuery, KeyKind, Moment, Owner
from botexchange.storage.postgres import PostgresAddress
from tests.unit.botexchange.builders import NOW, UID, an_engine

MOMENT = Moment(position_ms=NOW, ceiling_ms=NOW + 5)
KEY = ApiKey(key="k", uid=UID, kind=KeyKind.HMAC, secret="s")
QUERY = HistoryQuery(account=UID, symbol="BTCUSDT", limit=2)


def address_of(database):
    """Give the exchange's address of a test's database."""
    return PostgresAddress(
        host=database.host,
        port=database.port,
        dbname=database.dbname,
        user=EXCHANGE,
        password=database.passwords[EXCHANGE],
    )


async def begun(store):
    """Store an account; give its engine."""
    engine = an_engine()
    account = engine.accounts[UID]
    await store.begin("market", Moment(position_ms=1, ceiling_ms=2))
    owner = Owner(uid=UID, api_key=KEY, initial=dict(account.free), created_ms=NOW)
    engine.add_account(account)
    await store.add_account(account, owner, engine.drain())
    return engine


async def commit(store, engine):
    """Store what the engine's last step changed; give it."""
    changes = engine.drain()
    await store.commit(changes, MOMENT)
    return changes

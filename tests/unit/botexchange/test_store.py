"""The store gives back exactly what it took."""

from dataclasses import replace

import pytest

from botcore.domain.errors import Conflict, InvariantBroken
from botexchange.ports import ApiKey, HistoryQuery, KeyKind, Moment, Owner, Shock
from botexchange.storage.sqlite import SqliteStore
from tests.unit.botexchange.builders import NOW, UID, a_request, a_tick, an_engine

MOMENT = Moment(position_ms=NOW, ceiling_ms=NOW + 5)


@pytest.fixture
async def store(tmp_path):
    store = SqliteStore(tmp_path)
    yield store
    await store.close()


async def begun(store):
    """Store an account that has traded; give its engine."""
    engine = an_engine()
    account = engine.accounts[UID]
    key = ApiKey(key="k", uid=UID, kind=KeyKind.HMAC, secret="s")
    await store.begin("market", Moment(position_ms=1, ceiling_ms=2))
    owner = Owner(uid=UID, api_key=key, initial=dict(account.free), created_ms=NOW)
    engine.add_account(account)
    await store.add_account(account, owner, engine.drain())
    return engine


async def commit(store, engine):
    changes = engine.drain()
    await store.commit(changes, MOMENT)
    return changes


async def test_reopened_store_gives_everything_back(store, tmp_path):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1", client_order_id="m"), NOW)
    filled = await commit(store, engine)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    resting = await commit(store, engine)
    await store.add_shock(Shock(symbol="BTCUSDT", time_ms=5, factor=950_000))
    await store.close()

    again = SqliteStore(tmp_path)
    saved = await again.load()

    assert (saved.fingerprint, saved.moment) == ("market", MOMENT)
    assert saved.sequence == resting.sequence
    assert saved.shocks == (Shock(symbol="BTCUSDT", time_ms=5, factor=950_000),)
    assert saved.orders == tuple(resting.orders.values())
    (account,), kept = saved.accounts, engine.accounts[UID]
    assert (account.name, account.free) == (kept.name, kept.free)
    assert account.locked == {"BTC": 0, "USDT": kept.locked["USDT"]}
    assert await again.order_trades(next(iter(filled.orders))) == filled.trades
    assert await again.order_by_client_id(UID, "BTCUSDT", "m") == next(iter(filled.orders.values()))
    assert (await again.owner("account-10000001")).api_key == (await again.api_keys())[0]
    await again.close()


async def test_history_gives_the_newest_or_from_a_start_the_oldest(store):
    engine = await begun(store)
    ids = []
    for number in range(5):
        engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW + number)
        ids.append(next(iter((await commit(store, engine)).orders)))
    query = HistoryQuery(account=UID, symbol="BTCUSDT", limit=2)

    async def orders(**change):
        return [order.id for order in await store.orders(replace(query, **change))]

    assert await orders() == ids[3:]
    assert await orders(from_id=ids[1]) == ids[1:3]
    assert await orders(start_ms=NOW + 2) == ids[2:4]
    assert await orders(end_ms=NOW + 2) == ids[1:3]
    assert await orders(start_ms=NOW + 4, end_ms=NOW + 4) == ids[4:]
    assert await orders(symbol="ETHUSDT") == await orders(account=1) == []
    assert [one.order_id for one in await store.trades(replace(query, order_id=ids[0]))] == [ids[0]]


async def test_failed_commit_changes_nothing(store):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW)
    changes = engine.drain()
    changes.balances[UID, "BTC"] = (-1, 0)

    with pytest.raises(InvariantBroken):
        await store.commit(changes, MOMENT)

    assert await store.orders(HistoryQuery(account=UID, symbol="BTCUSDT", limit=9)) == []
    assert (await store.load()).sequence == 0


async def test_folder_in_use_is_refused(store, tmp_path):
    await begun(store)

    with pytest.raises(Conflict):
        SqliteStore(tmp_path)


async def test_engine_restored_from_the_store_goes_on(store):
    engine = await begun(store)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    await commit(store, engine)
    saved = await store.load()

    again = an_engine()
    again.restore(saved.accounts, saved.orders)
    again.move(a_tick("48000", at=NOW + 1))

    assert [trade.order_id for trade in again.drain().trades] == [saved.orders[0].id]

"""Each store gives back exactly what it took: a folder, memory and a real Postgres alike."""

from dataclasses import replace

import pytest

from botcore.domain.errors import Conflict, InvalidInput, InvariantBroken
from botexchange.ports import KeyPermissions, Shock
from botexchange.storage.sqlite import open_sqlite
from tests.unit.botexchange.builders import NOW, UID, a_request, a_tick, an_engine
from tests.unit.botexchange.stores import KEY, MOMENT, QUERY, begun, commit


async def test_new_store_holds_no_market(store):
    assert await store.load() is None


async def test_reopened_store_gives_everything_back(store, reopen):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1", client_order_id="m"), NOW)
    filled = await commit(store, engine)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    resting = await commit(store, engine)
    await store.add_shock(Shock(symbol="BTCUSDT", time_ms=5, factor=950_000))
    await store.close()

    again = await reopen()
    saved = await again.load()

    assert (saved.fingerprint, saved.moment) == ("market", MOMENT)
    assert saved.sequence == resting.sequence
    assert saved.shocks == (Shock(symbol="BTCUSDT", time_ms=5, factor=950_000),)
    assert saved.orders == tuple(resting.orders.values())
    (account,), kept = saved.accounts, engine.accounts[UID]
    assert (account.name, account.free) == (kept.name, kept.free)
    assert {asset: amount for asset, amount in account.locked.items() if amount} == kept.locked
    assert await again.order_trades(next(iter(filled.orders))) == filled.trades
    assert await again.order_by_client_id(UID, "BTCUSDT", "m") == next(iter(filled.orders.values()))
    assert (await again.owner(account.name)).api_key == (await again.api_keys())[0]
    assert await again.count_trades(UID) == len(filled.trades)
    await again.close()


async def test_commit_of_many_orders_stores_every_one_in_its_newest_form(store):
    engine = await begun(store)
    placed = [
        engine.place(UID, a_request("LIMIT", "BUY", quantity="0.01", price="49000"), NOW)
        for _ in range(70)
    ]
    await commit(store, engine)
    for order in placed[::2]:
        engine.cancel(order, NOW + 1)
    await commit(store, engine)
    saved = await store.load()
    assert [order.id for order in saved.orders] == [order.id for order in placed[1::2]]
    assert len((await store.everything(UID))[0]) == 70


async def test_key_changes_and_goes_and_its_owner_stays(store):
    await begun(store)
    limited = replace(KEY, permissions=KeyPermissions(spot_trading=False, addresses=("10.0.0.1",)))
    second = replace(KEY, key="another", secret="t")
    await store.put_key(limited)
    await store.put_key(second)

    name = "account-10000001"
    assert await store.api_keys() == [second, limited]
    assert (await store.owner(name)).api_key == limited
    await store.delete_key(KEY.key)
    assert await store.api_keys() == [second]
    assert (await store.owner(name)).uid == UID
    assert await store.owner("nobody") is None


async def test_changed_account_keeps_its_balances(store):
    engine = await begun(store)
    account = engine.accounts[UID]
    account.maker_rate = 7
    await store.put_account(account)

    saved = await store.load()

    assert saved.accounts[0].maker_rate == 7
    assert saved.accounts[0].free == account.free


async def test_amounts_beyond_64_bits_are_kept(store):
    engine = await begun(store)
    engine.set_balances(UID, {"USDT": 10**24}, NOW)
    await commit(store, engine)

    assert (await store.load()).accounts[0].free["USDT"] == 10**24


async def test_negative_balance_is_never_stored(store):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW)
    changes = engine.drain()
    changes.balances[UID, "BTC"] = (-1, 0)

    with pytest.raises(InvariantBroken):
        await store.commit(changes, MOMENT)

    assert await store.orders(QUERY) == []


async def test_failed_commit_changes_nothing(store, reopen):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW)
    changes = engine.drain()
    changes.trades.append(changes.trades[0])  # an id twice

    with pytest.raises(InvariantBroken):
        await store.commit(changes, MOMENT)

    await store.close()
    again = await reopen()
    assert await again.orders(QUERY) == []
    saved = await again.load()
    assert saved.sequence == 0
    assert saved.accounts[0].free == an_engine().accounts[UID].free
    await again.close()


async def test_ids_never_go_back(store):
    engine = await begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW)
    placed = await commit(store, engine)
    earlier = engine.drain()
    earlier.sequence = 0
    await store.commit(earlier, MOMENT)

    assert (await store.load()).sequence == placed.sequence > 0


async def test_text_no_name_can_be_is_refused_and_harms_nothing(store):
    await begun(store)

    with pytest.raises(InvalidInput):
        await store.owner("\ud800")
    with pytest.raises(InvalidInput):
        await store.order(UID, "BTCUSDT", 1 << 64)
    assert await store.load() is not None


async def test_second_store_on_the_same_data_is_refused(store, reopen):
    await begun(store)

    with pytest.raises(Conflict):
        await reopen()
    assert await store.load() is not None


async def test_data_of_a_newer_version_are_refused(store, reopen, monkeypatch):
    await store.close()
    for place in ("sqlite", "postgres"):
        monkeypatch.setattr(f"botexchange.storage.{place}.migrations", lambda: [(0, "")])

    with pytest.raises(Conflict, match="newer version"):
        await reopen()


async def test_engine_restored_from_the_store_goes_on(store):
    engine = await begun(store)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    await commit(store, engine)
    saved = await store.load()

    again = an_engine()
    again.restore(saved.accounts, saved.orders)
    again.move(a_tick("48000", at=NOW + 1))

    assert [trade.order_id for trade in again.drain().trades] == [saved.orders[0].id]


async def test_memory_store_ends_with_its_process():
    store = open_sqlite(None)
    await begun(store)

    assert (await store.load()).fingerprint == "market"
    assert await open_sqlite(None).load() is None
    await store.close()

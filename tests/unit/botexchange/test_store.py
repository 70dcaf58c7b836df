"""The store gives back exactly what it took."""

from dataclasses import replace

import pytest

from botcore.domain.errors import Conflict, InvariantBroken
from botexchange.matching.orders import Order, Trade
from botexchange.ports import ApiKey, HistoryQuery, KeyKind, Moment, Owner, Shock
from botexchange.storage.sqlite import SqliteStore
from tests.unit.botexchange.builders import NOW, UID, a_request, a_tick, an_engine

MOMENT = Moment(position_ms=NOW, ceiling_ms=NOW + 5)


@pytest.fixture
def store(tmp_path):
    store = SqliteStore(tmp_path)
    yield store
    store.close()


def begun(store):
    """Store an account that has traded; give its engine."""
    engine = an_engine()
    account = engine.accounts[UID]
    key = ApiKey(key="k", uid=UID, kind=KeyKind.HMAC, secret="s")
    store.begin("market", Moment(position_ms=1, ceiling_ms=2))
    owner = Owner(uid=UID, api_key=key, initial=dict(account.free), created_ms=NOW)
    engine.add_account(account)
    store.add_account(account, owner, engine.drain())
    return engine


def commit(store, engine):
    changes = engine.drain()
    store.commit(changes, MOMENT)
    return changes


def test_columns_have_the_fields_names_in_their_order(store):
    for table, kind in (("orders", Order), ("trades", Trade)):
        columns = [row[1] for row in store._db.execute(f"PRAGMA table_info({table})")]
        assert columns == list(kind.__dataclass_fields__)


def test_reopened_store_gives_everything_back(store, tmp_path):
    engine = begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1", client_order_id="m"), NOW)
    filled = commit(store, engine)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    resting = commit(store, engine)
    store.add_shock(Shock(symbol="BTCUSDT", time_ms=5, factor=950_000))
    store.close()

    again = SqliteStore(tmp_path)
    saved = again.load()

    assert (saved.fingerprint, saved.moment) == ("market", MOMENT)
    assert saved.sequence == resting.sequence
    assert saved.shocks == (Shock(symbol="BTCUSDT", time_ms=5, factor=950_000),)
    assert saved.orders == tuple(resting.orders.values())
    (account,), kept = saved.accounts, engine.accounts[UID]
    assert (account.name, account.free) == (kept.name, kept.free)
    assert account.locked == {"BTC": 0, "USDT": kept.locked["USDT"]}
    assert again.order_trades(next(iter(filled.orders))) == filled.trades
    assert again.order_by_client_id(UID, "BTCUSDT", "m") == next(iter(filled.orders.values()))
    assert again.owner("account-10000001").api_key == again.api_keys()[0]
    again.close()


def test_history_gives_the_newest_or_from_a_start_the_oldest(store):
    engine = begun(store)
    ids = []
    for number in range(5):
        engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW + number)
        ids.append(next(iter(commit(store, engine).orders)))
    query = HistoryQuery(account=UID, symbol="BTCUSDT", limit=2)

    def orders(**change):
        return [order.id for order in store.orders(replace(query, **change))]

    assert orders() == ids[3:]
    assert orders(from_id=ids[1]) == ids[1:3]
    assert orders(start_ms=NOW + 2) == ids[2:4]
    assert orders(end_ms=NOW + 2) == ids[1:3]
    assert orders(start_ms=NOW + 4, end_ms=NOW + 4) == ids[4:]
    assert orders(symbol="ETHUSDT") == orders(account=1) == []
    assert [one.order_id for one in store.trades(replace(query, order_id=ids[0]))] == [ids[0]]


def test_failed_commit_changes_nothing(store):
    engine = begun(store)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW)
    changes = engine.drain()
    changes.balances[UID, "BTC"] = (-1, 0)

    with pytest.raises(InvariantBroken):
        store.commit(changes, MOMENT)

    assert store.orders(HistoryQuery(account=UID, symbol="BTCUSDT", limit=9)) == []
    assert store.load().sequence == 0


def test_folder_in_use_is_refused(store, tmp_path):
    begun(store)

    with pytest.raises(Conflict):
        SqliteStore(tmp_path)


def test_engine_restored_from_the_store_goes_on(store):
    engine = begun(store)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    commit(store, engine)
    saved = store.load()

    again = an_engine()
    again.restore(saved.accounts, saved.orders)
    again.move(a_tick("48000", at=NOW + 1))

    assert [trade.order_id for trade in again.drain().trades] == [saved.orders[0].id]

"""What an account did stays findable by id, by time and by what it belongs to, in each store."""

from dataclasses import replace

from botcore.matching.numbers import SCALE
from botcore.matching.orders import Prevention
from botcore.matching.reports import Amendment, PreventedMatch
from tests.unit.botexchange.builders import NOW, UID, a_request
from tests.unit.botexchange.stores import MOMENT, QUERY, begun, commit


async def test_history_gives_the_newest_or_from_a_start_the_oldest(store):
    engine = await begun(store)
    ids = []
    for number in range(5):
        engine.place(UID, a_request("MARKET", "BUY", quantity="0.01"), NOW + number)
        ids.append(next(iter((await commit(store, engine)).orders)))

    async def orders(**change):
        return [order.id for order in await store.orders(replace(QUERY, **change))]

    assert await orders() == ids[3:]
    assert await orders(from_id=ids[1]) == ids[1:3]
    assert await orders(start_ms=NOW + 2) == ids[2:4]
    assert await orders(end_ms=NOW + 2) == ids[1:3]
    assert await orders(start_ms=NOW + 4, end_ms=NOW + 4) == ids[4:]
    assert await orders(from_id=ids[1], end_ms=NOW + 1) == ids[1:2]
    assert await orders(symbol="ETHUSDT") == await orders(account=1) == []
    assert [one.order_id for one in await store.trades(replace(QUERY, order_id=ids[0]))] == [ids[0]]
    assert [one.time_ms for one in await store.trades(replace(QUERY, end_ms=NOW + 1))] == [
        NOW,
        NOW + 1,
    ]
    orders_of_all, trades_of_all = await store.everything(UID)
    assert [order.id for order in orders_of_all] == ids
    assert {trade.order_id for trade in trades_of_all} == set(ids)


async def test_orders_of_a_list_are_found_by_its_id_and_by_the_newest_with_its_name(store):
    engine = await begun(store)
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    changes = engine.drain()
    [order] = changes.orders.values()
    lists = [
        order._replace(id=order.id + number, list_id=number // 2, list_client_id="mine")
        for number in range(4)
    ]
    changes.orders = {one.id: one for one in lists}
    await store.commit(changes, MOMENT)

    assert await store.list_orders(UID, 0, "") == lists[:2]
    assert await store.list_orders(UID, None, "mine") == lists[2:]
    newest = replace(QUERY, symbol="", limit=1)
    assert await store.order_lists(newest) == [lists[2:]]
    assert await store.order_lists(replace(newest, limit=9)) == [lists[:2], lists[2:]]
    assert await store.order_lists(replace(newest, from_id=0)) == [lists[:2]]
    assert await store.order_lists(replace(newest, start_ms=NOW, end_ms=NOW)) == [lists[:2]]
    assert await store.order_lists(replace(newest, end_ms=NOW - 1)) == []
    assert await store.list_orders(UID, None, "other") == await store.list_orders(1, 0, "") == []


async def test_prevented_matches_and_amendments_are_found(store):
    engine = await begun(store)
    changes = engine.drain()
    changes.prevented = [a_match(1), a_match(2)]
    changes.amendments = [an_amendment(1), an_amendment(2)]
    await store.commit(changes, MOMENT)

    matches = ids_of(await store.prevented_matches(QUERY), "id")
    assert matches == [1, 2]
    assert ids_of(await store.prevented_matches(replace(QUERY, order_id=12)), "id") == [2]
    assert ids_of(await store.prevented_matches(replace(QUERY, order_id=7)), "id") == [1, 2]
    assert ids_of(await store.prevented_matches(replace(QUERY, from_id=2)), "id") == [2]
    amended = replace(QUERY, order_id=7)
    assert await store.order_amendments(amended) == changes.amendments
    assert ids_of(await store.order_amendments(replace(amended, from_id=2)), "execution_id") == [2]


def a_match(number):
    return PreventedMatch(
        id=number,
        account=UID,
        symbol="BTCUSDT",
        taker_order_id=number + 10,
        maker_order_id=7,
        price=SCALE,
        taker_prevented_quantity=0,
        maker_prevented_quantity=SCALE,
        prevention=Prevention.EXPIRE_MAKER,
        time_ms=NOW,
    )


def an_amendment(number):
    return Amendment(
        account=UID,
        symbol="BTCUSDT",
        order_id=7,
        execution_id=number,
        old_client_order_id="a",
        new_client_order_id="b",
        old_quantity=2 * SCALE,
        new_quantity=SCALE,
        time_ms=NOW,
    )


def ids_of(records, name):
    return [getattr(record, name) for record in records]

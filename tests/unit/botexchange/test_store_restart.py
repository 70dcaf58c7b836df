"""What a restart needs from the store: lists in full, the right order of a name, whole writes."""

import asyncio
from operator import attrgetter

from botcore.candles.catalogue import CATALOGUE
from botcore.matching.engine import Engine
from botcore.matching.lists import OtoRequest
from botcore.matching.reports import Changes, ListReport
from tests.unit.botexchange.builders import NOW, UID, a_request, a_tick
from tests.unit.botexchange.stores import MOMENT, begun, commit


async def test_ended_orders_of_an_open_list_come_back_with_it(store, reopen):
    engine = await begun(store)
    working = a_request("LIMIT", "BUY", quantity="1", price="60000")
    exits = (
        a_request("LIMIT_MAKER", "SELL", quantity="0.5", price="70000"),
        a_request("STOP_LOSS", "SELL", quantity="0.5", stop_price="40000"),
    )
    filled, *_ = engine.place_list(UID, OtoRequest(working=working, pending=exits), NOW)
    members = list((await commit(store, engine)).orders.values())
    alone = a_request("LIMIT", "BUY", quantity="0.1", price="40000")
    engine.cancel(engine.place(UID, alone, NOW), NOW)  # of no list: not taken back
    await commit(store, engine)
    await store.close()

    again = await reopen()
    saved = await again.load()
    restored = Engine(CATALOGUE.values(), sequence=saved.sequence)
    restored.restore(saved.accounts, saved.orders)
    restored.move(a_tick("75000", at=NOW + 5))

    assert filled.id in {order.id for order in members}
    assert sorted(saved.orders, key=attrgetter("id")) == sorted(members, key=attrgetter("id"))
    [done] = [one for one in restored.drain().reports if isinstance(one, ListReport)]
    assert [order.id for order in done.orders] == sorted(order.id for order in members)
    await again.close()


async def test_client_id_names_the_open_order_before_newer_ones_that_had_it(store):
    engine = await begun(store)
    resting = a_request("LIMIT", "BUY", quantity="1", price="49000", client_order_id="a")
    order = engine.place(UID, resting, NOW)
    engine.place(UID, a_request("MARKET", "BUY", quantity="0.1", client_order_id="b"), NOW)
    await commit(store, engine)
    engine.amend(order, order.quantity // 2, NOW, client_order_id="b")
    await commit(store, engine)

    assert (await store.order_by_client_id(UID, "BTCUSDT", "b")).id == order.id


async def test_write_whose_caller_gave_up_is_finished_before_the_next(store):
    engine = await begun(store)
    order = engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    many = Changes(orders={n: order._replace(id=n) for n in range(1_000, 11_000)})
    given_up = asyncio.create_task(store.commit(many, MOMENT))
    await asyncio.sleep(0.005)
    given_up.cancel()

    await commit(store, engine)

    assert (await store.order(UID, "BTCUSDT", 10_999)).id == 10_999
    assert (await store.order(UID, "BTCUSDT", order.id)) == order

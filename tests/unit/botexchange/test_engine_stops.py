"""Conditional orders and order lists."""

import pytest

from botcore.matching.lists import OcoRequest
from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderStatus
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_engine,
    executions,
    free,
    locked,
    newest,
    placed,
)

STOP = {"quantity": "1", "stop_price": "49000"}


def test_stop_waits_off_the_book_and_holds_its_quantity():
    engine = an_engine()

    engine.place(UID, a_request("STOP_LOSS_LIMIT", "SELL", price="48500", **STOP), NOW)

    order = newest(engine.drain())
    assert order.is_waiting
    assert order.status is OrderStatus.NEW
    assert locked(engine, "BTC") == to_units("1")


def test_stop_limit_triggers_and_sells_near_its_stop():
    engine = an_engine()
    placed(engine, a_request("STOP_LOSS_LIMIT", "SELL", price="48500", **STOP))

    engine.move(a_tick("48800", at=NOW + 5))

    changes = engine.drain()
    order = newest(changes)
    assert executions(changes)[:2] == ["NEW/NEW", "TRADE/PARTIALLY_FILLED"]
    assert order.status is OrderStatus.FILLED
    assert order.working_ms == NOW + 5
    assert all(to_units("48900") < trade.price < to_units("49000") for trade in changes.trades)
    assert not any(trade.maker for trade in changes.trades)


def test_stop_limit_rests_when_the_market_jumps_past_its_limit():
    engine = an_engine()
    placed(engine, a_request("STOP_LOSS_LIMIT", "SELL", price="48500", **STOP))

    engine.move(a_tick("45000", at=NOW + 5, jump=True))

    order = newest(engine.drain())
    assert order.status is OrderStatus.NEW
    assert not order.is_waiting
    assert order.executed == 0
    engine.move(a_tick("48600", at=NOW + 6))
    assert newest(engine.drain()).status is OrderStatus.FILLED


def test_market_stop_sells_at_whatever_the_jump_leaves():
    engine = an_engine()
    placed(engine, a_request("STOP_LOSS", "SELL", **STOP))

    engine.move(a_tick("45000", at=NOW + 5, jump=True))

    changes = engine.drain()
    assert newest(changes).status is OrderStatus.FILLED
    assert all(trade.price < to_units("45000") for trade in changes.trades)


def test_market_stop_buy_holds_what_it_costs_at_its_stop():
    engine = an_engine()

    placed(engine, a_request("STOP_LOSS", "BUY", quantity="1", stop_price="51000"))

    assert locked(engine, "USDT") == to_units("51000")
    engine.move(a_tick("51500", at=NOW + 5))
    order = newest(engine.drain())
    assert order.status is OrderStatus.FILLED
    assert free(engine, "USDT") == to_units("100000") - order.quote_executed
    assert locked(engine, "USDT") == 0


def test_market_stop_buy_expires_when_the_jump_costs_more_than_is_there():
    engine = an_engine()
    placed(engine, a_request("STOP_LOSS", "BUY", quantity="1.9", stop_price="51000"))

    engine.move(a_tick("55000", at=NOW + 5, jump=True))

    changes = engine.drain()
    order = newest(changes)
    assert order.status is OrderStatus.EXPIRED
    assert order.expiry_reason == "REJECTED"
    assert changes.reports[-2].reject_reason == "INSUFFICIENT_BALANCES"
    assert free(engine, "USDT") == to_units("100000")


@pytest.mark.parametrize(
    ("kind", "side", "stop"),
    [
        ("STOP_LOSS_LIMIT", "SELL", "50001"),
        ("STOP_LOSS_LIMIT", "BUY", "49999"),
        ("TAKE_PROFIT_LIMIT", "SELL", "49999"),
        ("TAKE_PROFIT_LIMIT", "BUY", "50001"),
    ],
)
def test_trigger_already_passed_is_refused(kind, side, stop):
    engine = an_engine()
    request = a_request(kind, side, quantity="1", price="50000", stop_price=stop)

    with pytest.raises(VenueError, match="Order would trigger immediately"):
        engine.place(UID, request, NOW)


def test_levels_are_met_in_the_order_the_price_passes_them():
    engine = an_engine()
    low = placed(engine, a_request("LIMIT", "BUY", quantity="0.1", price="47000"))
    high = placed(engine, a_request("LIMIT", "BUY", quantity="0.1", price="48000"))

    engine.move(a_tick("46000", at=NOW + 5))

    assert [trade.order_id for trade in engine.drain().trades] == [high.id, low.id]


def an_oco(side="SELL", limit="55000", stop="45000", price="44000"):
    above = a_request("LIMIT_MAKER", side, quantity="1", price=limit)
    below = a_request("STOP_LOSS_LIMIT", side, quantity="1", stop_price=stop, price=price)
    return OcoRequest(above=above, below=below)


def test_oco_holds_once_for_both_legs():
    engine = an_engine()

    above, below = engine.place_list(UID, an_oco(), NOW)

    assert executions(engine.drain()) == ["list", "NEW/NEW", "NEW/NEW", "balances"]
    assert locked(engine, "BTC") == to_units("1")
    assert above.list_id == below.list_id > 0


def test_oco_limit_leg_that_trades_expires_the_stop():
    engine = an_engine()
    engine.place_list(UID, an_oco(), NOW)
    engine.drain()

    engine.move(a_tick("56000", at=NOW + 5))

    changes = engine.drain()
    assert executions(changes) == ["EXPIRED/EXPIRED", "TRADE/FILLED", "list", "balances"]
    assert changes.reports[0].order.expiry_reason == "OCO_TRIGGER"
    assert locked(engine, "BTC") == 0
    assert engine.open_orders(UID) == []


def test_oco_stop_leg_that_triggers_takes_over_the_holding():
    engine = an_engine()
    engine.place_list(UID, an_oco(), NOW)
    engine.drain()

    engine.move(a_tick("44500", at=NOW + 5))

    changes = engine.drain()
    assert executions(changes)[:2] == ["EXPIRED/EXPIRED", "NEW/NEW"]
    assert sum(trade.quantity for trade in changes.trades) == to_units("1")
    assert free(engine, "BTC") == to_units("9")
    assert locked(engine, "BTC") == 0


def test_canceling_one_leg_cancels_the_list():
    engine = an_engine()
    above, below = engine.place_list(UID, an_oco(), NOW)
    engine.drain()

    ended = engine.cancel(below, NOW + 1)

    assert [order.id for order in ended] == [above.id, below.id]
    assert all(order.status is OrderStatus.CANCELED for order in ended)
    assert free(engine, "BTC") == to_units("10")


def test_oco_with_legs_on_the_wrong_side_is_refused():
    engine = an_engine()

    with pytest.raises(VenueError, match="relationship of the prices"):
        engine.place_list(UID, an_oco(limit="49000"), NOW)

    assert not engine.drain()

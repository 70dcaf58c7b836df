"""Order amend keep priority (Binance FAQ of that name)."""

from dataclasses import replace

import pytest

from botcore.matching.lists import OcoRequest, OtoRequest
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
    form,
    free,
    locked,
    placed,
)


def resting(engine, quantity="1", price="49000", **more):
    return placed(engine, a_request("LIMIT", "BUY", quantity=quantity, price=price, **more))


def test_amend_gives_back_the_difference_and_reports_it():
    engine = an_engine()
    order = resting(engine, client_order_id="old")

    amended = engine.amend(order, to_units("0.4"), NOW + 1, client_order_id="new")

    changes = engine.drain()
    assert executions(changes) == ["REPLACED/NEW", "balances"]
    assert amended.quantity == to_units("0.4")
    assert (amended.client_order_id, amended.amendments) == ("new", 1)
    assert locked(engine, "USDT") == to_units("19600")
    (amendment,) = changes.amendments
    assert amendment.execution_id == changes.reports[0].execution_id
    assert (amendment.old_client_order_id, amendment.new_client_order_id) == ("old", "new")
    assert (amendment.old_quantity, amendment.new_quantity) == (to_units("1"), to_units("0.4"))


def test_amended_order_keeps_its_place_before_younger_ones():
    engine = an_engine()
    first, second = resting(engine), resting(engine)
    engine.amend(first, to_units("0.5"), NOW)
    engine.drain()

    engine.move(a_tick("49000", at=NOW + 1, quantity="0.6"))

    changes = engine.drain()
    assert [trade.order_id for trade in changes.trades] == [first.id, second.id]
    assert form(changes, first).status is OrderStatus.FILLED
    assert form(changes, second).executed == to_units("0.1")


def test_amended_order_gets_a_new_client_id_and_frees_the_old_one():
    engine = an_engine()
    order = resting(engine, client_order_id="mine")

    amended = engine.amend(order, to_units("0.5"), NOW)

    assert amended.client_order_id != "mine"
    assert resting(engine, client_order_id="mine", quantity="0.1").client_order_id == "mine"


def test_current_client_id_may_be_kept_but_not_that_of_another_open_order():
    engine = an_engine()
    order = resting(engine, client_order_id="mine")
    resting(engine, client_order_id="other", quantity="0.1")

    assert engine.amend(order, to_units("0.9"), NOW, client_order_id="mine").amendments == 1
    with pytest.raises(VenueError, match="Duplicate order sent"):
        engine.amend(order, to_units("0.8"), NOW, client_order_id="other")


@pytest.mark.parametrize(
    ("quantity", "code", "message"),
    [
        ("1.1", -2038, "Order amend (quantity increase) is not supported."),
        ("1", -2038, "The requested action would change no state; rejecting"),
        ("0.4", -2038, "The requested action would change no state; rejecting"),
        ("0.400005", -1013, "Filter failure: LOT_SIZE"),
    ],
)
def test_refused_amendment_changes_nothing(quantity, code, message):
    engine = an_engine()
    order = resting(engine)
    engine.move(a_tick("49000", at=NOW + 1, quantity="0.4"))
    engine.drain()
    before = engine.open_orders(UID), free(engine, "USDT"), locked(engine, "USDT")

    with pytest.raises(VenueError) as refused:
        engine.amend(order, to_units(quantity), NOW)

    assert (refused.value.code, refused.value.message) == (code, message)
    assert (engine.open_orders(UID), free(engine, "USDT"), locked(engine, "USDT")) == before
    assert not engine.drain()


def test_one_amendment_too_many_is_refused():
    engine = an_engine()
    order = resting(engine)
    for step in range(10):
        engine.amend(order, to_units("0.9") - step * 1_000, NOW)

    with pytest.raises(VenueError) as refused:
        engine.amend(order, to_units("0.5"), NOW)

    assert refused.value.code == -2038
    assert refused.value.message == "Filter failure: MAX_NUM_ORDER_AMENDS"


def test_ended_order_can_not_be_amended():
    engine = an_engine()
    order = resting(engine)
    engine.cancel(order, NOW)

    with pytest.raises(VenueError, match="Unknown order sent"):
        engine.amend(order, to_units("0.5"), NOW)


def test_iceberg_shows_no_more_than_is_left_of_it():
    engine = an_engine()
    order = resting(engine, iceberg_quantity="0.5")

    assert engine.amend(order, to_units("0.6"), NOW).iceberg_quantity == to_units("0.5")
    assert engine.amend(order, to_units("0.3"), NOW).iceberg_quantity == to_units("0.3")


def test_amending_one_leg_of_an_oco_amends_both():
    engine = an_engine()
    above = a_request("STOP_LOSS", "BUY", quantity="1", stop_price="51000")
    below = a_request("LIMIT_MAKER", "BUY", quantity="1", price="49000")
    legs = engine.place_list(UID, OcoRequest(above=above, below=below), NOW)
    engine.drain()

    engine.amend(legs[1], to_units("0.5"), NOW + 1, client_order_id="shrunk")

    changes = engine.drain()
    assert executions(changes) == ["REPLACED/NEW", "REPLACED/NEW", "list", "balances"]
    assert [one.quantity for one in engine.open_orders(UID)] == [to_units("0.5")] * 2
    assert changes.reports[2].is_update
    assert locked(engine, "USDT") == to_units("25500")


def test_orders_of_an_oto_are_amended_alone():
    engine = an_engine()
    working = a_request("LIMIT", "BUY", quantity="1", price="49000")
    pending = a_request("LIMIT", "SELL", quantity="1", price="51000")
    first, second = engine.place_list(UID, OtoRequest(working=working, pending=(pending,)), NOW)
    engine.drain()

    engine.amend(second, to_units("0.9"), NOW, client_order_id=second.client_order_id)

    changes = engine.drain()
    assert executions(changes) == ["REPLACED/PENDING_NEW"]
    assert [one.quantity for one in engine.open_orders(UID)] == [to_units("1"), to_units("0.9")]
    engine.move(a_tick("48000", at=NOW + 1))
    assert form(engine.drain(), second).locked == to_units("0.9")
    assert first.id < second.id


def test_filters_of_today_judge_the_new_quantity():
    engine = an_engine()
    order = resting(engine)
    market = engine.market("BTCUSDT")
    market.instrument = replace(market.instrument, min_notional=to_units("40000"))

    with pytest.raises(VenueError, match="NOTIONAL"):
        engine.amend(order, to_units("0.5"), NOW)

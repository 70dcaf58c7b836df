"""Filters that count an account's open orders, lists and assets."""

import pytest

from botcore.matching.instruments import ExchangeRules
from botcore.matching.lists import OcoRequest, OtoRequest
from botcore.matching.numbers import to_units
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    an_engine,
    limit,
    market,
    refusal,
    ruled,
    stop,
)


def test_one_order_too_many_is_refused():
    engine = an_engine(usdt="1000000")
    for _ in range(200):
        engine.place(UID, limit(), NOW)

    with pytest.raises(VenueError, match="MAX_NUM_ORDERS"):
        engine.place(UID, limit(), NOW)


def test_one_stop_too_many_is_refused_but_not_a_limit():
    engine = an_engine()
    stop = a_request("STOP_LOSS_LIMIT", "SELL", quantity="0.1", price="40000", stop_price="41000")
    for _ in range(5):
        engine.place(UID, stop, NOW)

    with pytest.raises(VenueError, match="MAX_NUM_ALGO_ORDERS"):
        engine.place(UID, stop, NOW)

    engine.place(UID, limit(), NOW)


def test_position_counts_balances_and_open_buys():
    engine = ruled(max_position="102")

    engine.place(UID, limit(quantity="1"), NOW)
    engine.place(UID, limit(quantity="1"), NOW)

    with pytest.raises(VenueError, match="MAX_POSITION"):
        engine.place(UID, limit(quantity="0.001"), NOW)
    with pytest.raises(VenueError, match="MAX_POSITION"):
        engine.place(UID, market(quote_quantity="5000"), NOW)
    assert engine.place(UID, market("SELL", quantity="0.01"), NOW).executed


@pytest.mark.parametrize(
    ("count", "name", "request_", "other"),
    [
        ("max_orders", "MAX_NUM_ORDERS", limit(), None),
        ("max_algo_orders", "MAX_NUM_ALGO_ORDERS", stop(stop_price="40000"), limit()),
        (
            "max_iceberg_orders",
            "MAX_NUM_ICEBERG_ORDERS",
            limit(quantity="0.1", iceberg_quantity="0.01"),
            limit(),
        ),
    ],
)
@pytest.mark.parametrize("everywhere", [False, True])
def test_open_orders_are_counted_by_kind(count, name, request_, other, everywhere):
    rules = ExchangeRules(**{count: 2}) if everywhere else None
    engine = ruled(rules, **({} if everywhere else {count: 2}))
    first = engine.place(UID, request_, NOW)
    engine.place(UID, request_, NOW)

    assert refusal(engine, request_) == (f"EXCHANGE_{name}" if everywhere else name)
    assert other is None or refusal(engine, other) is None
    engine.cancel(first, NOW)
    assert refusal(engine, request_) is None


@pytest.mark.parametrize("everywhere", [False, True])
def test_open_lists_are_counted(everywhere):
    rules = ExchangeRules(max_order_lists=2) if everywhere else None
    engine = ruled(rules, **({} if everywhere else {"max_order_lists": 2}))
    pair = (
        a_request("LIMIT_MAKER", "SELL", quantity="1", price="51000"),
        stop(stop_price="49000"),
    )
    oco = OcoRequest(above=pair[0], below=pair[1])
    oto = OtoRequest(working=limit(), pending=pair)
    engine.place_list(UID, oto, NOW)
    legs = engine.place_list(UID, oco, NOW)

    with pytest.raises(VenueError, match="MAX_NUM_ORDER_LISTS"):
        engine.place_list(UID, oco, NOW)

    engine.cancel(legs[0], NOW)
    engine.place_list(UID, oto, NOW)


def test_asset_filter_limits_quantity_and_value():
    engine = ruled(ExchangeRules(max_asset=(("BTC", to_units("2")), ("USDT", to_units("49000")))))

    assert refusal(engine, limit(quantity="1")) is None
    assert refusal(engine, limit(quantity="1.00001")) == "MAX_ASSET"
    assert refusal(engine, limit(quantity="2.00001", price="10000")) == "MAX_ASSET"

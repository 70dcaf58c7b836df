"""Symbol filters at their exact borders."""

from dataclasses import replace

import pytest

from botexchange.matching.numbers import fee, floor_to_step, notional, plain, to_units
from botexchange.matching.refusals import VenueError
from tests.unit.botexchange.builders import NOW, UID, a_request, an_engine


def limit(**values):
    return a_request("LIMIT", "BUY", **{"quantity": "0.01", "price": "49000", **values})


@pytest.mark.parametrize(
    ("request_", "name"),
    [
        (limit(price="49000.001"), "PRICE_FILTER"),
        (limit(price="1000000.01"), "PRICE_FILTER"),
        (limit(price="9999.99"), "PERCENT_PRICE_BY_SIDE"),
        (limit(price="250000.01"), "PERCENT_PRICE_BY_SIDE"),
        (limit(quantity="0.000001"), "LOT_SIZE"),
        (limit(quantity="0.010001"), "LOT_SIZE"),
        (limit(quantity="9000.00001"), "LOT_SIZE"),
        (limit(quantity="0.0001", price="49999.99"), "NOTIONAL"),
        (limit(quantity="184", price="49000"), "NOTIONAL"),
        (a_request("MARKET", "BUY", quantity="180.00001"), "MARKET_LOT_SIZE"),
        (a_request("MARKET", "BUY", quantity="0.00009"), "NOTIONAL"),
        (a_request("MARKET", "BUY", quote_quantity="4.99999999"), "NOTIONAL"),
        (
            a_request("STOP_LOSS_LIMIT", "SELL", quantity="1", price="49000", stop_price="0.001"),
            "PRICE_FILTER",
        ),
    ],
)
def test_broken_filter_is_named(request_, name):
    engine = an_engine(usdt="100000000")

    with pytest.raises(VenueError) as refused:
        engine.test(UID, request_)

    assert (refused.value.code, refused.value.message) == (-1013, f"Filter failure: {name}")


@pytest.mark.parametrize(
    "request_",
    [
        limit(price="10000"),
        limit(price="250000"),
        limit(quantity="0.00011", price="49000"),
        a_request("MARKET", "BUY", quantity="0.0001"),
        a_request("MARKET", "BUY", quote_quantity="5"),
        a_request("MARKET", "BUY", quantity="180"),
    ],
)
def test_border_values_pass(request_):
    an_engine().test(UID, request_)


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


def test_filters_follow_the_instrument():
    engine = an_engine()
    market = engine.market("BTCUSDT")
    market.instrument = replace(market.instrument, min_notional=to_units("1000"))

    with pytest.raises(VenueError, match="NOTIONAL"):
        engine.test(UID, limit())


def test_numbers_are_exact():
    assert plain(to_units("0.00000001")) == "0.00000001"
    assert plain(to_units("123456789.12345678")) == "123456789.12345678"
    assert notional(to_units("61234.57"), to_units("0.00001")) == to_units("0.6123457")
    assert floor_to_step(to_units("1.23456"), to_units("0.001")) == to_units("1.234")
    with pytest.raises(ValueError, match="precision"):
        to_units("0.000000001")


def test_commission_rounds_half_up():
    # Binance's commission FAQ: 0.040229875 becomes 0.04022988.
    assert fee(4_022_987_500, to_units("0.001")) == 4_022_988
    assert fee(4_022_987_499, to_units("0.001")) == 4_022_987

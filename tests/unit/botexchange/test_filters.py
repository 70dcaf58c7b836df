"""Symbol filters at their exact borders."""

from dataclasses import replace

import pytest

from botcore.matching.numbers import to_units
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    SYMBOL,
    UID,
    a_request,
    a_tick,
    an_engine,
    limit,
    market,
    refusal,
    ruled,
    stop,
)


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


def test_filters_follow_the_instrument():
    engine = an_engine()
    market = engine.market("BTCUSDT")
    market.instrument = replace(market.instrument, min_notional=to_units("1000"))

    with pytest.raises(VenueError, match="NOTIONAL"):
        engine.test(UID, limit())


@pytest.mark.parametrize(
    ("rules", "passes", "fails", "name"),
    [
        ({"min_price": "49000"}, limit(price="49000"), limit(price="48999.99"), "PRICE_FILTER"),
        ({"max_price": "49000"}, limit(price="49000"), limit(price="49000.01"), "PRICE_FILTER"),
        ({"max_price": "49000"}, stop(stop_price="49000"), stop(stop_price="49000.01"), "PRICE_FILTER"),
        ({"bid_multiplier_down": "0.98"}, limit(price="49000"), limit(price="48999.99"), "PERCENT_PRICE_BY_SIDE"),
        ({"bid_multiplier_up": "1.1"}, limit(price="55000"), limit(price="55000.01"), "PERCENT_PRICE_BY_SIDE"),
        (
            {"ask_multiplier_up": "1.1"},
            a_request("LIMIT", "SELL", quantity="1", price="55000"),
            a_request("LIMIT", "SELL", quantity="1", price="55000.01"),
            "PERCENT_PRICE_BY_SIDE",
        ),
        (
            {"ask_multiplier_down": "0.98"},
            a_request("LIMIT", "SELL", quantity="1", price="49000"),
            a_request("LIMIT", "SELL", quantity="1", price="48999.99"),
            "PERCENT_PRICE_BY_SIDE",
        ),
        ({"min_quantity": "0.5"}, limit(quantity="0.5"), limit(quantity="0.49999"), "LOT_SIZE"),
        ({"max_quantity": "0.5"}, limit(quantity="0.5"), limit(quantity="0.50001"), "LOT_SIZE"),
        (
            {"min_quantity": "0.5"},
            limit(quantity="1", iceberg_quantity="0.5"),
            limit(quantity="1", iceberg_quantity="0.49999"),
            "LOT_SIZE",
        ),
        ({"market_min_quantity": "0.5"}, market(quantity="0.5"), market(quantity="0.49999"), "MARKET_LOT_SIZE"),
        ({"market_min_quantity": "0.5"}, limit(quantity="0.4"), market(quantity="0.4"), "MARKET_LOT_SIZE"),
        ({"market_step": "0.01"}, market(quantity="0.02"), market(quantity="0.025"), "MARKET_LOT_SIZE"),
        ({"max_notional": "490"}, limit(), limit(quantity="0.01001"), "NOTIONAL"),
        ({"max_notional": "490"}, market(quantity="1"), limit(quantity="1"), "NOTIONAL"),
        (
            {"max_notional": "500", "apply_max_to_market": True},
            market(quantity="0.01"),
            market(quantity="0.01001"),
            "NOTIONAL",
        ),
        (
            {"min_notional": "500", "apply_min_to_market": False},
            market(quantity="0.001"),
            limit(quantity="0.001"),
            "NOTIONAL",
        ),
        (
            {"iceberg_parts": 4},
            limit(quantity="1", iceberg_quantity="0.25"),
            limit(quantity="1", iceberg_quantity="0.24999"),
            "ICEBERG_PARTS",
        ),
        (
            {"trailing_below": (100, 200)},
            stop(trailing_delta=100),
            stop(trailing_delta=99),
            "TRAILING_DELTA",
        ),
        (
            {"trailing_below": (100, 200)},
            stop(trailing_delta=200),
            stop(trailing_delta=201),
            "TRAILING_DELTA",
        ),
        (
            {"trailing_above": (100, 200)},
            stop(side="BUY", trailing_delta=200),
            stop(side="BUY", trailing_delta=201),
            "TRAILING_DELTA",
        ),
        (
            {"trailing_above": (100, 200)},
            a_request("TAKE_PROFIT", "SELL", quantity="1", trailing_delta=100),
            a_request("TAKE_PROFIT", "SELL", quantity="1", trailing_delta=99),
            "TRAILING_DELTA",
        ),
    ],
)  # fmt: skip
def test_filter_draws_its_line_exactly(rules, passes, fails, name):
    engine = ruled(**rules)

    assert refusal(engine, passes) is None
    assert refusal(engine, fails) == name


@pytest.mark.parametrize(
    ("rules", "request_"),
    [
        ({"min_price": 0, "bid_multiplier_down": 0, "min_notional": 0}, limit(price="0.01", quantity="1")),
        ({"max_price": 0, "bid_multiplier_up": 0}, limit(price="2000000")),
        ({"tick": 0, "min_price": 0}, limit(price="49000.001")),
        ({"max_quantity": 0, "market_max_quantity": 0, "max_notional": 0}, market(quantity="10000")),
        ({"max_notional": 0}, limit(quantity="1000")),
        ({"iceberg_parts": 0}, limit(quantity="1", iceberg_quantity="0.00001")),
        ({"trailing_below": (0, 0)}, stop(trailing_delta=9_000)),
    ],
)  # fmt: skip
def test_bound_of_zero_switches_its_rule_off(rules, request_):
    assert refusal(ruled(**rules), request_) is None


@pytest.mark.parametrize(("minutes", "top"), [(5, "46750"), (0, "44000")])
def test_percent_price_follows_the_average_or_without_minutes_the_last_price(minutes, top):
    engine = ruled(average_minutes=minutes, bid_multiplier_up="1.1")

    # 1 000 at 50 000 and 3 000 at 40 000 make an average of 42 500.
    engine.move(a_tick("40000", at=NOW, quantity="3000"))

    assert refusal(engine, limit(price=top)) is None
    assert refusal(engine, limit(price=str(int(top) + 1))) == "PERCENT_PRICE_BY_SIDE"


def test_average_forgets_what_is_older_than_its_minutes():
    engine = ruled()

    engine.move(a_tick("40000", at=NOW + 1, quantity="3000"))
    assert engine.market(SYMBOL).average() == to_units("42500")
    engine.move(a_tick("40000", at=NOW + 300_001, quantity="1"))

    assert engine.market(SYMBOL).average() == to_units("40000")


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (limit(iceberg_quantity="0.02"), -2010, "IcebergQty exceeds QTY."),
        (limit(iceberg_quantity="0.005", force="IOC"), -1014, "Unsupported order combination."),
        (limit(price="0.01", quantity="0.0000001"), -2010, "Price * QTY is zero or less."),
    ],
)
def test_numbers_that_make_no_order_are_refused(request_, code, message):
    engine = ruled(min_notional=0, bid_multiplier_down=0, step=1)

    with pytest.raises(VenueError) as refused:
        engine.test(UID, request_)

    assert (refused.value.code, refused.value.message) == (code, message)


def test_quote_amount_that_buys_too_much_or_nothing_is_refused():
    engine = ruled(market_max_quantity="0.1", min_quantity="0.01")

    with pytest.raises(VenueError, match="MARKET_LOT_SIZE"):
        engine.place(UID, market(quote_quantity="6000"), NOW)
    with pytest.raises(VenueError, match="liquidity is less than LOT_SIZE"):
        engine.place(UID, market(quote_quantity="100"), NOW)
    engine.set_book(SYMBOL, [], [])
    with pytest.raises(VenueError, match="liquidity is less than symbol minimum"):
        engine.place(UID, market(quote_quantity="1000"), NOW)
    assert not engine.drain()

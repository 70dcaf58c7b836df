"""Trailing stops: the scenarios A to E of Binance's trailing stop FAQ, and what surrounds them."""

from decimal import Decimal

import pytest

from botcore.matching.engine import Engine
from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderStatus
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_engine,
    form,
    locked,
    placed,
)

# kind, side, stop price, delta, limit price, price path that must not trigger, then one that does
SCENARIOS = {
    "A": ("STOP_LOSS_LIMIT", "BUY", "44000", 500, "45000", (37000, 45000, 46000, 42000), 44100),
    "B": ("STOP_LOSS_LIMIT", "SELL", "39000", 1000, "38000", (41500, 37000, 41000), 36900),
    "C": (
        "TAKE_PROFIT_LIMIT",
        "BUY",
        "38000",
        850,
        "38500",
        (42000, 37000, 39000, 38000),
        40145,
    ),
    "D": (
        "TAKE_PROFIT_LIMIT",
        "SELL",
        "42000",
        750,
        "41000",
        (41500, 39000, 45000, 44000, 46500),
        "43012.5",
    ),
    "E": ("STOP_LOSS_LIMIT", "SELL", None, 700, "39000", (42000, 39500, 45500), 42315),
}


def trailing(kind, side, stop, delta, price=None, **more):
    values = {"quantity": "1", "trailing_delta": delta, **more}
    if stop:
        values["stop_price"] = stop
    if price:
        values["price"] = price
    return a_request(kind, side, **values)


def walk(engine, prices, *, jump=False):
    for number, price in enumerate(prices):
        engine.move(a_tick(str(price), at=NOW + 1 + number, jump=jump))


@pytest.mark.parametrize("jump", [False, True])
@pytest.mark.parametrize("name", SCENARIOS)
def test_faq_scenario_triggers_where_the_faq_says(name, jump):
    kind, side, stop, delta, price, quiet, trigger = SCENARIOS[name]
    if jump and stop:
        # A jump shows no trade at the stop price itself; the FAQ's trades are linear.
        quiet = (quiet[0], stop, *quiet[1:])
    engine = an_engine(price="40000", usdt="1000000")
    order = placed(engine, trailing(kind, side, stop, delta, price))

    walk(engine, quiet, jump=jump)
    assert engine.open_orders(UID)[0].is_waiting
    cent = Decimal("0.01") if side == "SELL" else Decimal("-0.01")
    walk(engine, [Decimal(trigger) + cent], jump=jump)
    assert engine.open_orders(UID)[0].is_waiting
    walk(engine, [trigger], jump=jump)

    newest = form(engine.drain(), order)
    assert not newest.is_waiting
    level = newest.trailing_best * (10_000 - delta if side == "SELL" else 10_000 + delta)
    assert level == to_units(str(trigger)) * 10_000


def test_tracking_starts_at_the_stop_price_the_market_passes():
    engine = an_engine(price="40000", usdt="1000000")
    order = placed(engine, trailing("STOP_LOSS", "BUY", "44000", 500))

    engine.move(a_tick("45000", at=NOW + 5))

    newest = form(engine.drain(), order)
    assert (newest.trailing_ms, newest.trailing_best) == (NOW + 5, to_units("44000"))
    assert newest.is_waiting
    assert newest.status is OrderStatus.NEW


def test_one_move_may_activate_and_trigger():
    engine = an_engine(price="40000", usdt="1000000")
    order = placed(engine, trailing("STOP_LOSS", "BUY", "44000", 500))

    engine.move(a_tick("47000", at=NOW + 5))

    changes = engine.drain()
    assert form(changes, order).status is OrderStatus.FILLED
    # 44 000 plus 5 % is 46 200: that is where the order bought.
    assert all(to_units("46200") < one.price < to_units("46300") for one in changes.trades)


def test_tracking_survives_a_restart():
    engine = an_engine(price="40000", usdt="1000000")
    placed(engine, trailing("STOP_LOSS", "SELL", None, 1000))
    walk(engine, [50000])
    stored = list(engine.drain().orders.values())
    again = Engine([market.instrument for market in engine.markets.values()], sequence=100)
    again.restore(engine.accounts.values(), stored)
    again.market("BTCUSDT").tick(a_tick("50000", at=NOW + 1))

    walk(again, ["45000.01"])
    assert not again.drain()
    walk(again, [45000])

    assert form(again.drain(), stored[0]).status is OrderStatus.FILLED


def test_quiet_market_stores_nothing_for_a_trailing_stop():
    engine = an_engine(price="40000")
    placed(engine, trailing("STOP_LOSS", "SELL", None, 1000))

    walk(engine, [39999, 40000, 39000])

    assert not engine.drain()


def test_trailing_buy_without_any_price_holds_what_it_costs_at_its_trigger():
    engine = an_engine(price="40000")

    placed(engine, trailing("TAKE_PROFIT", "BUY", None, 100))

    assert locked(engine, "USDT") == to_units("40400")


@pytest.mark.parametrize(
    ("kind", "side", "stop"),
    [
        ("STOP_LOSS", "BUY", "40000"),
        ("STOP_LOSS", "SELL", "40000"),
        ("TAKE_PROFIT", "BUY", "40000"),
        ("TAKE_PROFIT", "SELL", "40000"),
    ],
)
def test_stop_price_already_met_is_refused(kind, side, stop):
    engine = an_engine(price="40000")

    with pytest.raises(VenueError, match="Order would trigger immediately"):
        engine.place(UID, trailing(kind, side, stop, 100), NOW)

"""Rebalancing: each symbol is held against its share of the strategy's worth."""

from dataclasses import replace
from decimal import Decimal

import pytest

from botcore.resources.strategy_params import RebalanceParams
from botrunner.trading.strategies.base import Advice, Holding, Signal, View
from botrunner.trading.strategies.registry import advise, warm_up_candles
from tests.support.trading import a_candle, an_instrument

NOTHING = Holding(quantity=Decimal(0), average_cost=Decimal(0))
PARAMS = RebalanceParams(weights={"BTCUSDT": 60, "ETHUSDT": 40})
MARKS = {"BTCUSDT": Decimal(100), "ETHUSDT": Decimal(10)}


def held(quantity: str, cost: str) -> Holding:
    return Holding(quantity=Decimal(quantity), average_cost=Decimal(cost))


def asked(
    symbol: str,
    btc: Holding = NOTHING,
    eth: Holding = NOTHING,
    *,
    marks: dict[str, Decimal] = MARKS,
    **view: object,
) -> Advice:
    holdings = {"BTCUSDT": btc, "ETHUSDT": eth}
    seen = View(
        holding=holdings[symbol],
        capital=Decimal(1000),
        instrument=an_instrument(symbol),
        holdings=holdings,
        marks=marks,
    )
    close = str(marks.get(symbol, Decimal(1)))
    return advise(PARAMS, None, a_candle(0, close, symbol), replace(seen, **view))


def test_first_purchase_takes_each_symbols_share_of_the_capital() -> None:
    """One per cent stays back for fees (TR-31)."""
    assert [asked(symbol).spend for symbol in MARKS] == [Decimal(594), Decimal(396)]
    assert asked("BTCUSDT").signal is Signal.ENTER


def test_share_is_one_of_the_worth_and_not_of_the_capital() -> None:
    # BTC fell by half, so the strategy is worth 703.
    fallen = MARKS | {"BTCUSDT": Decimal(50)}

    advice = asked("ETHUSDT", held("5.94", "100"), marks=fallen)

    assert advice.spend == Decimal(703) * Decimal("0.99") * 40 / 100


def test_purchase_is_bounded_by_what_the_core_lets_be_spent() -> None:
    # 800 of 1000 are invested and worth 1200, so the share of ETH is more than what is left.
    risen = MARKS | {"BTCUSDT": Decimal(150)}

    advice = asked("ETHUSDT", held("8", "100"), marks=risen)

    assert advice.spend == Decimal("197.8")


def test_symbol_near_its_weight_is_left_alone_and_says_how_near() -> None:
    advice = asked("BTCUSDT", held("5.8", "100"), held("39", "10"))

    assert advice.signal is Signal.HOLD
    assert advice.reason == (
        "BTCUSDT is 1.40 % of the worth away from its weight of 60 %, below 5 %"
    )


def test_symbol_that_ran_ahead_is_sold_down_to_its_weight() -> None:
    risen = MARKS | {"BTCUSDT": Decimal(150)}

    advice = asked("BTCUSDT", held("5.94", "100"), held("39.6", "10"), marks=risen)

    # Worth 1297; 60 % of 99 % of it is 770.418 of the 891 held.
    assert advice.signal is Signal.EXIT
    assert advice.quantity == Decimal("0.80388")  # 120.582 / 150, down to the step (TR-23)


def test_symbol_that_fell_behind_is_bought_up_to_its_weight() -> None:
    holdings = held("4", "100"), held("39.6", "10")

    advice = asked("BTCUSDT", *holdings)

    assert (advice.signal, advice.spend) == (Signal.ENTER, Decimal(194))


def test_nothing_is_traded_before_every_symbol_has_a_price() -> None:
    advice = asked("BTCUSDT", marks={"BTCUSDT": Decimal(100)})

    assert (advice.signal, advice.reason) == (Signal.HOLD, "waits for a price of ETHUSDT")


@pytest.mark.parametrize("quantity", ["0.001", "5.94"])
def test_trade_below_the_least_order_is_left(quantity: str) -> None:
    """TR-25."""
    small = an_instrument("BTCUSDT", min_notional=Decimal(700))
    risen = MARKS | {"BTCUSDT": Decimal(150)}

    advice = asked(
        "BTCUSDT", held(quantity, "100"), held("39.6", "10"), marks=risen, instrument=small
    )

    assert advice.signal is Signal.HOLD
    assert "least order" in advice.reason


def test_unknown_filters_sell_nothing() -> None:
    risen = MARKS | {"BTCUSDT": Decimal(150)}

    advice = asked("BTCUSDT", held("5.94", "100"), marks=risen, instrument=None)

    assert advice.reason == "BTCUSDT is above its weight, but is not trading"


def test_remembers_nothing() -> None:
    assert warm_up_candles(PARAMS) == 1
    assert asked("BTCUSDT").state is None

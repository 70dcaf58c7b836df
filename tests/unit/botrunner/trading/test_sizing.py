"""How much an entry buys."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.instruments import Unfit
from botcore.resources.strategy_params import EmaCrossParams
from botrunner.trading.sizing import free_capital, least_entry, size_entry
from botrunner.trading.state import BotState
from tests.support.trading import (
    a_rule,
    an_instrument,
    bought,
    candle,
    dca_rules,
    decisions,
    play,
    sent,
)


@pytest.mark.parametrize(
    ("least", "stop", "entry"),
    [("12", None, "12.6"), ("12", "10", "14"), ("10", "0", "10.5"), ("10", "50", "15")],
)
def test_least_entry_stays_sellable_at_its_stop(least: str, stop: str | None, entry: str) -> None:
    percent = None if stop is None else Decimal(stop)

    assert least_entry(an_instrument(min_notional=Decimal(least)), percent) == Decimal(
        entry
    )  # TR-27


def test_one_percent_of_the_capital_stays_back() -> None:
    rule = a_rule(EmaCrossParams(fast=2, slow=3))

    whole = size_entry(BotState(), rule, an_instrument(), spend=None, price=Decimal(100))

    assert whole == Decimal("9.9")  # TR-31


def test_capital_is_shared_evenly_by_the_symbols() -> None:
    rule = a_rule(EmaCrossParams(fast=2, slow=3), symbols=("BTCUSDT", "ETHUSDT"))

    half = size_entry(BotState(), rule, an_instrument(), spend=None, price=Decimal(100))

    assert half == Decimal("4.95")


def test_open_order_keeps_its_money_reserved() -> None:
    in_force = dca_rules()
    state, entry = sent(in_force)

    assert free_capital(state, in_force.strategies[0]) == 1000 - entry.reserved_quote


def test_invested_money_is_not_free() -> None:
    in_force = dca_rules()
    state, _ = bought(in_force)

    assert free_capital(state, in_force.strategies[0]) == pytest.approx(Decimal(900))


def test_used_up_capital_is_said() -> None:
    in_force = dca_rules(amount="600")
    state, _ = bought(in_force)

    step = play(state, in_force, candle(2, "100"))

    assert decisions(step) == [("Blocked", "capital 1000 is used up")]


def test_amount_below_the_least_entry_is_said() -> None:
    in_force = dca_rules(amount="5")
    step = play(replace(sent(dca_rules())[0], orders={}), in_force, candle(2, "100"))

    assert decisions(step) == [("Blocked", "5 is below the least entry 5.25")]  # TR-28


@given(
    st.decimals("0.01", 2000, places=2),
    st.decimals("0.01", 10**5, places=2),
    st.decimals(1, 2000, places=2),
)
def test_entry_never_spends_more_than_asked_nor_than_is_free(
    spend: Decimal, price: Decimal, capital: Decimal
) -> None:
    rule = a_rule(capital=capital)

    fitted = size_entry(BotState(), rule, an_instrument(), spend=spend, price=price)

    if not isinstance(fitted, Unfit):
        assert fitted * price <= min(spend, capital * Decimal("0.99"))
        assert fitted * price >= an_instrument().min_notional

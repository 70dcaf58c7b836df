"""Averages agree with an independent library."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talipp.indicators import EMA

from botrunner.trading.indicators import Ema

prices = st.lists(st.decimals("0.01", 10**5, places=2), min_size=30, max_size=120)


def levels(length: int, values: list[Decimal]) -> list[Ema]:
    average = Ema(length=length)
    return [average := average.after(value) for value in values]


@given(prices, st.integers(2, 30))
@settings(deadline=None, max_examples=50)
def test_ema_agrees_with_the_oracle(values: list[Decimal], length: int) -> None:
    oracle = EMA(period=length, input_values=[float(value) for value in values])

    for ours, theirs in zip(levels(length, values), oracle, strict=True):
        assert ours.is_ready == (theirs is not None)
        if theirs is not None:
            assert ours.level == pytest.approx(theirs, rel=1e-9)


def test_ema_is_seeded_with_the_simple_average() -> None:
    seeded = levels(3, [Decimal(1), Decimal(2), Decimal(6)])[-1]

    assert seeded.is_ready
    assert seeded.level == pytest.approx(3.0)
